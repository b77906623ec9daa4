package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
import slash32.agent.config.AgentConfig;
import slash32.testkit.Bird;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;

/// The agent with a BIRD at the other end of a cable that announces a node and a guest, over BGP and BFD.
@InNetns
@Tag("interop")
class BfdInteropTest {
    private static final String OTHER = "s32agbfd" + ProcessHandle.current().pid();

    @TempDir
    Path folder;

    @RegisterExtension
    final Programs programs = new Programs();

    private @Nullable Bird bird;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void fabric() {
        Command.run("ip", "netns", "add", OTHER);
        Command.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", OTHER);
        Command.run("ip", "addr", "add", "10.0.0.11/24", "dev", "near");
        Command.run("ip", "link", "set", "near", "up");
        Command.run("ip", "netns", "exec", OTHER, "ip", "addr", "add", "10.0.0.1/24", "dev", "far");
        Command.run("ip", "netns", "exec", OTHER, "ip", "link", "set", "far", "up");
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(agent).close();
        Command.run("ip", "netns", "del", OTHER);
    }

    @Test
    void aStoppedPeersRoutesLeaveTheKernelLongBeforeItsHoldTimer() throws Exception {
        start("off", "{interval: 50ms, multiplier: 20}");
        await("the route", () -> kernelRoute().contains("nhid"));
        await(
                "BFD",
                () -> peers().contains("\"bfd\":{\"state\":\"Up\"") && peers().contains("\"detectionSeconds\":1.0"));
        signalBird("-STOP");
        await("the route to go", () -> kernelRoute().isEmpty());
        assertThat(peers()).contains("\"reason\":\"control detection time expired\"", "\"lost\":1");
        signalBird("-CONT");
        await("the route again", () -> kernelRoute().contains("nhid"));
    }

    @Test
    void routesOfAPeerThatMayBeRestartingStayUnlessTheyAreNotToBeKept() throws Exception {
        start("on", "{interval: 50ms, multiplier: 20}");
        await("the route", () -> kernelRoute().contains("nhid"));
        await("BFD", () -> peers().contains("\"detectionSeconds\":1.0"));
        signalBird("-STOP");
        await("the loss", () -> peers().contains("\"lost\":1") && !peers().contains("Established"));
        assertThat(kernelRoute()).contains("nhid");
        signalBird("-CONT");
        await(
                "both again",
                () -> peers().contains("\"state\":\"Established\"") && peers().contains("{\"state\":\"Up\""));
        Objects.requireNonNull(agent).reload(config("{interval: 60ms, multiplier: 20, keepRoutes: false}"));
        await("other terms, without an end", () -> peers().contains("\"detectionSeconds\":1.2"));
        assertThat(peers()).contains("\"state\":\"Established\"");
        signalBird("-STOP");
        await("the route to go", () -> kernelRoute().isEmpty());
    }

    private void start(String gracefulRestart, String bfd) throws IOException {
        bird = Bird.startIn(OTHER, programs, folder, """
                router id 10.0.0.1;
                protocol device {}
                protocol bfd { interface "*" { interval 50 ms; multiplier 20; }; }
                protocol static {
                  ipv4;
                  route 10.0.0.12/32 unreachable { bgp_large_community.add((65000, 1, 1)); bgp_next_hop = 10.0.0.12; };
                  route 10.9.1.1/32 unreachable { bgp_next_hop = 10.0.0.12; };
                }
                protocol bgp {
                  local 10.0.0.1 as 65000; neighbor 10.0.0.11 as 65000; direct; bfd on; graceful restart %s;
                  error wait time 1, 2; connect retry time 1;
                  ipv4 { import none; export all; };
                }
                """.formatted(gracefulRestart));
        agent = new RouteAgent(config(bfd), "test");
        agent.start();
    }

    private AgentConfig config(String bfd) {
        return Agents.config("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                peers: [{address: 10.0.0.1, bfd: %s}]
                api: {socket: %s/agent.sock}
                stateDirectory: %s/state
                """.formatted(bfd, folder, folder));
    }

    private void signalBird(String signal) {
        Objects.requireNonNull(bird).signal(signal);
    }

    private static String kernelRoute() {
        return Command.run("ip", "route", "show", "10.9.1.1");
    }

    private String peers() {
        return Agents.get(folder.resolve("agent.sock"), "/v1/peers").replaceAll("\\s*([:,{])\\s*", "$1");
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, this::peers);
    }
}
