package slash32.bgp.speaker.monitor;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.speaker.EstablishedSession;
import slash32.bgp.speaker.NlriNumbers;
import slash32.bgp.speaker.SessionEnd;
import slash32.bgp.speaker.SessionMonitor;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;
import slash32.net.Bytes;

/// What peers announce, before import policy: the speaker itself keeps only what policy makes of it. Costs a second
/// table. On thread {@code bgp}.
final class ReceivedRoutes implements SessionMonitor {
    /// Hears what changes.
    interface Listener {
        void received(
                EstablishedSession session,
                AddressFamily family,
                int pathId,
                long high,
                long low,
                int length,
                @Nullable PathAttributes attributes);
    }

    private final Map<AddressFamily, LocRib> ribs = new HashMap<>();
    private final Map<AddressFamily, NlriNumbers> numbers = new HashMap<>();
    private final Map<AddressFamily, RibDelta.Builder> deltas = new HashMap<>();
    private final Map<Integer, EstablishedSession> sessions = new HashMap<>();
    private final List<Listener> listeners = new ArrayList<>();

    ReceivedRoutes(List<AddressFamily> families) {
        for (AddressFamily family : families) {
            var rib = new LocRib(family);
            rib.listen((peer, id, high, low, length, attributes) -> {
                EstablishedSession session = sessions.get(peer);
                if (session != null) {
                    listeners.forEach(
                            listener -> listener.received(session, family, id, high, low, length, attributes));
                }
            });
            ribs.put(family, rib);
            numbers.put(family, new NlriNumbers(number -> rib.best(number, 0, 0) != null));
            deltas.put(family, new RibDelta.Builder(family));
        }
    }

    void add(Listener listener) {
        listeners.add(listener);
    }

    void remove(Listener listener) {
        listeners.remove(listener);
    }

    int size(EstablishedSession session, AddressFamily family) {
        return rib(family).size(session.number());
    }

    LocRib.Walk walk(AddressFamily family) {
        return rib(family).walk();
    }

    @Override
    public void up(EstablishedSession session) {
        sessions.put(session.number(), session);
        var contender = new Contender(
                session.terms().internal(), session.identifier(), session.ends().peer());
        ribs.values().forEach(rib -> rib.peer(session.number(), contender));
    }

    @Override
    public void down(EstablishedSession session, SessionEnd why) {
        sessions.remove(session.number());
        ribs.forEach((family, rib) -> rib.peerDown(session.number(), delta(family)));
    }

    @Override
    public void received(EstablishedSession session, Update update, byte[] bytes, int from, int to) {
        int peer = session.number();
        for (NlriSlice gone : update.withdrawn()) {
            withdraw(peer, gone);
        }
        for (Update.Announcement announcement : update.announced()) {
            PathAttributes attributes = announcement.attributes();
            NlriSlice come = announcement.prefixes();
            if (attributes == null) {
                withdraw(peer, come);
                continue;
            }
            if (!ribs.containsKey(come.family())) {
                continue;
            }
            LocRib rib = rib(come.family());
            RibDelta.Builder delta = delta(come.family());
            come.forEach((id, high, low, length) -> rib.announce(peer, id, high, low, length, attributes, delta));
            for (Nlri route : others(come)) {
                int number = numbers(come.family()).add(NlriParts.key(route));
                PathAttributes whole =
                        attributes.toBuilder().nlriData(NlriParts.data(route)).build();
                rib.announce(peer, route.pathId(), number, 0, 0, whole, delta);
            }
            numbers(come.family()).tidy();
        }
    }

    private void withdraw(int peer, NlriSlice slice) {
        if (!ribs.containsKey(slice.family())) {
            return;
        }
        LocRib rib = rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        slice.forEach((id, high, low, length) -> rib.withdraw(peer, id, high, low, length, delta));
        for (Nlri route : others(slice)) {
            int number = numbers(slice.family()).find(NlriParts.key(route));
            if (number >= 0) {
                rib.withdraw(peer, route.pathId(), number, 0, 0, delta);
            }
        }
    }

    /// Routes that are not plain prefixes.
    private static List<Nlri> others(NlriSlice slice) {
        return slice.family().isPrefixes() ? List.of() : slice.routes();
    }

    /// See {@link Monitoring#route}.
    Nlri route(AddressFamily family, long number, int pathId, @Nullable PathAttributes attributes) {
        Bytes data = attributes == null ? Bytes.EMPTY : attributes.nlriData();
        return NlriParts.joined(numbers(family).route((int) number), data, pathId);
    }

    private NlriNumbers numbers(AddressFamily family) {
        NlriNumbers known = numbers.get(family);
        if (known == null) {
            throw new IllegalArgumentException("no RIB of " + family);
        }
        return known;
    }

    @Override
    public void refreshed(EstablishedSession session, AddressFamily family, boolean over) {
        if (!ribs.containsKey(family)) {
            return;
        }
        if (over) {
            rib(family).sweep(session.number(), delta(family));
        } else {
            rib(family).markStale(session.number());
        }
    }

    private LocRib rib(AddressFamily family) {
        LocRib rib = ribs.get(family);
        if (rib == null) {
            throw new IllegalArgumentException("no RIB of " + family);
        }
        return rib;
    }

    /// Best paths are nobody's concern here.
    private RibDelta.Builder delta(AddressFamily family) {
        RibDelta.Builder delta = deltas.get(family);
        if (delta == null) {
            throw new IllegalArgumentException("no RIB of " + family);
        }
        delta.clear();
        return delta;
    }
}
