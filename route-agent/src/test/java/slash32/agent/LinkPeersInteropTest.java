package slash32.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.dataplane.fib.KernelPaths;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// The agent and a router on one cable that has nothing but link-local addresses: IPv4 and IPv6 routes both ways with
/// IPv6 next hops (RFC 8950), and packets over them.
@InNetns
@Tag("interop")
class LinkPeersInteropTest {
    private static final String ROUTER = "s32aglnk" + ProcessHandle.current().pid();
    private static final String NODE = "10.0.0.11";
    private static final String NODE6 = "2001:db8::11";
    private static final String GUEST = "10.9.1.1";
    private static final String GUEST6 = "2001:db8:9::1";
    private static final Pattern LINK_LOCAL = Pattern.compile("inet6 (fe80:[0-9a-f:]+)/64");

    private static final String BY_INTERFACE = """
            {interface: near, asn: 65001, holdTime: 9s, import: [{then: accept}], export: [{then: accept}]}""";

    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();
    private @Nullable RouteAgent agent;

    @BeforeEach
    void nodes() {
        Command.run("ip", "netns", "add", ROUTER);
        here("ip", "addr", "add", NODE + "/32", "dev", "lo", "nodad");
        here("ip", "addr", "add", NODE6 + "/128", "dev", "lo", "nodad");
        there("ip", "addr", "add", GUEST + "/32", "dev", "lo", "nodad");
        there("ip", "addr", "add", GUEST6 + "/128", "dev", "lo", "nodad");
        for (String variable : List.of("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")) {
            here("sysctl", "-qw", variable); // a router takes no default route from an advertisement
            there("sysctl", "-qw", variable);
        }
        here("ip", "link", "set", "lo", "up");
        there("ip", "link", "set", "lo", "up");
        cable();
    }

