package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.bgp.bmp.BmpMessage;
import slash32.bgp.bmp.PeerHeader;
import slash32.bgp.mrt.MrtEntry;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.speaker.monitor.BmpLoop;
import slash32.bgp.speaker.monitor.BmpStation;
import slash32.bgp.speaker.monitor.MonitoredRib;
import slash32.bgp.speaker.monitor.TableDump;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Esi;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.FlowComponent;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MrtRecord;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.reconcile.Backoff;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// What BMP stations and table dumps are told of routes that are not plain prefixes, and of several paths of one.
@InNetns
class MonitoredFamiliesTest {
    private static final int PORT = 1790;
    private static final int BMP_PORT = 11_019;
    private static final String OWN = "10.0.0.11";
    private static final String PEER = "10.0.0.1";
    private static final BgpIdentifier IDENTIFIER = new BgpIdentifier(0x0a00_000b);
    private static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    private static final RouteDistinguisher RD = RouteDistinguisher.of(65_000, 7);
    private static final Prefix PREFIX = Prefix.parse("10.9.0.0/24");
    private static final Map<AddressFamily, Nlri> ROUTES = Map.of(
            AddressFamily.L2VPN_EVPN,
            new Nlri.Evpn(
                    0,
                    new EvpnRoute.MacIpRoute(
                            RD,
                            Esi.ZERO,
                            0,
                            MacAddress.parse("52:54:00:00:00:01"),
                            IpAddress.parse("10.9.0.5"),
                            5_001,
                            EvpnRoute.NO_LABEL)),
            AddressFamily.IPV4_VPN,
            new Nlri.Vpn(0, List.of(100 << 4 | 1), RD, PREFIX),
            AddressFamily.IPV6_LABELED,
            new Nlri.Labeled(0, List.of(101 << 4 | 1), Prefix.parse("2001:db8:9::/48")),
            AddressFamily.IPV4_FLOWSPEC,
            new Nlri.FlowSpec(
                    0,
                    false,
                    null,
                    List.of(new FlowComponent.Comparisons(3, List.of(new FlowComponent.Comparison(1, 1, 6))))),
            AddressFamily.IPV4_MULTICAST,
            new Nlri.Plain(0, PREFIX));
    private static final Set<AddressFamily> FAMILIES = families();
    private static final Terms TERMS = new Terms(true, true, FAMILIES);

    @RegisterExtension
    final Opened opened = new Opened(PEER, OWN);

    private final Recorder heard = new Recorder();

    @TempDir
    Path folder;

    private static Set<AddressFamily> families() {
        var all = new HashSet<>(ScriptedPeer.FAMILIES);
        all.addAll(ROUTES.keySet());
        all.add(AddressFamily.RT_CONSTRAIN);
        return all;
    }

    @Test
    void stationsAreToldOfEveryFamilyBeforeAndAfterPolicyAndInTheLocRib() throws Exception {
        var station = new Station(PEER, BMP_PORT);
        opened.add(station);
        Speaker speaker = speaker(SessionOptions.DEFAULT);
        Set<MonitoredRib> ribs = Set.of(MonitoredRib.PRE_POLICY, MonitoredRib.POST_POLICY, MonitoredRib.LOC_RIB);
        run(speaker, ribs);
        speaker.start();
        station.accept();
        ScriptedPeer peer = peer();
        announce(peer);
        var told = new HashSet<String>();
        while (told.size() < 3 * ROUTES.size()) {
            told.addAll(announced(station.await(BmpMessage.RouteMonitoring.class::isInstance)));
        }
        assertThat(told).isEqualTo(wanted());
        for (Map.Entry<AddressFamily, Nlri> each : ROUTES.entrySet()) {
            peer.send(withdrawal(each.getKey(), each.getValue()));
        }
        var gone = new HashSet<String>();
        while (gone.size() < 3 * ROUTES.size()) {
            gone.addAll(withdrawn(station.await(BmpMessage.RouteMonitoring.class::isInstance)));
        }
        assertThat(gone).hasSameSizeAs(wanted());
        assertThat(heard.flaps(PEER)).isZero();
    }

