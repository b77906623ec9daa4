package slash32.bgp.speaker.monitor;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.bgp.bmp.BmpEncoder;
import slash32.bgp.bmp.BmpMessage;
import slash32.bgp.bmp.BmpMessage.PeerDown;
import slash32.bgp.bmp.BmpMessage.Tlv;
import slash32.bgp.bmp.PeerHeader;
import slash32.bgp.bmp.Statistic;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.EstablishedSession;
import slash32.bgp.speaker.Monitoring;
import slash32.bgp.speaker.PeerStatus;
import slash32.bgp.speaker.SessionEnd;
import slash32.bgp.speaker.SessionMonitor;
import slash32.bgp.speaker.SpeakerStatus;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// Turns what the speaker does into the messages of one BMP session: a Peer Up for each session, what the RIBs hold,
/// some prefixes at a time as the station takes them, and every change meanwhile and afterwards (RFC 7854 §3.3). On
/// thread {@code bgp}.
final class BmpFeed implements SessionMonitor, ReceivedRoutes.Listener {
    /// Of a table, between two looks at whether the station takes more.
    private static final int PREFIXES_AT_ONCE = 2_048;

    private static final IpAddress NOWHERE = new Ipv4Address(0);
    private static final Tlv GLOBAL_TABLE = Tlv.text(Tlv.TABLE_NAME, "global");

    /// Who we are.
    record Router(Asn asn, BgpIdentifier identifier) {}

    /// Tells more of a table; false if that was all.
    private interface Dump {
        boolean advance();
    }

    private final Router router;
    private final Set<MonitoredRib> ribs;
    private final Monitoring monitoring;
    private final @Nullable ReceivedRoutes received;
    private final Outbox outbox;
    private final Runnable overflown;
    private final Map<Integer, Streams> streams = new HashMap<>();
    private final Set<RibStream> unfinished = new LinkedHashSet<>();
    private final ArrayDeque<Dump> dumps = new ArrayDeque<>();
    private @Nullable RibStream best;
    private boolean begun;
    private boolean dumping;
    private boolean ended;

    /// The streams of one session.
    private record Streams(EstablishedSession session, Map<MonitoredRib, RibStream> byRib) {
        RibStream of(MonitoredRib rib) {
            return Objects.requireNonNull(byRib.get(rib), "a stream of every RIB that the station is told of");
        }
    }

    /// A feed that says nothing before {@link #begin}.
    ///
    /// @param received null unless the station is told of {@link MonitoredRib#PRE_POLICY}
    /// @param overflown runs when the station is too slow
    BmpFeed(
            Router router,
            Set<MonitoredRib> ribs,
            Monitoring monitoring,
            @Nullable ReceivedRoutes received,
            Outbox outbox,
            Runnable overflown) {
        this.router = router;
        this.ribs = ribs;
        this.monitoring = monitoring;
        this.received = received;
        this.outbox = outbox;
        this.overflown = overflown;
    }

    /// Called by any thread.
    void begin() {
        monitoring.execute(() -> {
            if (received != null) {
                received.add(this);
            }
            if (ribs.contains(MonitoredRib.LOC_RIB)) {
                locRibUp();
            }
        });
        monitoring.add(this);
        monitoring.execute(() -> {
            begun = true;
            dump(List.copyOf(streams.values()));
        });
    }

    /// Nothing more is told. Called by any thread.
    void end() {
        monitoring.remove(this);
        monitoring.execute(() -> {
            ended = true;
            if (received != null) {
                received.remove(this);
            }
        });
    }

    /// The station has taken something: goes on with what the tables hold. Called by any thread.
    void more() {
        monitoring.execute(this::dump);
    }

    private void dump() {
        if (dumping || ended || !outbox.hasRoom() || dumps.isEmpty()) {
            return;
        }
        if (!dumps.getFirst().advance()) {
            dumps.removeFirst();
        }
        finish();
        dumping = true;
        monitoring.execute(
                () -> { // what peers say comes between
                    dumping = false;
                    dump();
                });
    }

