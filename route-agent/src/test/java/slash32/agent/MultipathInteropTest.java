package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.dataplane.fib.KernelPaths;
import slash32.testkit.Bird;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;

/// The agent with a BIRD that announces one guest behind two nodes (RFC 7911), each behind a cable of its own.
@InNetns
@Tag("interop")
class MultipathInteropTest {
    private static final String LEFT = "s32agmpl" + ProcessHandle.current().pid();
    private static final String RIGHT = "s32agmpr" + ProcessHandle.current().pid();
    private static final String GUEST = "10.9.1.1";

    @TempDir
    Path folder;

    @RegisterExtension
    final Programs programs = new Programs();

    private @Nullable Bird bird;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void fabric() {
        node(LEFT, "left", "10.0.0.11/24", "10.0.0.2/24");
        node(RIGHT, "right", "10.0.1.11/24", "10.0.1.3/24");
        Command.run("sysctl", "-qw", "net.ipv4.fib_multipath_hash_policy=1"); // by ports too
    }

    private static void node(String namespace, String cable, String near, String far) {
        Command.run("ip", "netns", "add", namespace);
        Command.run("ip", "link", "add", cable, "type", "veth", "peer", "name", "wire", "netns", namespace);
        Command.run("ip", "addr", "add", near, "dev", cable);
        Command.run("ip", "link", "set", cable, "up");
        Command.run("ip", "-n", namespace, "addr", "add", far, "dev", "wire");
        Command.run("ip", "-n", namespace, "addr", "add", GUEST + "/32", "dev", "lo");
        Command.run("ip", "-n", namespace, "link", "set", "wire", "up");
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
        Command.run("ip", "netns", "del", LEFT);
        Command.run("ip", "netns", "del", RIGHT);
    }

    @Test
    void packetsToAGuestGoByBothPathsAndByTheOneThatIsLeft() throws Exception {
        startBird();
        startAgent();
        await("both paths", () -> route().contains("via 10.0.0.2") && route().contains("via 10.0.1.3"));
        send();
        await("packets by both", () -> refused(LEFT) > 0 && refused(RIGHT) > 0);
        assertThat(refused(LEFT) + refused(RIGHT)).isEqualTo(64);

        Objects.requireNonNull(bird).ask("disable", "viaRight");
        await("one path", () -> route().contains("via 10.0.0.2") && !route().contains("via 10.0.1.3"));
        int before = refused(LEFT);
        int elsewhere = refused(RIGHT);
        send();
        await("all by the other", () -> refused(LEFT) == before + 64);
        assertThat(refused(RIGHT)).isEqualTo(elsewhere);
        await("no group", () -> !Command.run("ip", "nexthop").contains("group"));
    }

    private void startBird() throws Exception {
        bird = Bird.startIn(LEFT, programs, folder, """
                router id 10.0.0.2;
                protocol device {}
                protocol static nodes {
                  ipv4;
                  route 10.0.0.2/32 unreachable { bgp_large_community.add((65000, 1, 1)); bgp_next_hop = 10.0.0.2; };
                  route 10.0.1.3/32 unreachable { bgp_large_community.add((65000, 1, 1)); bgp_next_hop = 10.0.1.3; };
                }
                protocol static viaLeft { ipv4; route 10.9.1.1/32 unreachable { bgp_next_hop = 10.0.0.2; }; }
                protocol static viaRight { ipv4; route 10.9.1.1/32 unreachable { bgp_next_hop = 10.0.1.3; }; }
                protocol bgp {
                  local 10.0.0.2 as 65000; neighbor 10.0.0.11 as 65000; direct;
                  error wait time 1, 2; connect retry time 1;
                  ipv4 { import none; export all; add paths tx; };
                }
                """);
    }

    private void startAgent() throws Exception {
        agent = Agents.start("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                peers: [{address: 10.0.0.2, addPathReceive: [ipv4-unicast]}]
                bgp: {maximumPaths: 4}
                api: {socket: %1$s/agent.sock}
                stateDirectory: %1$s/state
                """.formatted(folder));
    }

    /// 64 datagrams to ports where nobody listens, each a flow of its own.
    private static void send() {
        Command.run("bash", "-c", "for port in {5001..5064}; do echo x > /dev/udp/" + GUEST + "/$port || exit 1; done");
    }

    /// Datagrams that the guest's kernel there has counted as to nobody.
    private static int refused(String namespace) {
        String counters = Command.run("ip", "netns", "exec", namespace, "cat", "/proc/net/snmp");
        return counters.lines()
                .filter(line -> line.startsWith("Udp: ") && Character.isDigit(line.charAt(5)))
                .mapToInt(line -> Integer.parseInt(line.split(" ", -1)[2]))
                .findFirst()
                .orElseThrow();
    }

    private static String route() {
        return KernelPaths.of(GUEST);
    }

    private static void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, () -> route() + Command.run("ip", "nexthop"));
    }
}