    private static void cable() {
        here("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", ROUTER);
        there("ip", "link", "set", "far", "addrgenmode", "eui64", "up");
        here("ip", "link", "set", "near", "addrgenmode", "eui64", "up");
        await("addresses", () -> !near().isEmpty() && !far().isEmpty());
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
        processes.forEach(Process::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
        Command.run("ip", "netns", "del", ROUTER);
    }

    @Test
    void aBirdAtALinkLocalAddress() throws Exception {
        Requirement.program("bird", "bird2");
        Path file = Files.writeString(folder.resolve("bird.conf"), """
                router id 10.0.0.1;
                protocol device { scan time 1; }
                protocol direct { ipv4; ipv6; interface "lo"; }
                protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
                protocol kernel { ipv6 { import none; export where source = RTS_BGP; }; }
                protocol bgp {
                  local %s as 65000; neighbor %s as 65000; interface "far"; direct;
                  error wait time 1, 2; connect retry time 1;
                  ipv4 { import all; export all; extended next hop on; next hop self; };
                  ipv6 { import all; export all; next hop self; };
                }
                """.formatted(far(), near()));
        String control = folder.resolve("bird.ctl").toString();
        router("bird", "-f", "-c", file.toString(), "-s", control);
        start("{address: \"%s\", interface: near, holdTime: 9s}".formatted(far()));
        packetsCross();
        assertThat(there("birdc", "-s", control, "show", "protocols", "all"))
                .contains("Extended next hop", "IPv6 nexthop: ipv4");
        await("peer's state", () -> page("/v1/peers").contains("\"address\":\"" + far() + "\",\"interface\":\"near\""));
    }

    @Test
    void aFrrThatKnowsUsByTheInterfaceAlone() throws Exception {
        startFrr();
        start(BY_INTERFACE);
        packetsCross();
        assertThat(show("neighbors far"))
                .contains("external link", "Extended nexthop: advertised and received", "IPv4 Unicast");

        theAgentStartsAnew();
        theInterfaceGoesDownAndUp();
        theInterfaceIsAnother();
        theRouterHasAnotherAddress();
    }

    /// While it is away and looks for its peer, and when it has found it, the kernel forwards.
    private void theAgentStartsAnew() throws IOException {
        Process echo = new ProcessBuilder("ping", "-i", "0.02", "-I", NODE, GUEST).start();
        Objects.requireNonNull(agent).close();
        start(BY_INTERFACE);
        await("sync", () -> page("/v1/status").contains("\"inSync\":true"));
        packetsCross();
        Command.run("kill", "-INT", String.valueOf(echo.pid()));
        assertThat(new String(echo.getInputStream().readAllBytes(), UTF_8)).contains(" 0% packet loss");
    }

    private void theInterfaceGoesDownAndUp() {
        here("ip", "link", "set", "near", "down");
        await("a peer that is gone", () -> page("/v1/peers").contains("near is down"));
        await("no route", () -> KernelPaths.of(GUEST).isEmpty());
        here("ip", "link", "set", "near", "up");
        packetsCross();
    }

    private void theInterfaceIsAnother() {
        here("ip", "link", "del", "near");
        await("a peer that is gone", () -> page("/v1/peers").contains("there is no near"));
        cable();
        packetsCross();
    }

    private void theRouterHasAnotherAddress() {
        String before = far();
        there("ip", "addr", "add", "fe80::5/64", "dev", "far", "nodad");
        there("ip", "addr", "del", before + "/64", "dev", "far");
        await("the other address", () -> KernelPaths.of(GUEST).contains("via fe80::5 "));
        packetsCross();
    }

    private void startFrr() throws IOException {
        Requirement.program("vtysh", "frr");
        Command.run("chown", "frr:frr", folder.toString()); // which they become
        Files.writeString(folder.resolve("zebra.conf"), "log stdout\n");
        Files.writeString(folder.resolve("bgpd.conf"), """
                log stdout
                router bgp 65001
                 bgp router-id 10.0.0.1
                 no bgp default ipv4-unicast
                 no bgp ebgp-requires-policy
                 neighbor far interface remote-as external
                 neighbor far timers 3 9
                 neighbor far timers connect 1
                 address-family ipv4 unicast
                  network 10.9.1.1/32
                  neighbor far activate
                 exit-address-family
                 address-family ipv6 unicast
                  network 2001:db8:9::1/128
                  neighbor far activate
                 exit-address-family
                """);
        frr("zebra");
        await("zebra", () -> Files.exists(folder.resolve("zserv")));
        frr("bgpd", "-p", "179");
    }

    private void frr(String daemon, String... more) throws IOException {
        var words = Stream.of(
                "/usr/lib/frr/" + daemon,
                "-f",
                folder.resolve(daemon + ".conf").toString(),
                "-i",
                folder.resolve(daemon + ".pid").toString(),
                "-z",
                folder.resolve("zserv").toString(),
                "--vty_socket",
                folder.toString(),
                "-P",
                "0");
        router(Stream.concat(words, Stream.of(more)).toArray(String[]::new));
    }

    private String show(String what) {
        return there("vtysh", "--vty_socket", folder.toString(), "-c", "show bgp " + what);
    }

    /// By the link-local gateways that BGP told, in all four directions.
    private void packetsCross() {
        await(
                "routes",
                () -> KernelPaths.of(GUEST).contains("via fe80:")
                        && KernelPaths.of(GUEST6).contains("via fe80:"));
        assertThat(here("ip", "route", "get", GUEST)).contains("via inet6 fe80:", "dev near");
        await("their route", () -> there("ip", "route", "show", NODE).contains("via inet6 fe80:"));
        await(
                "their IPv6 route",
                () -> there("ip", "-6", "route", "show", NODE6).contains("via fe80:"));
        await("an answer", () -> answers(NODE, GUEST) && answers(NODE6, GUEST6));
    }

    private static boolean answers(String from, String to) {
        return Command.tryRun("ping", "-c", "1", "-W", "1", "-I", from, to).exitCode() == 0;
    }

    private void router(String... words) throws IOException {
        processes.add(new ProcessBuilder(inRouter(words))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("router.log").toFile()))
                .start());
    }

    private void start(String peer) throws IOException {
        agent = Agents.start("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11, address6: "2001:db8::11"}
                peers: [%1$s]
                api: {socket: %2$s/agent.sock}
                stateDirectory: %2$s/state
                """.formatted(peer, folder));
    }

    private static String routes() {
        return here("ip", "nexthop") + here("ip", "route") + here("ip", "-6", "route");
    }

    private static String here(String... words) {
        return Command.run(words);
    }

    private static String there(String... words) {
        return Command.run(inRouter(words));
    }

    private static String[] inRouter(String... words) {
        return Stream.concat(Stream.of("ip", "netns", "exec", ROUTER), Stream.of(words))
                .toArray(String[]::new);
    }

    private static String near() {
        return linkLocal(here("ip", "addr", "show", "dev", "near", "-tentative"));
    }

    private static String far() {
        return linkLocal(there("ip", "addr", "show", "dev", "far", "-tentative"));
    }

    private static String linkLocal(String addresses) {
        Matcher address = LINK_LOCAL.matcher(addresses);
        return address.find() ? address.group(1) : "";
    }

    private String page(String path) {
        return Agents.get(folder.resolve("agent.sock"), path);
    }

    private static void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, () -> "here " + routes() + "; there " + there("ip", "route"));
    }
}
