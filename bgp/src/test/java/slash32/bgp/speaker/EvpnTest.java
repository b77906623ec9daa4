package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.testkit.InNetns;

/// EVPN routes of one node of ours at another, through a reflector of ours, with and without memberships (RFC 4684).
@InNetns
class EvpnTest {
    private static final int PORT = 1790;
    private static final String REFLECTOR = "10.0.0.1";
    private static final String ONE = "10.0.0.11";
    private static final String TWO = "10.0.0.12";
    private static final ExtendedCommunity BLUE = ExtendedCommunity.routeTarget(65000, 100);
    private static final ExtendedCommunity RED = ExtendedCommunity.routeTarget(65000, 200);
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:01");
    private static final Set<AddressFamily> EVPN =
            Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST, AddressFamily.L2VPN_EVPN);
    private static final Set<AddressFamily> CONSTRAINED = Set.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV6_UNICAST,
            AddressFamily.L2VPN_EVPN,
            AddressFamily.RT_CONSTRAIN);

    @RegisterExtension
    final Opened opened = new Opened(REFLECTOR, ONE, TWO, "10.0.0.13");

    private final Recorder atOne = new Recorder();
    private final Recorder atTwo = new Recorder();

    @Test
    void routesAreImportedByTargetAndChangeWithIt() throws Exception {
        reflector(EVPN);
        Speaker one = speaker(ONE, EVPN, atOne);
        Speaker two = speaker(TWO, EVPN, atTwo);
        EvpnInstance blue = instance(ONE, 100, BLUE);
        EvpnInstance red = instance(ONE, 200, RED);
        EvpnPath imet = blue.inclusiveMulticast();
        EvpnPath mac = blue.macIp(MAC, null, Mobility.NONE);
        EvpnPath address = blue.macIp(MAC, IpAddress.parse("192.0.2.1"), Mobility.NONE);
        EvpnPath prefix = red.ipPrefix(Prefix.parse("198.51.100.0/24"), MAC);
        two.importTargets(Set.of(BLUE));
        one.originateEvpn(List.of(imet, mac, address, prefix));
        atTwo.await("blue's", () -> atTwo.evpn.size() == 3);
        assertThat(atTwo.evpn.values())
                .extracting(EvpnPath::route)
                .containsExactlyInAnyOrder(imet.route(), mac.route(), address.route());
        assertThat(atTwo.evpn.values()).allSatisfy(path -> {
            assertThat(path.attributes().nextHop()).isEqualTo(IpAddress.parse(ONE));
            assertThat(path.attributes().originatorId()).isEqualTo(identifier(ONE));
        });

        two.importTargets(Set.of(RED));
        atTwo.await(
                "red's instead", () -> atTwo.evpn.size() == 1 && routes(atTwo).contains(prefix));
        two.importTargets(Set.of(RED, BLUE));
        atTwo.await("both", () -> atTwo.evpn.size() == 4);

        EvpnPath moved = blue.macIp(MAC, null, new Mobility(false, 7));
        one.originateEvpn(List.of(moved));
        atTwo.await(
                "its sequence number",
                () -> atTwo.evpn.values().stream()
                        .anyMatch(path -> Mobility.of(path.attributes()).sequence() == 7));
        one.withdrawEvpn(List.of(imet.route(), prefix.route()));
        atTwo.await("what is left", () -> atTwo.evpn.size() == 2);
        assertThat(one.status().originated()).containsEntry(AddressFamily.L2VPN_EVPN, 2);
        assertThat(two.bestEvpn())
                .hasSize(2)
                .allSatisfy(best -> assertThat(best.imported()).isTrue());
    }

    /// A route without a target is nobody's: it is held, not imported, and counted by who sent it.
    @Test
    void routesWithoutATargetAreCounted() throws Exception {
        reflector(EVPN);
        Speaker one = speaker(ONE, EVPN, atOne);
        Speaker two = speaker(TWO, EVPN, atTwo);
        two.importTargets(Set.of(BLUE));
        EvpnPath mac = instance(ONE, 100, BLUE).macIp(MAC, null, Mobility.NONE);
        EvpnPath stripped = new EvpnPath(
                mac.route(),
                mac.attributes().toBuilder().extendedCommunities(List.of()).build());
        one.originateEvpn(List.of(stripped, instance(ONE, 100, BLUE).inclusiveMulticast()));
        atTwo.await("the other one", () -> atTwo.evpn.size() == 1);
        awaitReceived(two, 2);
        assertThat(counters(two).untargetedRoutes()).isEqualTo(1);
        one.originateEvpn(List.of(mac));
        atTwo.await("both", () -> atTwo.evpn.size() == 2);
        assertThat(counters(two).untargetedRoutes()).isEqualTo(1);
    }

    private static List<Object> routes(Recorder recorder) {
        return recorder.evpn.values().stream()
                .<Object>map(path -> new EvpnPath(
                        path.route(),
                        path.attributes().toBuilder()
                                .originatorId(null)
                                .clusterList(List.of())
                                .nlriData(slash32.net.Bytes.EMPTY)
                                .build()))
                .toList();
    }

    /// RFC 4684 §6: a peer is told what it wants, and when that changes, what is different.
    @Test
    void aReflectorTellsEachWhatItWants() throws Exception {
        Speaker reflector = reflector(CONSTRAINED);
        Speaker one = speaker(ONE, CONSTRAINED, atOne);
        Speaker two = speaker(TWO, CONSTRAINED, atTwo);
        one.importTargets(Set.of(BLUE, RED));
        two.importTargets(Set.of(BLUE));
        EvpnPath blue = instance(ONE, 100, BLUE).inclusiveMulticast();
        EvpnPath red = instance(ONE, 200, RED).inclusiveMulticast();
        one.originateEvpn(List.of(blue, red));
        atTwo.await("blue's", () -> atTwo.evpn.size() == 1);
        assertThat(received(two)).isEqualTo(1);
        atOne.await("End-of-RIB of all", () -> atOne.inSync.containsAll(CONSTRAINED));
        awaitReceived(reflector, 2);

        long before = counters(two).updatesReceived();
        two.importTargets(Set.of(BLUE, RED));
        atTwo.await("red's too", () -> atTwo.evpn.size() == 2);
        assertThat(received(two)).isEqualTo(2);
        assertThat(counters(two).updatesReceived())
                .as("red's route and its membership")
                .isBetween(before + 1, before + 2);

        two.importTargets(Set.of(RED));
        awaitReceived(two, 1);
        assertThat(two.bestEvpn().getFirst().path().route()).isEqualTo(red.route());
        one.withdrawEvpn(List.of(red.route()));
        awaitReceived(two, 0);
    }

    /// A node that wants nothing is told nothing, and its own routes go nowhere but to those who want them.
    @Test
    void whatNobodyWantsIsNotSaid() throws Exception {
        Speaker reflector = reflector(CONSTRAINED);
        Speaker one = speaker(ONE, CONSTRAINED, atOne);
        Speaker two = speaker(TWO, CONSTRAINED, atTwo);
        one.originateEvpn(List.of(instance(ONE, 100, BLUE).inclusiveMulticast()));
        one.originate(List.of(new OriginatedRoute(Prefix.parse("10.9.0.1/32"), IpAddress.parse(ONE), 100, List.of())));
        atTwo.await("its unicast route", () -> !atTwo.routes.isEmpty());
        assertThat(received(reflector)).isZero();
        two.importTargets(Set.of(BLUE));
        atTwo.await("its EVPN route", () -> atTwo.evpn.size() == 1);
    }

    /// One without the family is told everything, as before (RFC 4684 §6).
    @Test
    void aPeerWithoutMembershipsIsToldAll() throws Exception {
        reflector(CONSTRAINED);
        Speaker one = speaker(ONE, CONSTRAINED, atOne);
        Speaker two = speaker(TWO, EVPN, atTwo);
        one.importTargets(Set.of(BLUE, RED));
        one.originateEvpn(List.of(
                instance(ONE, 100, BLUE).inclusiveMulticast(),
                instance(ONE, 200, RED).inclusiveMulticast()));
        two.importTargets(Set.of(BLUE));
        atTwo.await("blue's", () -> atTwo.evpn.size() == 1);
        awaitReceived(two, 2);
    }

    /// What the reflector holds of memberships ends with the session that said them.
    @Test
    void membershipsGoWithTheirPeer() throws Exception {
        Speaker reflector = reflector(CONSTRAINED);
        Speaker one = speaker(ONE, CONSTRAINED, atOne);
        Speaker two = speaker(TWO, CONSTRAINED, atTwo);
        two.importTargets(Set.of(BLUE));
        one.originateEvpn(List.of(instance(ONE, 100, BLUE).inclusiveMulticast()));
        atTwo.await("blue's", () -> atTwo.evpn.size() == 1);
        assertThat(received(reflector)).isEqualTo(1);
        two.shutdown("gone");
        awaitReceived(reflector, 0);
    }

    /// Not within {@link Recorder#await}, whose lock the speaker's thread may want. RFC 4724 §4: what a node had
    /// announced stays at the others while it restarts, and what it does not say again goes with its End-of-RIB.
    @Test
    void routesOfANodeThatRestartsStay() throws Exception {
        Speaker reflector = reflector(EVPN);
        Speaker one = speaker(ONE, EVPN, new Recorder());
        speaker(TWO, EVPN, atTwo).importTargets(Set.of(BLUE));
        EvpnInstance blue = instance(ONE, 100, BLUE);
        EvpnPath mac = blue.macIp(MAC, null, Mobility.NONE);
        one.originateEvpn(List.of(blue.inclusiveMulticast(), mac));
        atTwo.await("both routes", () -> atTwo.evpn.size() == 2);

        one.close(); // without a word
        atTwo.await("the loss", () -> !isUp(reflector, ONE));
        assertThat(atTwo.evpn).hasSize(2);
        var again = new Speaker(config(ONE, EVPN), atOne);
        opened.add(again);
        again.start();
        again.originateEvpn(List.of(mac));
        atTwo.await("a session", () -> isUp(reflector, ONE));
        assertThat(atTwo.evpn).hasSize(2);
        again.initialRoutesOriginated();
        atTwo.await("what is said again", () -> atTwo.evpn.size() == 1);
        assertThat(atTwo.evpn.values()).extracting(EvpnPath::route).containsExactly(mac.route());
    }

    private static boolean isUp(Speaker speaker, String peer) {
        return speaker.status().peers().stream()
                .anyMatch(each ->
                        each.address().equals(IpAddress.parse(peer)) && each.state() == SessionState.ESTABLISHED);
    }

    private void awaitReceived(Speaker speaker, int routes) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (received(speaker) != routes) {
            assertThat(System.nanoTime())
                    .as("waited in vain for %s EVPN routes", routes)
                    .isLessThan(deadline);
            atOne.pause();
        }
    }

    private static int received(Speaker speaker) {
        return speaker.status().prefixes().getOrDefault(AddressFamily.L2VPN_EVPN, 0);
    }

    private static PeerStatus.Counters counters(Speaker speaker) {
        return speaker.status().peers().getFirst().counters();
    }

    private static EvpnInstance instance(String node, int vni, ExtendedCommunity target) {
        return new EvpnInstance(
                RouteDistinguisher.of(Ipv4Address.parse(node), vni),
                new Vni(vni),
                List.of(target),
                IpAddress.parse(node));
    }

    private Speaker reflector(Set<AddressFamily> families) throws IOException {
        var clients = new java.util.ArrayList<PeerConfig>();
        for (String client : List.of(ONE, TWO)) {
            clients.add(
                    new PeerConfig(IpAddress.parse(client), PORT, null, ScriptedPeer.AS, families, null, 180, 60, true)
                            .with(PeerOptions.DEFAULT.ofClient()));
        }
        return started(new Speaker(
                new SpeakerConfig(
                        ScriptedPeer.AS,
                        identifier(REFLECTOR),
                        List.of(IpAddress.parse(REFLECTOR)),
                        PORT,
                        clients,
                        false,
                        Duration.ofSeconds(30),
                        List.of(),
                        identifier(REFLECTOR)),
                new Recorder()));
    }

    private Speaker speaker(String address, Set<AddressFamily> families, Recorder recorder) throws IOException {
        return started(new Speaker(config(address, families), recorder));
    }

    private static SpeakerConfig config(String address, Set<AddressFamily> families) {
        IpAddress own = IpAddress.parse(address);
        var toReflector =
                new PeerConfig(IpAddress.parse(REFLECTOR), PORT, own, ScriptedPeer.AS, families, null, 180, 60, false);
        return new SpeakerConfig(
                ScriptedPeer.AS,
                identifier(address),
                List.of(),
                PORT,
                List.of(toReflector),
                true,
                Duration.ofSeconds(30));
    }

    private Speaker started(Speaker speaker) throws IOException {
        opened.add(speaker);
        speaker.start();
        speaker.initialRoutesOriginated();
        return speaker;
    }

    private static BgpIdentifier identifier(String address) {
        return new BgpIdentifier(Ipv4Address.parse(address).value());
    }
}
