package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.session.SessionOptions;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.Bird;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;
import slash32.testkit.Requirement;

/// Our reflector on 10.0.0.1 between BIRD, FRR and GoBGP as its clients, each on an address of its own in one
/// namespace.
@InNetns
@Tag("interop")
class ClientsInteropTest {
    private static final String REFLECTOR = "10.0.0.1";
    private static final String GOBGP = "10.0.0.21";
    private static final String FRR = "10.0.0.22";
    private static final String BIRD = "10.0.0.23";

    @TempDir
    Path folder;

    @RegisterExtension
    final Programs programs = new Programs();

    private final Recorder recorder = new Recorder();
    private @Nullable Speaker reflector;
    private @Nullable Bird bird;

    @BeforeEach
    void start() throws IOException {
        Requirement.program("gobgpd", "gobgpd");
        Requirement.program("vtysh", "frr");
        for (String address : List.of(REFLECTOR, GOBGP, FRR, BIRD)) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        reflector = new Speaker(
                new SpeakerConfig(
                        ScriptedPeer.AS,
                        identifier(REFLECTOR),
                        List.of(IpAddress.parse(REFLECTOR)),
                        179,
                        List.of(),
                        false,
                        Duration.ofSeconds(1),
                        List.of(new PeerRange(Prefix.parse("10.0.0.0/24"), client(), 10)),
                        identifier(REFLECTOR)),
                recorder);
        reflector.start();
        reflector.initialRoutesOriginated();
        startGobgp();
        startFrr();
        startBird();
    }

    @AfterEach
    void stop() {
        if (reflector != null) {
            reflector.close();
        }
    }

    @Test
    void eachHasTheRoutesOfTheOthersAndKnowsFromWhom() throws Exception {
        Command.run("gobgp", "global", "rib", "add", "10.9.0.21/32", "nexthop", GOBGP, "-a", "ipv4");
        await("all at BIRD", () -> bird(), has("10.9.0.21/32", "10.9.0.22/32", "10.9.0.23/32"));
        assertThat(bird())
                .contains("BGP.originator_id: " + GOBGP, "BGP.originator_id: " + FRR, "BGP.cluster_list: " + REFLECTOR);
        await("all at FRR", () -> vtysh("show bgp ipv4 unicast"), has("10.9.0.21/32", "10.9.0.22/32", "10.9.0.23/32"));
        assertThat(vtysh("show bgp ipv4 unicast 10.9.0.23/32"))
                .contains("Originator: " + BIRD, "Cluster list: " + REFLECTOR);
        await("all at GoBGP", () -> gobgp("ipv4"), has("10.9.0.21/32", "10.9.0.22/32", "10.9.0.23/32"));
        Command.run("gobgp", "global", "rib", "del", "10.9.0.21/32", "-a", "ipv4");
        await("the withdrawal at BIRD", () -> bird(), table -> !table.contains("10.9.0.21/32"));
        await("the withdrawal at FRR", () -> vtysh("show bgp ipv4 unicast"), table -> !table.contains("10.9.0.21/32"));
        recorder.await("our own view", () -> recorder.routes.size() == 3);
    }

    /// BIRD takes more than one path (RFC 7911), FRR too; GoBGP does not, and is told the best.
    @Test
    void thoseWhoTakeThemHaveAllPaths() throws Exception {
        gobgp50("add");
        await("both at BIRD", () -> bird("10.9.0.50/32"), text -> paths(text, GOBGP) == 1 && paths(text, FRR) == 1);
        assertThat(ask("show", "protocols", "all", "reflector")).contains("ADD-PATH");
        await("the other's at FRR", () -> vtysh("show bgp ipv4 unicast 10.9.0.50/32"), has("2 available", GOBGP));
        await("the best at GoBGP", () -> gobgp("ipv4"), has("10.9.0.50/32"));

        gobgp50("del");
        await("one at BIRD", () -> bird("10.9.0.50/32"), text -> paths(text, GOBGP) == 0 && paths(text, FRR) == 1);
        await("its own at FRR", () -> vtysh("show bgp ipv4 unicast 10.9.0.50/32"), has("1 available"));
        gobgp50("add");
        await("both again", () -> bird("10.9.0.50/32"), text -> paths(text, GOBGP) == 1 && paths(text, FRR) == 1);
    }

    private static void gobgp50(String verb) {
        Command.run("gobgp", "global", "rib", verb, "10.9.0.50/32", "nexthop", GOBGP, "-a", "ipv4");
    }

    private String bird(String prefix) {
        return ask("show", "route", prefix, "all");
    }

    private static int paths(String routes, String originator) {
        return routes.split(Pattern.quote("BGP.originator_id: " + originator), -1).length - 1;
    }

