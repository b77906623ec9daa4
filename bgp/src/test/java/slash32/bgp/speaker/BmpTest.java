package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.bmp.BmpMessage;
import slash32.bgp.bmp.BmpMessage.PeerDown;
import slash32.bgp.bmp.BmpMessage.PeerUp;
import slash32.bgp.bmp.BmpMessage.RouteMonitoring;
import slash32.bgp.bmp.PeerHeader;
import slash32.bgp.bmp.Statistic;
import slash32.bgp.policy.Change;
import slash32.bgp.policy.Policy;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.speaker.monitor.BmpLoop;
import slash32.bgp.speaker.monitor.BmpStation;
import slash32.bgp.speaker.monitor.MonitoredRib;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.reconcile.Backoff;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// What a BMP station is told of a speaker with scripted peers (RFC 7854, RFC 8671, RFC 9069). One of the
/// stations is pmacct's.
@InNetns
class BmpTest {
    private static final int PORT = 1790;
    private static final int BMP_PORT = 11_019;
    private static final String OWN = "10.0.0.11";
    private static final String PEER = "10.0.0.1";
    private static final String OTHER = "10.0.0.2";
    private static final Prefix ONE = Prefix.parse("10.9.0.1/32");
    private static final Prefix TWO = Prefix.parse("10.9.0.2/32");
    private static final Prefix OURS = Prefix.parse("10.9.1.1/32");
    private static final Prefix SIX = Prefix.parse("2001:db8:9::1/128");
    private static final PathAttributes VIA = PathAttributes.builder()
            .nextHop(IpAddress.parse("10.0.0.50"))
            .localPref(100)
            .build();
    private static final PathAttributes VIA_SIX =
            VIA.toBuilder().nextHop(IpAddress.parse("2001:db8::50")).build();
    private static final BmpLoop.Limits QUICK = new BmpLoop.Limits(
            new Backoff(Duration.ofMillis(50).toNanos(), Duration.ofMillis(200).toNanos()), 1 << 18);

    @RegisterExtension
    final Opened opened = new Opened(PEER, OTHER, OWN);

    private final Recorder heard = new Recorder();

    @Test
    void aStationLearnsOfSessionsAndOfWhatPeersSayBeforeAndAfterPolicy() throws Exception {
        Station station = station();
        Speaker speaker =
                speaker(QUICK, Duration.ZERO, policed(PEER), Set.of(MonitoredRib.PRE_POLICY, MonitoredRib.POST_POLICY));
        station.accept();
        assertThat(station.next())
                .isInstanceOfSatisfying(
                        BmpMessage.Initiation.class,
                        initiation -> assertThat(initiation.information())
                                .extracting(tlv -> new String(tlv.value().toArray(), StandardCharsets.UTF_8))
                                .containsExactly("slash32 of a test", "hv1"));
        ScriptedPeer peer = peer(PEER).establish();
        PeerUp up = (PeerUp) station.await(PeerUp.class::isInstance);
        assertThat(up.peer().address()).isEqualTo(IpAddress.parse(PEER));
        assertThat(up.peer().asn()).isEqualTo(ScriptedPeer.AS.value());
        assertThat(up.local()).isEqualTo(IpAddress.parse(OWN));
        assertThat(up.localPort()).isEqualTo(PORT);
        assertThat(up.receivedOpen().unsignedAt(Framer.HEADER_BYTES - 1)).isEqualTo(Message.OPEN);
        peer.announce(VIA, ONE, TWO).announce(VIA_SIX, SIX);
        var before = new Routes(0);
        var after = new Routes(PeerHeader.POST_POLICY);
        awaitAll(station, 3, before, after);
        assertThat(before.lines).containsExactly(ONE + " 100", TWO + " 100", SIX + " 100");
        assertThat(after.lines).containsExactly(ONE + " 250", TWO + " 250", SIX + " 250");
        peer.send(withdrawal(ONE));
        awaitAll(station, 2, before, after);
        peer.send(Message.Notification.of(NotificationCode.ADMINISTRATIVE_RESET));
        PeerDown down = (PeerDown) station.await(PeerDown.class::isInstance);
        assertThat(down.reason()).isEqualTo(PeerDown.REMOTE_NOTIFICATION);
        assertThat(down.content().unsignedAt(Framer.HEADER_BYTES)).isEqualTo(6);
        assertThat(speaker.status().prefixes()).containsValues(0);
    }

