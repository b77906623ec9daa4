package slash32.overlay.probe.icmp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.Ipv4Address;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.probe.PathProbes;
import slash32.overlay.probe.PathState;
import slash32.overlay.probe.PathStatus;
import slash32.overlay.probe.ProbedPath;
import slash32.overlay.probe.ProbedPath.Kind;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;

/// A node, a router that loses large packets and says nothing, and a node behind it that has nothing of ours.
@InNetns
class ProbeLoopKernelTest {
    private static final long PID = ProcessHandle.current().pid();
    private static final String ROUTER = "s32hole" + PID;
    private static final String FAR = "s32far" + PID;
    private static final Ipv4Address HERE = Ipv4Address.parse("10.0.1.1");
    private static final Ipv4Address THERE = Ipv4Address.parse("10.0.2.1");
    private static final PathProbes.Terms TERMS =
            new PathProbes.Terms(Duration.ofMillis(500), Duration.ofMillis(200), 3, 100);

    private final List<PathStatus> told = new ArrayList<>();

    @BeforeEach
    void cables() {
        Command.run("ip", "netns", "add", ROUTER);
        Command.run("ip", "netns", "add", FAR);
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "r0", "netns", ROUTER);
        in(ROUTER, "ip", "link", "add", "r1", "type", "veth", "peer", "name", "up0", "netns", FAR);
        Command.run("ip", "link", "set", "lo", "up");
        Command.run("ip", "link", "set", "up0", "up");
        Command.run("ip", "addr", "add", HERE + "/24", "dev", "up0");
        Command.run("ip", "route", "add", "10.0.2.0/24", "via", "10.0.1.254");
        in(ROUTER, "sysctl", "-qw", "net.ipv4.ip_forward=1");
        in(ROUTER, "ip", "link", "set", "r0", "up");
        in(ROUTER, "ip", "link", "set", "r1", "up");
        in(ROUTER, "ip", "addr", "add", "10.0.1.254/24", "dev", "r0");
        in(ROUTER, "ip", "addr", "add", "10.0.2.254/24", "dev", "r1");
        in(FAR, "ip", "link", "set", "up0", "up");
        in(FAR, "ip", "addr", "add", THERE + "/24", "dev", "up0");
        in(FAR, "ip", "route", "add", "default", "via", "10.0.2.254");
    }

    @AfterEach
    void away() {
        Command.run("ip", "netns", "del", FAR);
        Command.run("ip", "netns", "del", ROUTER);
    }

    private static String in(String netns, String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", netns));
        all.addAll(List.of(words));
        return Command.run(all.toArray(String[]::new));
    }

    /// Runs {@code steps} while a loop does, in this thread's namespace.
    private void with(Steps steps) throws Exception {
        var loop = ProbeLoop.open(TERMS, new Random(1), told::add);
        var run = new FutureTask<>((Callable<Boolean>) () -> {
            loop.run();
            return true;
        });
        Thread thread = Thread.ofPlatform().name("path-probe").start(run); // inherits the namespace
        try {
            steps.with(loop);
        } finally {
            loop.close();
            thread.join();
        }
        assertThat(run.get()).isTrue();
    }

    private interface Steps {
        void with(ProbeLoop loop) throws Exception;
    }

    private static PathStatus status(ProbeLoop loop) {
        try {
            return loop.status().getFirst();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void becomes(ProbeLoop loop, PathState state) {
        Eventually.holds(
                state.label(),
                () -> status(loop).state() == state,
                () -> status(loop).toString());
    }

    @Test
    void aRouterThatLosesLargePacketsIsABlackHoleAndOneThatIsGoneIsNot() throws Exception {
        var path = new ProbedPath(Kind.VXLAN, HERE, THERE);
        with(loop -> {
            loop.watchPlain(Map.of(path, 1_500));
            becomes(loop, PathState.OPEN);
            in(ROUTER, "nft", "add table inet hole; add chain inet hole f { type filter hook forward priority 0; }");
            in(ROUTER, "nft", "add rule inet hole f meta length > 1400 drop");
            becomes(loop, PathState.NARROW);
            Eventually.holds(
                    "the size",
                    () -> status(loop).fitsBytes() > 0,
                    () -> status(loop).toString());
            assertThat(status(loop).fitsBytes()).isBetween(1_392, 1_400);
            in(ROUTER, "nft", "flush ruleset");
            becomes(loop, PathState.OPEN);
            in(ROUTER, "ip", "link", "set", "r1", "down");
            becomes(loop, PathState.UNREACHABLE);
            in(ROUTER, "ip", "link", "set", "r1", "up");
            becomes(loop, PathState.OPEN);
            Command.run("ip", "link", "set", "up0", "mtu", "1400"); // this host's own link: the kernel refuses
            becomes(loop, PathState.NARROW);
            assertThat(loop.echoes().get("refused")).isPositive();
            loop.watchPlain(Map.of());
            assertThat(loop.status()).isEmpty();
        });
        assertThat(told)
                .extracting(PathStatus::state)
                .containsSubsequence(
                        PathState.OPEN,
                        PathState.NARROW,
                        PathState.OPEN,
                        PathState.UNREACHABLE,
                        PathState.OPEN,
                        PathState.NARROW);
    }

    @Test
    void anEncryptedPathIsAskedAboutInsideAndWhatIsOnlyEchoesIsCounted() throws Exception {
        in(ROUTER, "ip", "link", "add", "br0", "type", "bridge"); // no router is between the ends of a tunnel
        in(ROUTER, "ip", "link", "set", "br0", "up");
        in(ROUTER, "ip", "link", "set", "r0", "master", "br0");
        in(ROUTER, "ip", "link", "set", "r1", "master", "br0");
        Command.run("ip", "addr", "add", DataPath.gateway6(HERE) + "/64", "dev", "up0", "nodad");
        in(FAR, "ip", "addr", "add", DataPath.gateway6(THERE) + "/64", "dev", "up0", "nodad");
        with(loop -> {
            loop.watchEncrypted(HERE, List.of(new ProbeLoop.Encrypted(THERE, index("up0"))), 1_438);
            becomes(loop, PathState.OPEN);
            long before = loop.echoesWith(THERE);
            assertThat(before).as("of each round two there and two back").isGreaterThanOrEqualTo(4);
            in(FAR, "ping", "-6", "-c", "3", "-i", "0.2", "-W", "2", DataPath.gateway6(HERE) + "%up0");
            Eventually.holds(
                    "what the far end asked",
                    () -> loop.echoesWith(THERE) >= before + 6,
                    () -> Long.toString(loop.echoesWith(THERE)));
            in(FAR, "nft", "add table inet hole; add chain inet hole i { type filter hook input priority 0; }");
            in(FAR, "nft", "add rule inet hole i icmpv6 type echo-request meta length > 1300 drop");
            becomes(loop, PathState.NARROW);
            Eventually.holds(
                    "the size",
                    () -> status(loop).fitsBytes() > 0,
                    () -> status(loop).toString());
            assertThat(status(loop).fitsBytes()).isBetween(1_292, 1_300);
            loop.watchEncrypted(HERE, List.of(), 1_438);
            assertThat(loop.status()).isEmpty();
            assertThat(loop.echoesWith(THERE)).isZero();
        });
    }

    private static InterfaceIndex index(String name) throws IOException {
        String line = Command.run("ip", "-o", "link", "show", "dev", name);
        return new InterfaceIndex(Integer.parseInt(line.substring(0, line.indexOf(':'))));
    }
}