    private void locRibUp() {
        var header = header(MonitoredRib.LOC_RIB, NOWHERE, router.asn(), router.identifier(), Instant.now());
        var capabilities = new ArrayList<Capability>(List.of(new Capability.FourOctetAs(router.asn())));
        monitoring.families().forEach(family -> capabilities.add(new Capability.Multiprotocol(family)));
        Bytes open = Bytes.copyOf(
                MessageEncoder.encode(new Message.Open(router.asn(), 0, router.identifier(), capabilities)));
        put(new BmpMessage.PeerUp(header, NOWHERE, 0, 0, open, open, List.of(GLOBAL_TABLE)));
        var stream = new RibStream(
                timeless(header),
                new Terms(true, true, Set.copyOf(monitoring.families())),
                Set.of(),
                monitoring::route,
                this::put);
        best = stream;
        for (AddressFamily family : monitoring.families()) {
            LocRib.Walk walk = monitoring.walk(family);
            dumps.add(() -> {
                boolean more = walk.advance(PREFIXES_AT_ONCE, (_, _, high, low, length, attributes, isBest) -> {
                    if (isBest) {
                        add(stream, family, 0, high, low, length, attributes);
                    }
                });
                return more || endOfRib(stream, family);
            });
        }
    }

    private static boolean endOfRib(RibStream stream, AddressFamily family) {
        stream.endOfRib(family);
        return false;
    }

    @Override
    public void up(EstablishedSession session) {
        Instant since = session.since();
        var ends = session.ends();
        var header = header(MonitoredRib.PRE_POLICY, ends.peer(), session.asn(), session.identifier(), since);
        put(new BmpMessage.PeerUp(
                header,
                ends.local(),
                ends.localPort(),
                ends.peerPort(),
                session.sentOpen(),
                session.receivedOpen(),
                List.of()));
        var byRib = new EnumMap<MonitoredRib, RibStream>(MonitoredRib.class);
        for (MonitoredRib rib : ribs) {
            if (rib != MonitoredRib.LOC_RIB) {
                byRib.put(rib, stream(rib, session));
            }
        }
        var mine = new Streams(session, byRib);
        streams.put(session.number(), mine);
        if (begun) {
            dump(List.of(mine));
        }
    }

    private RibStream stream(MonitoredRib rib, EstablishedSession session) {
        var header = header(rib, session.ends().peer(), session.asn(), session.identifier(), Instant.EPOCH);
        Terms terms = session.terms();
        boolean out = rib == MonitoredRib.ADJ_RIB_OUT;
        var flagged = out && !terms.fourOctetAs() ? header.with(PeerHeader.TWO_OCTET_AS) : header;
        RibStream.Routes routes =
                received != null && rib == MonitoredRib.PRE_POLICY ? received::route : monitoring::route;
        return new RibStream(flagged, terms, out ? terms.addPathSent() : terms.addPathReceived(), routes, this::put);
    }

    /// What peers were told, or will be, is a table of each.
    private void dumpTold(Streams mine, RibStream stream) {
        EstablishedSession session = mine.session();
        var next = new int[1];
        dumps.add(() -> {
            next[0] = isUp(mine) ? monitoring.tell(session, next[0], stream::pass) : -1;
            if (next[0] < 0 && isUp(mine)) {
                session.terms().families().stream().sorted().forEach(stream::endOfRib);
            }
            return next[0] >= 0;
        });
    }

