package slash32.bgp.speaker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.net.IpAddress;
import slash32.net.TableSize;

/// The peers that there are: those that are configured by name, and those of ranges that have connected. On thread
/// {@code bgp}.
final class Peers {
    private final Speaker speaker;
    private final Map<IpAddress, PeerSession> byAddress = new LinkedHashMap<>();
    private final Map<Integer, PeerSession> byNumber = new HashMap<>();
    private final ArrayDeque<Integer> freeNumbers = new ArrayDeque<>();
    private int numbers;
    private SpeakerConfig config;

    Peers(Speaker speaker, SpeakerConfig config) {
        this.speaker = speaker;
        this.config = config;
    }

    /// In the order in which they came.
    Collection<PeerSession> all() {
        return byAddress.values();
    }

    Stream<PeerSession> established() {
        return byAddress.values().stream().filter(PeerSession::isEstablished);
    }

    /// Those that are told our routes.
    List<PeerSession> told() {
        return byAddress.values().stream().filter(PeerSession::isTold).toList();
    }

    /// True if every peer is Established, and none is still to be found.
    boolean areUp() {
        return config.absentPeers() == 0 && byAddress.values().stream().allMatch(PeerSession::isEstablished);
    }

    /// Null if there is none.
    @Nullable
    PeerSession at(IpAddress address) {
        return byAddress.get(address);
    }

    /// The peer of this number; null if there is none.
    @Nullable
    PeerSession numbered(int number) {
        return byNumber.get(number);
    }

    /// Peers that have been up.
    List<KnownPeer> known() {
        var known = new ArrayList<KnownPeer>();
        for (PeerSession peer : byAddress.values()) {
            BgpIdentifier identifier = peer.identifier();
            if (identifier != null) {
                PeerConfig as = peer.config();
                known.add(new KnownPeer(peer.number(), identifier, as.address().withoutLink(), as.asn()));
            }
        }
        return known;
    }

    /// What is kept to know attributes again that peers have sent.
    TableSize attributes() {
        long blocks = 0;
        long octets = 0;
        for (PeerSession peer : byAddress.values()) {
            TableSize known = peer.attributes();
            blocks += known.entries();
            octets += known.octets();
        }
        return new TableSize("attributes", blocks, octets);
    }

    /// Starts those that are configured by name.
    void start() {
        config.peers().forEach(peer -> add(peer, false));
    }

    private PeerSession add(PeerConfig peer, boolean dynamic) {
        int number = freeNumbers.isEmpty() ? numbers++ : freeNumbers.removeFirst();
        var session = new PeerSession(speaker, config, peer, number, dynamic);
        byAddress.put(peer.address(), session);
        byNumber.put(number, session);
        session.start();
        return session;
    }

    /// Who connected from {@code from}, new if it is in a range that has room; null if it is nobody.
    @Nullable
    PeerSession from(IpAddress from) {
        PeerSession known = byAddress.get(from);
        if (known != null) {
            return known;
        }
        PeerRange range = rangeOf(from);
        return range != null && present(range) < range.max() ? add(range.peer(from), true) : null;
    }

    private @Nullable PeerRange rangeOf(IpAddress address) {
        return config.ranges().stream()
                .filter(range -> range.within().covers(address.hostPrefix()))
                .findFirst()
                .orElse(null);
    }

    private long present(PeerRange range) {
        return byAddress.values().stream()
                .filter(PeerSession::isDynamic)
                .filter(peer -> range.within().covers(peer.config().address().hostPrefix()))
                .count();
    }

    /// Forgets a peer of a range of which nothing is left.
    void considerLeaving(IpAddress address) {
        PeerSession peer = byAddress.get(address);
        if (peer != null && peer.isGone()) {
            remove(peer, Message.Notification.of(NotificationCode.PEER_DECONFIGURED));
        }
    }

    private void remove(PeerSession peer, Message.Notification why) {
        byAddress.remove(peer.config().address());
        peer.stop(why);
        speaker.dials().forget(peer);
        byNumber.remove(peer.number()); // nothing is held of it any more
        freeNumbers.add(peer.number());
    }

    /// Starts peers that are new, stops those that are gone, resets those of which something changed that is
    /// negotiated, and has all others go on.
    ///
    /// @param reset all are reset
    void configure(SpeakerConfig now, boolean reset) {
        config = now;
        var wanted = new HashMap<IpAddress, PeerConfig>();
        now.peers().forEach(peer -> wanted.put(peer.address(), peer));
        for (PeerSession peer : List.copyOf(byAddress.values())) {
            IpAddress address = peer.config().address();
            configure(peer, peer.isDynamic() ? ofRange(address) : wanted.get(address), reset);
        }
        for (PeerConfig peer : now.peers()) {
            if (!byAddress.containsKey(peer.address())) {
                add(peer, false);
            }
        }
    }

    private @Nullable PeerConfig ofRange(IpAddress address) {
        PeerRange range = rangeOf(address);
        return range == null ? null : range.peer(address);
    }

    private void configure(PeerSession peer, @Nullable PeerConfig now, boolean reset) {
        if (now == null) {
            remove(peer, Message.Notification.cease(NotificationCode.PEER_DECONFIGURED, ""));
        } else if (reset || !peer.config().canBecome(now)) {
            remove(peer, Message.Notification.cease(NotificationCode.OTHER_CONFIGURATION_CHANGE, ""));
        } else if (!peer.config().equals(now)) {
            peer.reconfigure(now);
        }
    }
}
