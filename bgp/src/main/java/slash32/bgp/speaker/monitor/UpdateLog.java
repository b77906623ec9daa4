package slash32.bgp.speaker.monitor;

import java.time.Instant;
import slash32.bgp.mrt.MrtEncoder;
import slash32.bgp.mrt.MrtSession;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.EstablishedSession;
import slash32.bgp.speaker.PeerConfig;
import slash32.bgp.speaker.SessionMonitor;
import slash32.bgp.wire.Update;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// What peers say, and how their sessions fare, as MRT records (RFC 6396 §4.4). On thread {@code bgp}.
final class UpdateLog implements SessionMonitor {
    private final Asn own;
    private final Outbox outbox;

    UpdateLog(Asn own, Outbox outbox) {
        this.own = own;
        this.outbox = outbox;
    }

    @Override
    public void received(EstablishedSession session, Update update, byte[] bytes, int from, int to) {
        var ends = session.ends();
        put(MrtEncoder.message(
                now(),
                new MrtSession(session.asn(), own, ends.peer(), ends.local()),
                session.terms().fourOctetAs(),
                !session.terms().addPathReceived().isEmpty(),
                Bytes.copyOf(bytes, from, to - from)));
    }

    @Override
    public void changed(PeerConfig peer, SessionState before, SessionState now) {
        IpAddress configured = peer.localAddress();
        IpAddress nowhere = peer.address().isIpv4() ? new Ipv4Address(0) : new Ipv6Address(0, 0);
        IpAddress local = configured == null ? nowhere : configured;
        var session = new MrtSession(peer.asn(), own, peer.address().withoutLink(), local);
        put(MrtEncoder.stateChange(now(), session, before, now));
    }

    private static long now() {
        return Instant.now().getEpochSecond();
    }

    private void put(byte[] record) {
        boolean _ = outbox.put(record); // who writes sees that it overflew
    }
}