    /// What peers have said is in one table, which is gone through once for all of {@code sessions}.
    private void dumpSaid(MonitoredRib rib, AddressFamily family, List<Streams> sessions) {
        LocRib.Walk walk =
                received != null && rib == MonitoredRib.PRE_POLICY ? received.walk(family) : monitoring.walk(family);
        var byNumber = sessions.stream()
                .filter(mine -> held(rib, mine.session(), family) > 0)
                .collect(Collectors.toMap(mine -> mine.session().number(), Function.identity()));
        dumps.add(() -> {
            boolean more = !byNumber.isEmpty()
                    && walk.advance(PREFIXES_AT_ONCE, (peer, id, high, low, length, attributes, _) -> {
                        Streams mine = byNumber.get(peer);
                        if (mine != null && isUp(mine)) {
                            add(mine.of(rib), family, id, high, low, length, attributes);
                        }
                    });
            if (!more) {
                sessions.stream()
                        .filter(this::isUp)
                        .filter(mine -> mine.session().terms().families().contains(family))
                        .forEach(mine -> mine.of(rib).endOfRib(family));
            }
            return more;
        });
    }

    private int held(MonitoredRib rib, EstablishedSession session, AddressFamily family) {
        return received != null && rib == MonitoredRib.PRE_POLICY
                ? received.size(session, family)
                : monitoring.held(session, family);
    }

    private void dump(List<Streams> sessions) {
        for (MonitoredRib rib : ribs) {
            switch (rib) {
                case PRE_POLICY, POST_POLICY ->
                    monitoring.families().forEach(family -> dumpSaid(rib, family, sessions));
                case ADJ_RIB_OUT -> sessions.forEach(mine -> dumpTold(mine, mine.of(rib)));
                case LOC_RIB -> {}
            }
        }
        more();
    }

    private boolean isUp(Streams mine) {
        return mine.equals(streams.get(mine.session().number()));
    }

    @Override
    public void down(EstablishedSession session, SessionEnd why) {
        Streams mine = streams.remove(session.number());
        if (mine == null) {
            return;
        }
        mine.byRib().values().forEach(unfinished::remove);
        var header = header(
                MonitoredRib.PRE_POLICY, session.ends().peer(), session.asn(), session.identifier(), Instant.now());
        put(
                switch (why) {
                    case SessionEnd.NotificationSent(Bytes message) ->
                        new PeerDown(header, PeerDown.LOCAL_NOTIFICATION, message);
                    case SessionEnd.NotificationReceived(Bytes message) ->
                        new PeerDown(header, PeerDown.REMOTE_NOTIFICATION, message);
                    case SessionEnd.ConnectionLost() -> new PeerDown(header, PeerDown.REMOTE_SILENT, Bytes.EMPTY);
                    case SessionEnd.ClosedSilently() ->
                        new PeerDown(header, PeerDown.LOCAL_SILENT, Bytes.copyOf(new byte[2]));
                });
    }

    @Override
    public void received(
            EstablishedSession session,
            AddressFamily family,
            int pathId,
            long high,
            long low,
            int length,
            @Nullable PathAttributes attributes) {
        changed(MonitoredRib.PRE_POLICY, session, family, pathId, high, low, length, attributes);
    }

    @Override
    public void held(
            EstablishedSession session,
            AddressFamily family,
            int pathId,
            long high,
            long low,
            int length,
            @Nullable PathAttributes attributes) {
        changed(MonitoredRib.POST_POLICY, session, family, pathId, high, low, length, attributes);
    }

    private void changed(
            MonitoredRib rib,
            EstablishedSession session,
            AddressFamily family,
            int pathId,
            long high,
            long low,
            int length,
            @Nullable PathAttributes attributes) {
        Streams mine = streams.get(session.number());
        RibStream stream = mine == null ? null : mine.byRib().get(rib);
        if (stream != null) {
            add(stream, family, pathId, high, low, length, attributes);
        }
    }

    @Override
    public void sent(EstablishedSession session, byte[] update) {
        Streams mine = streams.get(session.number());
        RibStream stream = mine == null ? null : mine.byRib().get(MonitoredRib.ADJ_RIB_OUT);
        if (stream != null) {
            stream.pass(update);
        }
    }