    /// Types 2, 3 and 5 from GoBGP to FRR, type 5 back, a MAC that gets another label, and what goes.
    @Test
    void evpnPassesBetweenFrrAndGobgp() throws Exception {
        evpn("add", "macadv", "aa:bb:cc:00:00:01", "10.5.0.1", "etag", "0", "label", "100", "rd", "65000:100");
        evpn("add", "macadv", "aa:bb:cc:00:00:02", "0.0.0.0", "etag", "0", "label", "100", "rd", "65000:100");
        evpn("add", "multicast", GOBGP, "etag", "0", "rd", "65000:100");
        evpn("add", "prefix", "10.5.0.0/24", "etag", "0", "label", "200", "rd", "65000:200");
        await(
                "all at FRR",
                () -> vtysh("show bgp l2vpn evpn route"),
                has(
                        "[2]:[0]:[48]:[aa:bb:cc:00:00:01]:[32]:[10.5.0.1]",
                        "[2]:[0]:[48]:[aa:bb:cc:00:00:02]",
                        "[3]:[0]:[32]:[" + GOBGP + "]",
                        "[5]:[0]:[24]:[10.5.0.0]",
                        "RT:65000:100"));
        await("FRR's at GoBGP", () -> gobgp("evpn"), has("10.6.0.0/24", FRR));
        Speaker ours = Objects.requireNonNull(reflector);
        assertThat(ours.status().prefixes()).containsEntry(AddressFamily.L2VPN_EVPN, 5);

        evpn("add", "macadv", "aa:bb:cc:00:00:01", "10.5.0.1", "etag", "0", "label", "101", "rd", "65000:100");
        await("the other label at FRR", () -> vtysh("show bgp l2vpn evpn route detail"), has("101"));
        assertThat(ours.status().prefixes()).containsEntry(AddressFamily.L2VPN_EVPN, 5);

        evpn("del", "macadv", "aa:bb:cc:00:00:02", "0.0.0.0", "etag", "0", "label", "100", "rd", "65000:100");
        evpn("del", "multicast", GOBGP, "etag", "0", "rd", "65000:100");
        await(
                "the withdrawals at FRR",
                () -> vtysh("show bgp l2vpn evpn route"),
                table -> !table.contains("[3]:[0]") && !table.contains("aa:bb:cc:00:00:02"));
        vtysh("clear bgp l2vpn evpn " + REFLECTOR + " soft in");
        await("a refresh", () -> vtysh("show bgp l2vpn evpn route"), has("aa:bb:cc:00:00:01", "10.5.0.0"));
    }

    private static void evpn(String... words) {
        var command = new ArrayList<>(List.of("gobgp", "global", "rib", "-a", "evpn"));
        command.addAll(List.of(words));
        command.addAll(List.of("rt", "65000:100", "encap", "vxlan"));
        Command.run(command.toArray(String[]::new));
    }

    private static PeerConfig client() {
        var families = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST, AddressFamily.L2VPN_EVPN);
        var allPaths =
                PeerOptions.DEFAULT.with(SessionOptions.DEFAULT.withAddPathSend(Set.of(AddressFamily.IPV4_UNICAST)));
        return new PeerConfig(IpAddress.parse("10.0.0.0"), 179, null, new Asn(65000), families, null, 9, 60, true)
                .with(allPaths.ofClient());
    }

    private static Predicate<String> has(String... words) {
        return text -> List.of(words).stream().allMatch(text::contains);
    }

    private void await(String what, Supplier<String> page, Predicate<String> condition) {
        Eventually.holds(
                what,
                () -> condition.test(page.get()),
                () -> page.get() + "\npeers " + recorder.peers + "\n" + programs.log());
    }

    private String bird() {
        return ask("show", "route", "all");
    }

    private String ask(String... words) {
        return Objects.requireNonNull(bird).ask(words);
    }

    private String vtysh(String command) {
        return Command.tryRun("vtysh", "--vty_socket", folder.toString(), "-c", command)
                .output();
    }

    private static String gobgp(String family) {
        return Command.tryRun("gobgp", "global", "rib", "-a", family).output();
    }

    private void startGobgp() throws IOException {
        var config = new StringBuilder("""
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
                """);
        for (String family : List.of("ipv4-unicast", "ipv6-unicast", "l2vpn-evpn")) {
            config.append("""
                      [[neighbors.afi-safis]]
                        [neighbors.afi-safis.config]
                          afi-safi-name = "%s"
                    """.formatted(family));
        }
        Path file = Files.writeString(folder.resolve("gobgp.toml"), config);
        programs.start("gobgpd", "-f", file.toString(), "--api-hosts", "127.0.0.1:50051");
        await("GoBGP's API", () -> gobgp("ipv4"), text -> !text.contains("deadline exceeded"));
    }

    private void startFrr() throws IOException {
        Path file = Files.writeString(folder.resolve("bgpd.conf"), """
                log stdout
                router bgp 65000
                 bgp router-id 10.0.0.22
                 no bgp network import-check
                 neighbor 10.0.0.1 remote-as 65000
                 neighbor 10.0.0.1 update-source 10.0.0.22
                 neighbor 10.0.0.1 timers connect 1
                 address-family ipv4 unicast
                  network 10.9.0.22/32
                  network 10.9.0.50/32
                 exit-address-family
                 address-family l2vpn evpn
                  neighbor 10.0.0.1 activate
                  network 10.6.0.0/24 rd 65000:300 ethtag 0 label 300 esi 00:00:00:00:00:00:00:00:00:00 gwip 10.0.0.22 routermac aa:bb:cc:00:00:22
                 exit-address-family
                """);
        programs.start(
                "/usr/lib/frr/bgpd",
                "-S",
                "-Z",
                "-f",
                file.toString(),
                "-i",
                folder.resolve("bgpd.pid").toString(),
                "--vty_socket",
                folder.toString(),
                "-l",
                FRR,
                "-p",
                "1179",
                "-P",
                "0");
    }

    private void startBird() throws IOException {
        bird = Bird.start(programs, folder, "bird", """
                router id 10.0.0.23;
                protocol device {}
                protocol static { ipv4; route 10.9.0.23/32 blackhole; }
                protocol bgp reflector {
                  local 10.0.0.23 port 1780 as 65000; neighbor 10.0.0.1 as 65000; connect retry time 1; error wait time 1, 2;
                  ipv4 { import all; export where source = RTS_STATIC; add paths rx; };
                }
                """);
    }

    private static BgpIdentifier identifier(String address) {
        return new BgpIdentifier(Ipv4Address.parse(address).value());
    }
}