    @Test
    void aStationThatComesLaterLearnsWhatThereIs() throws Exception {
        Speaker speaker = speaker(QUICK, Duration.ZERO, passive(PEER), Set.of(MonitoredRib.values()));
        ScriptedPeer peer = peer(PEER).establish();
        peer.announce(VIA, prefixes(3_000)).announce(VIA_SIX, SIX);
        speaker.originate(List.of(
                new OriginatedRoute(OURS, IpAddress.parse(OWN), 100, List.of(new LargeCommunity(65000, 2, 7)))));
        heard.await("the routes", () -> heard.routes.size() == 3_001 && heard.advertised.contains(OURS));
        Station station = station().accept();
        var before = new Routes(0);
        var after = new Routes(PeerHeader.POST_POLICY);
        var out = new Routes(PeerHeader.POST_POLICY | PeerHeader.ADJ_RIB_OUT);
        var best = new Routes(PeerHeader.FILTERED);
        while (before.ended.size() + after.ended.size() + out.ended.size() + best.ended.size() < 8) {
            BmpMessage next = station.next();
            List.of(before, after, out, best).forEach(routes -> routes.take(next));
        }
        assertThat(before.lines).hasSize(3_001).isEqualTo(after.lines).isEqualTo(best.lines);
        assertThat(out.lines).containsExactly(OURS + " 100");
        assertThat(station.told.getFirst()).isInstanceOf(BmpMessage.Initiation.class);
        assertThat(station.told.stream()
                        .filter(PeerUp.class::isInstance)
                        .map(m -> ((PeerUp) m).peer().type()))
                .containsExactlyInAnyOrder(PeerHeader.LOC_RIB, PeerHeader.GLOBAL);
    }

    @Test
    void aBrokenSessionIsToldAsThat() throws Exception {
        Station station = station();
        speaker(QUICK, Duration.ZERO, passive(PEER), Set.of(MonitoredRib.PRE_POLICY));
        station.accept();
        peer(PEER).establish().close();
        PeerDown lost = (PeerDown) station.await(PeerDown.class::isInstance);
        assertThat(lost.reason()).isEqualTo(PeerDown.REMOTE_SILENT);
        peer(PEER).establish().send(new byte[19]);
        PeerDown ours = (PeerDown) station.await(PeerDown.class::isInstance);
        assertThat(ours.reason()).isEqualTo(PeerDown.LOCAL_NOTIFICATION);
        assertThat(ours.content().unsignedAt(Framer.HEADER_BYTES)).isEqualTo(1);
    }

    @Test
    void numbersAreReported() throws Exception {
        Station station = station();
        speaker(QUICK, Duration.ofMillis(50), passive(PEER), Set.of(MonitoredRib.PRE_POLICY, MonitoredRib.LOC_RIB));
        station.accept();
        peer(PEER).establish().announce(VIA, ONE, TWO);
        station.await(message -> message instanceof BmpMessage.StatisticsReport(PeerHeader of, List<Statistic> all)
                && of.type() == PeerHeader.GLOBAL
                && all.contains(Statistic.gauge(Statistic.ADJ_RIB_IN, 2))
                && all.contains(Statistic.gauge(Statistic.ADJ_RIB_IN_OF_FAMILY, AddressFamily.IPV4_UNICAST, 2)));
        station.await(message -> message instanceof BmpMessage.StatisticsReport(PeerHeader of, List<Statistic> all)
                && of.type() == PeerHeader.LOC_RIB
                && all.contains(Statistic.gauge(Statistic.LOC_RIB, 2)));
    }

    @Test
    void aStationThatReadsNothingIsLeftAndTheSpeakerGoesOn() throws Exception {
        Station station = station();
        Speaker speaker =
                speaker(QUICK, Duration.ZERO, passive(PEER), Set.of(MonitoredRib.PRE_POLICY, MonitoredRib.POST_POLICY));
        station.accept();
        ScriptedPeer peer = peer(PEER).establish();
        List<Integer> many = IntStream.range(0, 500).boxed().toList();
        for (int round = 0; round < 12; round++) { // more than what sockets take and may wait
            peer.announce(VIA.toBuilder().localPref(round).communities(many).build(), prefixes(5_000));
        }
        peer.announce(VIA, SIX_FOUR);
        heard.await("what was said last", () -> heard.routes.containsKey(SIX_FOUR));
        assertThat(speaker.status().peers().getFirst().counters().flaps()).isZero();
        assertThatThrownBy(() -> station.await(_ -> false)).isInstanceOf(IOException.class);
        assertThat(whole(station, 5_001)).contains("10.9.0.1/32 11");
    }

