package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.EvpnInstance;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute.InclusiveMulticastRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Vni;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;
import slash32.testkit.Requirement;

/// Memberships (RFC 4684) between our reflector and GoBGP, which is the one of our peers that has them: each tells the
/// other only what it wants.
@InNetns
@Tag("interop")
class RtConstrainInteropTest {
    private static final String REFLECTOR = "10.0.0.1";
    private static final String NODE = "10.0.0.11";
    private static final String GOBGP = "10.0.0.21";
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.L2VPN_EVPN, AddressFamily.RT_CONSTRAIN);
    private static final ExtendedCommunity BLUE = ExtendedCommunity.routeTarget(65000, 100);
    private static final ExtendedCommunity RED = ExtendedCommunity.routeTarget(65000, 200);

    @TempDir
    Path folder;

    @RegisterExtension
    final Opened opened = new Opened(REFLECTOR, NODE, GOBGP);

    @RegisterExtension
    final Programs programs = new Programs();

    private final Recorder atNode = new Recorder();

    @BeforeEach
    void start() throws IOException {
        Requirement.program("gobgpd", "gobgpd");
        Path file = Files.writeString(folder.resolve("gobgp.toml"), """
                [global.config]
                as = 65000
                router-id = "10.0.0.21"
                port = -1
                [[neighbors]]
                  [neighbors.config]
                    neighbor-address = "10.0.0.1"
                    peer-as = 65000
                  [neighbors.transport.config]
                    local-address = "10.0.0.21"
                  [neighbors.timers.config]
                    connect-retry = 1
                    idle-hold-time-after-reset = 1
                  [[neighbors.afi-safis]]
                    [neighbors.afi-safis.config]
                      afi-safi-name = "l2vpn-evpn"
                  [[neighbors.afi-safis]]
                    [neighbors.afi-safis.config]
                      afi-safi-name = "rtc"
                """);
        programs.start("gobgpd", "-f", file.toString(), "--api-hosts", "127.0.0.1:50051");
    }

    @Test
    void gobgpIsToldWhatItsVrfsWantAndTellsWhatWeWant() throws Exception {
        Speaker reflector = started(new Speaker(
                config(REFLECTOR, List.of(client(NODE), client(GOBGP)), new BgpIdentifier(0x0a00_0001)),
                new Recorder()));
        var toReflector = new PeerConfig(
                IpAddress.parse(REFLECTOR),
                179,
                IpAddress.parse(NODE),
                ScriptedPeer.AS,
                FAMILIES,
                null,
                180,
                60,
                false);
        Speaker node = started(new Speaker(config(NODE, List.of(toReflector), null), atNode));
        EvpnPath blue = instance(100, BLUE).inclusiveMulticast();
        EvpnPath red = instance(200, RED).inclusiveMulticast();
        node.importTargets(Set.of(BLUE));
        node.originateEvpn(List.of(blue, red));
        await("the session", () -> reflector.status().peers().stream().allMatch(peer -> peer.terms() != null));

        vrf("blue", "100");
        await("blue's route at GoBGP", () -> gobgp().contains("10.0.0.11:100"));
        assertThat(gobgp()).doesNotContain("10.0.0.11:200");
        vrf("red", "200");
        await("red's too", () -> gobgp().contains("10.0.0.11:200"));
        Command.run("gobgp", "vrf", "del", "blue");
        await("blue's no longer", () -> !gobgp().contains("10.0.0.11:100"));

        announce("100");
        announce("200");
        await("GoBGP's, which we want", () -> types(node).contains("10.0.0.21:100"));
        assertThat(types(node)).doesNotContain("10.0.0.21:200");
        node.importTargets(Set.of(BLUE, RED));
        await("the other", () -> types(node).contains("10.0.0.21:200"));
    }

    private static void vrf(String name, String number) {
        Command.run("gobgp", "vrf", "add", name, "rd", "10.0.0.21:" + number, "rt", "both", "65000:" + number);
    }

    private static void announce(String number) {
        String route = "multicast 10.0.0.21 etag 0 rd 10.0.0.21:%1$s rt 65000:%1$s encap vxlan".formatted(number);
        Command.run(("gobgp global rib -a evpn add " + route).split(" "));
    }

    private static String gobgp() {
        return Command.tryRun("gobgp", "global", "rib", "-a", "evpn").output();
    }

    /// The distinguishers of the type 3 routes that the node holds.
    private static List<String> types(Speaker node) {
        return node.bestEvpn().stream()
                .map(best -> best.path().route())
                .filter(InclusiveMulticastRoute.class::isInstance)
                .map(InclusiveMulticastRoute.class::cast)
                .map(route -> route.distinguisher().toString())
                .toList();
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, () -> gobgp() + programs.log());
    }

    private static EvpnInstance instance(int vni, ExtendedCommunity target) {
        return new EvpnInstance(
                RouteDistinguisher.of(Ipv4Address.parse(NODE), vni),
                new Vni(vni),
                List.of(target),
                IpAddress.parse(NODE));
    }

    private static PeerConfig client(String address) {
        return new PeerConfig(IpAddress.parse(address), 179, null, ScriptedPeer.AS, FAMILIES, null, 180, 60, true)
                .with(PeerOptions.DEFAULT.ofClient());
    }

    private static SpeakerConfig config(String address, List<PeerConfig> peers, @Nullable BgpIdentifier cluster) {
        return new SpeakerConfig(
                ScriptedPeer.AS,
                new BgpIdentifier(Ipv4Address.parse(address).value()),
                List.of(IpAddress.parse(address)),
                179,
                peers,
                false,
                Duration.ofSeconds(2),
                List.of(),
                cluster);
    }

    private Speaker started(Speaker speaker) throws IOException {
        opened.add(speaker);
        speaker.start();
        speaker.initialRoutesOriginated();
        return speaker;
    }
}