    /// A station that comes when all was told hears of it by the tables, whichever way the peer chose what it wants.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void stationsAreToldWhatPeersWereTold(boolean choosing) throws Exception {
        Speaker speaker = speaker(SessionOptions.DEFAULT);
        speaker.start();
        var route = (Nlri.Evpn) Objects.requireNonNull(ROUTES.get(AddressFamily.L2VPN_EVPN));
        speaker.originateEvpn(List.of(new EvpnPath(route.route(), via(OWN))));
        var peer = new ScriptedPeer(PEER, OWN, PORT);
        opened.add(peer);
        var capabilities = new ArrayList<Capability>(List.of(new Capability.Multiprotocol(AddressFamily.L2VPN_EVPN)));
        if (choosing) {
            capabilities.add(new Capability.Multiprotocol(AddressFamily.RT_CONSTRAIN));
        }
        peer.establish(capabilities.toArray(Capability[]::new));
        if (choosing) {
            var all = new Nlri.Membership(0, 0, 0, new ExtendedCommunity(0));
            peer.send(announcement(TERMS, AddressFamily.RT_CONSTRAIN, via("10.0.0.50"), all));
            peer.endOfRib(AddressFamily.RT_CONSTRAIN);
        }
        speaker.initialRoutesOriginated();
        List<Nlri> told = List.of();
        while (!told.contains(route)) {
            told = routes(peer.expect(Message.UPDATE).bytes());
        }
        var station = new Station(PEER, BMP_PORT);
        opened.add(station);
        run(speaker, Set.of(MonitoredRib.ADJ_RIB_OUT));
        station.accept();
        told = List.of();
        while (!told.contains(route)) {
            var monitored = (BmpMessage.RouteMonitoring) station.await(BmpMessage.RouteMonitoring.class::isInstance);
            assertThat(monitored.peer().flags() & PeerHeader.ADJ_RIB_OUT).isNotZero();
            told = routes(monitored.update().toArray());
        }
    }

    private static List<Nlri> routes(byte[] update) {
        return new UpdateDecoder(TERMS)
                .decode(update, Framer.HEADER_BYTES, update.length).announced().stream()
                        .flatMap(one -> one.prefixes().routes().stream())
                        .toList();
    }

    /// One that comes later is told the same by the tables.
    @Test
    void aDumpHasEveryFamily() throws Exception {
        Speaker speaker = speaker(SessionOptions.DEFAULT);
        speaker.start();
        ScriptedPeer peer = peer();
        announce(peer);
        peer.announce(via("10.0.0.50"), Prefix.parse("10.9.9.9/32"));
        heard.await("the last route", () -> heard.routes.size() == 1);
        List<MrtRecord> records = MrtRecord.decode(dump(speaker));
        assertThat(records.getFirst()).isInstanceOf(MrtRecord.PeerIndexTable.class);
        Map<AddressFamily, Nlri> dumped = records.stream()
                .filter(MrtRecord.Rib.class::isInstance)
                .map(MrtRecord.Rib.class::cast)
                .filter(rib -> !rib.family().equals(V4))
                .collect(Collectors.toMap(MrtRecord.Rib::family, MrtRecord.Rib::route));
        assertThat(dumped).isEqualTo(ROUTES);
    }

    /// RFC 8050: each path has its identifier.
    @Test
    void aDumpHasEveryPath() throws Exception {
        Speaker speaker = several();
        List<MrtEntry> entries = MrtRecord.decode(dump(speaker)).stream()
                .filter(MrtRecord.Rib.class::isInstance)
                .flatMap(rib -> ((MrtRecord.Rib) rib).entries().stream())
                .toList();
        assertThat(entries).extracting(MrtEntry::pathId).containsExactlyInAnyOrder(1, 2, 7);
        assertThat(entries)
                .extracting(entry -> String.valueOf(entry.attributes().nextHop()))
                .containsExactlyInAnyOrder("10.0.0.51", "10.0.0.52", "10.0.0.57");
    }

    @Test
    @Tag("interop")
    void bgpdumpReadsEveryPath() throws Exception {
        Requirement.program("bgpdump", "bgpdump");
        Path file = Files.write(folder.resolve("rib.mrt"), dump(several()));
        Command.Outcome read = Command.tryRun("bgpdump", "-m", file.toString());
        assertThat(read.exitCode()).isZero();
        assertThat(read.output().lines().filter(line -> line.startsWith("TABLE_DUMP2_AP|")))
                .hasSize(3)
                .allMatch(line -> line.contains("|10.0.0.1|65000|10.9.0."))
                .anyMatch(line -> line.contains("|10.0.0.57|"));
    }

    /// A speaker that knows three paths, two of one prefix.
    private Speaker several() throws Exception {
        var options = new SessionOptions(
                SessionOptions.SEND_HOLD_SECONDS, 0, null, false, true, Set.of(V4), Set.of(), Set.of());
        Speaker speaker = speaker(options);
        speaker.start();
        var peer = new ScriptedPeer(PEER, OWN, PORT);
        opened.add(peer);
        peer.establish(new Capability.AddPath(Map.of(V4, Capability.AddPathMode.SEND)));
        Terms paths = TERMS.withAddPath(Set.of(V4));
        for (int id : List.of(1, 2, 7)) {
            var prefix = Prefix.parse(id == 7 ? "10.9.0.7/32" : "10.9.0.1/32");
            peer.send(announcement(paths, V4, via("10.0.0.5" + id), new Nlri.Plain(id, prefix)));
        }
        heard.await("both prefixes", () -> heard.routes.size() == 2);
        return speaker;
    }

    private static byte[] dump(Speaker speaker) throws IOException {
        var out = new ByteArrayOutputStream();
        new TableDump(speaker.monitoring(), IDENTIFIER).write(out);
        return out.toByteArray();
    }

    private static PathAttributes via(String nextHop) {
        return PathAttributes.builder()
                .nextHop(IpAddress.parse(nextHop))
                .localPref(100)
                .build();
    }

    private static void announce(ScriptedPeer peer) throws IOException {
        for (Map.Entry<AddressFamily, Nlri> each : ROUTES.entrySet()) {
            PathAttributes attributes = via(each.getKey().afi() == 2 ? "2001:db8::50" : "10.0.0.50");
            peer.send(announcement(TERMS, each.getKey(), attributes, each.getValue()));
        }
    }

    private static byte[] announcement(Terms terms, AddressFamily family, PathAttributes attributes, Nlri route) {
        var messages = new ByteArrayOutputStream();
        var encoder = new UpdateEncoder(terms, messages::writeBytes);
        encoder.beginAnnouncing(family, attributes);
        encoder.add(route);
        encoder.end();
        return messages.toByteArray();
    }

    private static byte[] withdrawal(AddressFamily family, Nlri route) {
        var messages = new ByteArrayOutputStream();
        var encoder = new UpdateEncoder(TERMS, messages::writeBytes);
        encoder.beginWithdrawing(family);
        encoder.add(route);
        encoder.end();
        return messages.toByteArray();
    }

    /// Each route in each of the three RIBs.
    private static Set<String> wanted() {
        var wanted = new TreeSet<String>();
        for (MonitoredRib rib : List.of(MonitoredRib.PRE_POLICY, MonitoredRib.POST_POLICY, MonitoredRib.LOC_RIB)) {
            ROUTES.values().forEach(route -> wanted.add(rib + " " + route));
        }
        return wanted;
    }

    private static MonitoredRib rib(PeerHeader peer) {
        if (peer.type() == PeerHeader.LOC_RIB) {
            return MonitoredRib.LOC_RIB;
        }
        return (peer.flags() & PeerHeader.POST_POLICY) != 0 ? MonitoredRib.POST_POLICY : MonitoredRib.PRE_POLICY;
    }

    private static Update update(BmpMessage message) {
        Bytes octets = ((BmpMessage.RouteMonitoring) message).update();
        Update update = new UpdateDecoder(TERMS).decode(octets.toArray(), Framer.HEADER_BYTES, octets.length());
        assertThat(update.faults()).isEmpty();
        return update;
    }

    private static List<String> announced(BmpMessage message) {
        MonitoredRib rib = rib(((BmpMessage.RouteMonitoring) message).peer());
        var lines = new ArrayList<String>();
        update(message)
                .announced()
                .forEach(one -> one.prefixes().routes().forEach(route -> lines.add(rib + " " + route)));
        return lines;
    }

    private static List<String> withdrawn(BmpMessage message) {
        MonitoredRib rib = rib(((BmpMessage.RouteMonitoring) message).peer());
        var lines = new ArrayList<String>();
        update(message).withdrawn().forEach(slice -> slice.routes().forEach(route -> lines.add(rib + " " + route)));
        return lines;
    }

    private ScriptedPeer peer() throws IOException {
        var peer = new ScriptedPeer(PEER, OWN, PORT);
        opened.add(peer);
        return peer.establish(ROUTES.keySet().stream()
                .sorted()
                .map(Capability.Multiprotocol::new)
                .toArray(Capability[]::new));
    }

    private Speaker speaker(SessionOptions session) throws IOException {
        var peer = new PeerConfig(IpAddress.parse(PEER), PORT, null, ScriptedPeer.AS, FAMILIES, null, 180, 0, true)
                .with(PeerOptions.DEFAULT.with(session));
        var speaker = new Speaker(
                new SpeakerConfig(
                        new Asn(65_000),
                        IDENTIFIER,
                        List.of(IpAddress.parse(OWN)),
                        PORT,
                        List.of(peer),
                        false,
                        Duration.ofSeconds(2)),
                heard);
        opened.add(speaker);
        return speaker;
    }

    private void run(Speaker speaker, Set<MonitoredRib> ribs) {
        var station = new BmpStation(IpAddress.parse(PEER), BMP_PORT, ribs, Duration.ZERO);
        var speaking = new BmpLoop.Speaking("hv1", "slash32 of a test", ScriptedPeer.AS, IDENTIFIER);
        var limits = new BmpLoop.Limits(
                new Backoff(
                        Duration.ofMillis(50).toNanos(), Duration.ofMillis(200).toNanos()),
                1 << 18);
        for (BmpLoop loop : BmpLoop.of(List.of(station), speaking, speaker.monitoring(), limits)) {
            opened.run("bmp", loop::run, loop::close);
        }
    }
}