    /// What the station is told by the first connection that lasts long enough.
    private static Set<String> whole(Station station, int size) throws IOException {
        while (true) {
            station.accept();
            var routes = new Routes(PeerHeader.POST_POLICY);
            try {
                awaitAll(station, size, routes);
                return routes.lines;
            } catch (EOFException | SocketException _) {
                // made while there still was more than it could be told
            }
        }
    }

    @Test
    @Tag("interop")
    void aRealStationUnderstandsAll(@TempDir Path folder) throws Exception {
        Requirement.program("pmbmpd", "pmacct");
        Path log = folder.resolve("log.json");
        Path config = Files.writeString(
                folder.resolve("pmbmpd.conf"),
                "daemonize: false\nbmp_daemon_ip: %s\nbmp_daemon_port: %d\nbmp_daemon_msglog_file: %s\n"
                                .formatted(PEER, BMP_PORT, log)
                        + "bmp_daemon_msglog_output: json\n");
        Process pmbmpd = new ProcessBuilder("pmbmpd", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("out").toFile())
                .start();
        opened.add(() -> pmbmpd.destroyForcibly().waitFor());
        Speaker speaker = speaker(QUICK, Duration.ofMillis(200), policed(PEER), Set.of(MonitoredRib.values()));
        ScriptedPeer peer = peer(PEER).establish();
        peer.announce(VIA, ONE, TWO).announce(VIA_SIX, SIX);
        speaker.originate(List.of(new OriginatedRoute(OURS, IpAddress.parse(OWN), 100, List.of())));
        awaitLogged(log, "\"bmp_init_info_sysname\": \"hv1\"");
        for (Prefix prefix : List.of(ONE, TWO, SIX)) {
            awaitLogged(log, "route_monitor", prefix.toString(), "\"is_post\": 0", "\"local_pref\": 100");
            awaitLogged(log, "route_monitor", prefix.toString(), "\"is_post\": 1", "\"local_pref\": 250");
            awaitLogged(log, "route_monitor", prefix.toString(), "\"is_loc\": 1");
        }
        awaitLogged(log, "route_monitor", OURS.toString(), "\"is_out\": 1", "\"is_post\": 1");
        awaitLogged(log, "\"stats\"", "\"counter_type\": 7", "\"counter_value\": 3");
        peer.send(withdrawal(ONE));
        awaitLogged(log, "\"log_type\": \"withdraw\"", ONE.toString(), "\"is_post\": 1");
        peer.send(Message.Notification.of(NotificationCode.ADMINISTRATIVE_RESET));
        awaitLogged(log, "\"peer_down\"", "\"reason_type\": 3");
        assertThat(Files.readString(folder.resolve("out")))
                .doesNotContain("malformed")
                .doesNotContain("WARN");
    }