    @Override
    public void best(RibDelta delta) {
        if (best != null) {
            for (int i = 0; i < delta.size(); i++) {
                add(best, delta.family(), 0, delta.high(i), delta.low(i), delta.length(i), delta.attributes(i));
            }
        }
    }

    private void add(
            RibStream stream,
            AddressFamily family,
            int pathId,
            long high,
            long low,
            int length,
            @Nullable PathAttributes attributes) {
        if (unfinished.isEmpty()) {
            monitoring.execute(this::finish); // after what comes in this turn
        }
        unfinished.add(stream);
        stream.add(family, pathId, high, low, length, attributes);
    }

    private void finish() {
        unfinished.forEach(RibStream::end);
        unfinished.clear();
    }

    /// A Statistics Report for each session, and one for the Loc-RIB.
    void statistics() {
        finish();
        SpeakerStatus status = monitoring.status();
        var sizes = new ArrayList<Statistic>();
        for (PeerStatus peer : status.peers()) {
            Streams mine = peer.state() == SessionState.ESTABLISHED ? ofPeer(peer.address()) : null;
            if (mine != null) {
                report(mine.session(), peer);
            }
        }
        if (best != null) {
            long all = status.prefixes().values().stream()
                    .mapToLong(Integer::longValue)
                    .sum();
            sizes.add(Statistic.gauge(Statistic.LOC_RIB, all));
            status.prefixes().entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .forEach(size ->
                            sizes.add(Statistic.gauge(Statistic.LOC_RIB_OF_FAMILY, size.getKey(), size.getValue())));
            put(new BmpMessage.StatisticsReport(
                    header(MonitoredRib.LOC_RIB, NOWHERE, router.asn(), router.identifier(), Instant.now()), sizes));
        }
    }

    private @Nullable Streams ofPeer(IpAddress address) {
        IpAddress known = address.withoutLink();
        return streams.values().stream()
                .filter(each -> each.session().ends().peer().equals(known))
                .findFirst()
                .orElse(null);
    }

    private void report(EstablishedSession session, PeerStatus peer) {
        var statistics = new ArrayList<Statistic>();
        statistics.add(
                Statistic.counter(Statistic.TREATED_AS_WITHDRAW, peer.counters().treatedAsWithdraw()));
        long in = 0;
        long out = 0;
        for (var entry : new TreeMap<>(peer.families()).entrySet()) {
            PeerStatus.Family size = entry.getValue();
            statistics.add(Statistic.gauge(Statistic.ADJ_RIB_IN_OF_FAMILY, entry.getKey(), size.received()));
            statistics.add(Statistic.gauge(Statistic.ADJ_RIB_OUT_OF_FAMILY, entry.getKey(), size.advertised()));
            in += size.received();
            out += size.advertised();
        }
        statistics.add(Statistic.gauge(Statistic.ADJ_RIB_IN, in));
        statistics.add(Statistic.gauge(Statistic.ADJ_RIB_OUT, out));
        var header = header(
                MonitoredRib.PRE_POLICY, session.ends().peer(), session.asn(), session.identifier(), Instant.now());
        put(new BmpMessage.StatisticsReport(header, statistics));
    }

    private static PeerHeader header(
            MonitoredRib rib, IpAddress address, Asn asn, BgpIdentifier identifier, Instant when) {
        return new PeerHeader(
                rib.peerType(),
                rib.flags(),
                0,
                address,
                asn.value(),
                identifier.value(),
                when.getEpochSecond(),
                when.getNano() / 1_000);
    }

    /// When routes came is not kept (RFC 7854 §5).
    private static PeerHeader timeless(PeerHeader header) {
        return new PeerHeader(
                header.type(),
                header.flags(),
                header.distinguisher(),
                header.address(),
                header.asn(),
                header.identifier(),
                0,
                0);
    }

    private void put(BmpMessage message) {
        put(BmpEncoder.encode(message));
    }

    private void put(byte[] message) {
        if (!outbox.put(message)) {
            overflown.run();
        }
    }
}
