package slash32.agent.helper;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import slash32.agent.config.ProcessConfig.HelperEvent;
import slash32.bgp.exabgp.ApiVersion;
import slash32.bgp.exabgp.DecodeContext;
import slash32.bgp.exabgp.Envelope;
import slash32.bgp.exabgp.EventLine;
import slash32.bgp.exabgp.ExabgpDecoder;
import slash32.bgp.exabgp.ExabgpDecoder.Decoded;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.EstablishedSession;
import slash32.bgp.speaker.PeerConfig;
import slash32.bgp.speaker.SessionEnd;
import slash32.bgp.speaker.SessionMonitor;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.Update;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Tells helper processes what happens to sessions. On thread {@code bgp} it only enqueues: a line is made when it is
/// written.
final class SessionEvents implements SessionMonitor {
    private static final int TYPE_OFFSET = 18;
    private static final Bytes KEEPALIVE = Bytes.copyOf(MessageEncoder.encode(new Message.Keepalive()));

    private volatile List<HelperProcess> processes = List.of();
    private volatile Surroundings here;
    private final String host;
    private final Map<IpAddress, Asn> asns = new ConcurrentHashMap<>();

    SessionEvents(Surroundings here, String host) {
        this.here = here;
        this.host = host;
    }

    /// These are told from now on. Called by any thread.
    void tell(List<HelperProcess> now, Surroundings surroundings) {
        processes = List.copyOf(now);
        here = surroundings;
    }

    /// Tells a process that came later what it would wait for: which sessions are up.
    void introduce(HelperProcess process, List<EstablishedSession> sessions) {
        for (EstablishedSession session : sessions) {
            message(List.of(process), HelperEvent.OPEN, session, session.receivedOpen());
            tell(List.of(process), HelperEvent.STATE, session.ends().peer(), line -> line.state("up"));
        }
    }

    @Override
    public void changed(PeerConfig peer, SessionState before, SessionState now) {
        asns.put(peer.address(), peer.asn());
        if (now == SessionState.OPEN_SENT) {
            tell(HelperEvent.STATE, peer.address(), line -> line.state("connected"));
        } else if (before.compareTo(SessionState.OPEN_SENT) >= 0
                && before != SessionState.ESTABLISHED
                && now.compareTo(SessionState.OPEN_SENT) < 0) {
            tell(HelperEvent.STATE, peer.address(), line -> line.down("the session did not come up"));
        }
    }

    @Override
    public void up(EstablishedSession session) {
        asns.put(session.ends().peer(), session.asn());
        message(HelperEvent.OPEN, session, session.receivedOpen());
        message(HelperEvent.KEEPALIVE, session, KEEPALIVE); // by which it came up
        tell(HelperEvent.STATE, session.ends().peer(), line -> line.state("up"));
    }

    @Override
    public void down(EstablishedSession session, SessionEnd why) {
        String reason = switch (why) {
            case SessionEnd.NotificationReceived(Bytes message) -> {
                message(HelperEvent.NOTIFICATION, session, message);
                yield "peer reset, notification received (" + code(message) + ")";
            }
            case SessionEnd.NotificationSent(Bytes message) -> "peer reset, notification sent (" + code(message) + ")";
            case SessionEnd.ConnectionLost() -> "the connection was lost";
            case SessionEnd.ClosedSilently() -> "closed";
        };
        tell(HelperEvent.STATE, session.ends().peer(), line -> line.down(reason));
    }

    /// "6,2".
    private static String code(Bytes notification) {
        return notification.length() < 21 ? "" : notification.unsignedAt(19) + "," + notification.unsignedAt(20);
    }

    @Override
    public void received(EstablishedSession session, Update update, byte[] bytes, int from, int to) {
        IpAddress peer = session.ends().peer();
        if (processes.stream().anyMatch(process -> hears(process, HelperEvent.UPDATE, peer))) {
            message(HelperEvent.UPDATE, session, Bytes.copyOf(bytes, from, to - from));
        }
    }

    @Override
    public void heard(EstablishedSession session, byte[] bytes, int from, int to) {
        HelperEvent event =
                bytes[from + TYPE_OFFSET] == Message.KEEPALIVE ? HelperEvent.KEEPALIVE : HelperEvent.REFRESH;
        message(event, session, Bytes.copyOf(bytes, from, to - from));
    }

    private void message(HelperEvent event, EstablishedSession session, Bytes message) {
        message(processes, event, session, message);
    }

    private void message(List<HelperProcess> audience, HelperEvent event, EstablishedSession session, Bytes message) {
        boolean four = session.terms().fourOctetAs();
        Set<AddressFamily> addPath = new HashSet<>(session.terms().addPathReceived());
        IpAddress peer = session.ends().peer();
        for (HelperProcess process : audience) {
            if (hears(process, event, peer)) {
                ApiVersion api = process.config().api();
                var context = new DecodeContext(api, four, addPath, here.asn(), session.asn());
                process.tell(counter -> switch (ExabgpDecoder.decode(message.toArray(), context)) {
                    case Decoded.Printed printed -> line(api, peer, counter).received(printed);
                    case Decoded.Refused _ -> ""; // ExaBGP would have ended the session
                });
            }
        }
    }

    private void tell(HelperEvent event, IpAddress peer, Function<EventLine, String> text) {
        tell(processes, event, peer, text);
    }

    private void tell(
            List<HelperProcess> audience, HelperEvent event, IpAddress peer, Function<EventLine, String> text) {
        for (HelperProcess process : audience) {
            if (hears(process, event, peer)) {
                process.tell(counter -> text.apply(line(process.config().api(), peer, counter)));
            }
        }
    }

    private static boolean hears(HelperProcess process, HelperEvent event, IpAddress peer) {
        Set<IpAddress> neighbors = process.config().neighbors();
        return process.config().receive().contains(event) && (neighbors.isEmpty() || neighbors.contains(peer));
    }

    private EventLine line(ApiVersion api, IpAddress peer, long counter) {
        Instant now = Instant.now();
        String micros = String.valueOf(1_000_000 + now.getNano() / 1000);
        ProcessHandle self = ProcessHandle.current();
        long parent = self.parent().map(ProcessHandle::pid).orElse(0L);
        var run = new Envelope(now.getEpochSecond() + "." + micros.substring(1), host, self.pid(), parent, counter);
        Asn asn = asns.getOrDefault(peer, here.asn());
        return new EventLine(
                run,
                api,
                here.local(peer),
                peer,
                here.asn(),
                asn,
                here.routerId().toString());
    }
}