    /// Waits until a line of the log has all of these.
    private void awaitLogged(Path log, String... parts) throws InterruptedException {
        heard.await(String.join(", ", parts), () -> {
            try (Stream<String> lines = Files.exists(log) ? Files.lines(log) : Stream.empty()) {
                return lines.anyMatch(line -> Stream.of(parts).allMatch(line::contains));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    @Test
    void aStationIsToldWhenWeGo() throws Exception {
        Station station = station();
        var speaker = new Speaker(config(List.of(passive(PEER))), heard);
        opened.add(speaker);
        BmpLoop loop = loops(speaker, QUICK, Duration.ZERO, Set.of(MonitoredRib.POST_POLICY))
                .getFirst();
        speaker.start();
        station.accept().await(BmpMessage.Initiation.class::isInstance);
        loop.close();
        assertThat(station.await(BmpMessage.Termination.class::isInstance))
                .isEqualTo(new BmpMessage.Termination(
                        List.of(new BmpMessage.Tlv(BmpMessage.Tlv.REASON, Bytes.copyOf(new byte[2])))));
    }

    private static final Prefix SIX_FOUR = Prefix.parse("10.64.0.1/32");

    private static Prefix[] prefixes(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(host -> new Ipv4Address(0x0a09_0000 + host).hostPrefix())
                .toArray(Prefix[]::new);
    }

    private static void awaitAll(Station station, int size, Routes... all) throws IOException {
        while (!List.of(all).stream().allMatch(routes -> routes.lines.size() == size)) {
            BmpMessage next = station.next();
            for (Routes routes : all) {
                routes.take(next);
            }
        }
    }

    /// A RIB as the station knows it: "10.9.0.1/32 100", the prefix and its LOCAL_PREF.
    private static final class Routes {
        private static final Terms TERMS =
                new Terms(true, true, ScriptedPeer.FAMILIES, Set.of(), Set.of(), true, Set.of());

        private final int flags;
        final Set<String> lines = new TreeSet<>(
                java.util.Comparator.comparing(line -> Prefix.parse(line.substring(0, line.indexOf(' ')))));
        final Set<AddressFamily> ended = new TreeSet<>();

        Routes(int flags) {
            this.flags = flags;
        }

        void take(BmpMessage message) {
            if (!(message instanceof RouteMonitoring(PeerHeader of, Bytes octets)) || of.flags() != flags) {
                return;
            }
            Update update = new UpdateDecoder(TERMS).decode(octets.toArray(), Framer.HEADER_BYTES, octets.length());
            if (update.endOfRib() != null) {
                ended.add(update.endOfRib());
            }
            update.withdrawn().forEach(slice -> slice.routes().forEach(route -> put(route, null)));
            update.announced().forEach(one -> one.prefixes().routes().forEach(route -> put(route, one.attributes())));
        }

        private void put(slash32.bgp.wire.Nlri route, @Nullable PathAttributes attributes) {
            String prefix = ((slash32.bgp.wire.Nlri.Plain) route).prefix() + " ";
            lines.removeIf(line -> line.startsWith(prefix));
            if (attributes != null) {
                lines.add(prefix + attributes.localPref());
            }
        }
    }

    private static byte[] withdrawal(Prefix prefix) {
        var messages = new java.io.ByteArrayOutputStream();
        var encoder =
                new slash32.bgp.wire.UpdateEncoder(new Terms(true, true, ScriptedPeer.FAMILIES), messages::writeBytes);
        encoder.beginWithdrawing(AddressFamily.IPV4_UNICAST);
        encoder.add(0, (long) ((Ipv4Address) prefix.address()).value() << 32, 0, prefix.length());
        encoder.end();
        return messages.toByteArray();
    }

    private Station station() throws IOException {
        var station = new Station(PEER, BMP_PORT);
        opened.add(station);
        return station;
    }

    private ScriptedPeer peer(String address) throws IOException {
        var peer = new ScriptedPeer(address, OWN, PORT);
        opened.add(peer);
        return peer;
    }

    private Speaker speaker(BmpLoop.Limits limits, Duration statistics, PeerConfig peer, Set<MonitoredRib> ribs)
            throws IOException {
        var speaker = new Speaker(config(List.of(peer)), heard);
        opened.add(speaker);
        loops(speaker, limits, statistics, ribs);
        speaker.start();
        speaker.initialRoutesOriginated();
        return speaker;
    }

    private List<BmpLoop> loops(Speaker speaker, BmpLoop.Limits limits, Duration statistics, Set<MonitoredRib> ribs) {
        var station = new BmpStation(IpAddress.parse(PEER), BMP_PORT, ribs, statistics);
        var speaking =
                new BmpLoop.Speaking("hv1", "slash32 of a test", ScriptedPeer.AS, new BgpIdentifier(0x0a00_000b));
        List<BmpLoop> loops = BmpLoop.of(List.of(station), speaking, speaker.monitoring(), limits);
        for (BmpLoop loop : loops) {
            opened.run("bmp", loop::run, loop::close);
        }
        return loops;
    }

    private static SpeakerConfig config(List<PeerConfig> peers) {
        var identifier = new BgpIdentifier(0x0a00_000b);
        return new SpeakerConfig(
                ScriptedPeer.AS, identifier, List.of(IpAddress.parse(OWN)), PORT, peers, false, Duration.ofSeconds(2));
    }

    private static PeerConfig passive(String address) {
        return new PeerConfig(
                IpAddress.parse(address), PORT, null, ScriptedPeer.AS, ScriptedPeer.FAMILIES, null, 180, 0, true);
    }

    /// Its routes get another LOCAL_PREF.
    private static PeerConfig policed(String address) {
        var prefer = new Policy(
                List.of(new Policy.Rule(List.of(), List.of(new Change.LocalPref(250)), Policy.Then.ACCEPT)), false);
        return passive(address).with(new PeerOptions(SessionOptions.DEFAULT, java.util.Map.of(), 0, prefer, null));
    }
}
