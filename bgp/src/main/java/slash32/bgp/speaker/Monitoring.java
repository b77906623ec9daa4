package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;
import slash32.net.Bytes;

/// Who watches the speaker, and what they may look at. Costs nothing without monitors.
///
/// {@link #add}, {@link #remove}, {@link #execute} and {@link #ask} may be called by any thread, all else on thread
/// {@code bgp}.
public final class Monitoring {
    private final Speaker speaker;
    private final List<SessionMonitor> monitors = new ArrayList<>();
    private final Map<Integer, PeerSession> up = new HashMap<>();

    Monitoring(Speaker speaker) {
        this.speaker = speaker;
    }

    /// Has {@code monitor} hear everything from now on, beginning with the sessions that are up.
    public void add(SessionMonitor monitor) {
        execute(() -> {
            monitors.add(monitor);
            if (monitors.size() == 1) {
                families().forEach(this::listen);
            }
            sessions().forEach(monitor::up);
        });
    }

    /// {@code monitor} hears nothing more once this was carried out.
    public void remove(SessionMonitor monitor) {
        execute(() -> {
            if (monitors.remove(monitor) && monitors.isEmpty()) {
                families().forEach(family -> speaker.rib(family).listen(null));
            }
        });
    }

    /// Runs {@code task} on thread {@code bgp}, after what is waiting there.
    public void execute(Runnable task) {
        speaker.loop().execute(task);
    }

    /// Answers a question on thread {@code bgp}.
    public <T> T ask(Supplier<T> question) {
        var answer = new CompletableFuture<T>();
        execute(() -> answer.complete(question.get()));
        return answer.join();
    }

    /// Sessions that are Established.
    public List<EstablishedSession> sessions() {
        var sessions = new ArrayList<EstablishedSession>();
        for (PeerSession session : up.values()) {
            EstablishedSession view = session.view();
            if (view != null) {
                sessions.add(view);
            }
        }
        return sessions;
    }

    /// Peers whose routes may be held.
    public List<KnownPeer> peers() {
        return speaker.peers().known();
    }

    /// The speaker at this moment.
    public SpeakerStatus status() {
        return speaker.now();
    }

    /// Of which there are RIBs, in order.
    public List<AddressFamily> families() {
        return List.copyOf(speaker.families());
    }

    /// The route of a path that {@link #walk} or a {@link SessionMonitor} names by its number, in a family that is not
    /// plain prefixes.
    ///
    /// @param attributes null if the path is gone
    public Nlri route(AddressFamily family, long number, int pathId, @Nullable PathAttributes attributes) {
        Bytes data = attributes == null ? Bytes.EMPTY : attributes.nlriData();
        return NlriParts.joined(speaker.numbers(family).route((int) number), data, pathId);
    }

    /// Paths of the session's peer that import left.
    public int held(EstablishedSession session, AddressFamily family) {
        return speaker.rib(family).size(session.number());
    }

    /// Goes through all paths of {@code family} as import left them.
    public LocRib.Walk walk(AddressFamily family) {
        return speaker.rib(family).walk();
    }

    /// Writes what the session's peer was told, some prefixes at a time.
    ///
    /// @param from where to go on; 0 to begin
    /// @param updates takes UPDATEs as the peer would get them
    /// @return where to go on; -1 at the end, or if the session is no more
    public int tell(EstablishedSession session, int from, Consumer<byte[]> updates) {
        PeerSession peer = up.get(session.number());
        return peer == null ? -1 : peer.tellAgain(from, updates);
    }

    private void listen(AddressFamily family) {
        speaker.rib(family).listen((number, id, high, low, length, attributes) -> {
            EstablishedSession session = session(number);
            if (session != null) {
                monitors.forEach(monitor -> monitor.held(session, family, id, high, low, length, attributes));
            }
        });
    }

    private @Nullable EstablishedSession session(int number) {
        PeerSession session = up.get(number);
        return session == null ? null : session.view();
    }

    void up(PeerSession peer, EstablishedSession session) {
        up.put(peer.number(), peer);
        monitors.forEach(monitor -> monitor.up(session));
    }

    void down(PeerSession peer, EstablishedSession session, SessionEnd why) {
        up.remove(peer.number());
        monitors.forEach(monitor -> monitor.down(session, why));
    }

    void changed(PeerConfig peer, SessionState before, SessionState now) {
        monitors.forEach(monitor -> monitor.changed(peer, before, now));
    }

    void received(EstablishedSession session, Update update, byte[] bytes, int from, int to) {
        monitors.forEach(monitor -> monitor.received(session, update, bytes, from, to));
    }

    void heard(EstablishedSession session, byte[] bytes, int from, int to) {
        monitors.forEach(monitor -> monitor.heard(session, bytes, from, to));
    }

    void refreshed(EstablishedSession session, AddressFamily family, boolean over) {
        monitors.forEach(monitor -> monitor.refreshed(session, family, over));
    }

    boolean isWatched() {
        return !monitors.isEmpty();
    }

    void sent(EstablishedSession session, byte[] update) {
        monitors.forEach(monitor -> monitor.sent(session, update));
    }

    void best(RibDelta delta) {
        monitors.forEach(monitor -> monitor.best(delta));
    }
}
