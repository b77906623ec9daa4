package slash32.bgp.bfd.udp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import slash32.bgp.bfd.BfdState;
import slash32.bgp.bfd.BfdTerms;
import slash32.net.IpAddress;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// Our loop at one end of a cable and BIRD's or FRR's at the other, each in a namespace of its own.
@InNetns
@Tag("interop")
class BfdInteropTest {
    private static final String OTHER = "s32bfd" + ProcessHandle.current().pid();
    /// Patient enough for a busy machine: a second.
    private static final BfdTerms FAST = new BfdTerms(Duration.ofMillis(50), 20);

    @TempDir
    Path folder;

    private enum Ends {
        V4("10.0.0.1", "10.0.0.2"),
        V6("2001:db8::1", "2001:db8::2");

        final String near;
        final String far;

        Ends(String near, String far) {
            this.near = near;
            this.far = far;
        }
    }

    private final List<Process> started = new ArrayList<>();
    private @Nullable RunningBfd ours;

    @BeforeEach
    void cable() {
        Command.run("ip", "netns", "add", OTHER);
        Command.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", OTHER);
        for (String address : List.of("10.0.0.1/24", "2001:db8::1/64")) {
            Command.run("ip", "addr", "add", address, "dev", "near", "nodad");
        }
        Command.run("ip", "link", "set", "near", "up");
        for (String address : List.of("10.0.0.2/24", "2001:db8::2/64")) {
            there("ip", "addr", "add", address, "dev", "far", "nodad");
        }
        there("ip", "link", "set", "lo", "up");
        there("ip", "link", "set", "far", "up");
    }

    @AfterEach
    void tearDown() {
        if (ours != null) {
            ours.close();
        }
        started.reversed().forEach(BfdInteropTest::kill);
        Command.run("ip", "netns", "del", OTHER);
    }

    @ParameterizedTest
    @EnumSource
    void birdOnTheLink(Ends ends) throws Exception {
        Process bird = startBird(ends, "dev \"far\"");
        RunningBfd bfd = comesUp(ends, false);
        isLostWhenStopped(bfd, bird);
    }

    @ParameterizedTest
    @EnumSource
    void birdSomewhereElse(Ends ends) throws Exception {
        Process bird = startBird(ends, "multihop on");
        RunningBfd bfd = comesUp(ends, true);
        isLostWhenStopped(bfd, bird);
    }

    @Test
    void birdTakesNewTermsAndOurLeave() throws Exception {
        Ends ends = Ends.V4;
        startBird(ends, "dev \"far\"");
        RunningBfd bfd = comesUp(ends, false);
        bfd.loop.configure(List.of(peer(ends, new BfdTerms(Duration.ofMillis(200), 10), false)));
        bfd.await("slower", () -> bfd.only().interval().toMillis() == 200);
        bfd.await("fewer", () -> bfd.only().detectionTime().toMillis() == 4_000);
        assertThat(birdc("show bfd sessions")).containsPattern("10\\.0\\.0\\.1 +far +Up .* 0\\.200 +2\\.000");
        bfd.close();
        eventually("BIRD hears that we leave", () -> birdc("show bfd sessions").contains("Down"));
        assertThat(bfd.lost).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void frrOnTheLink(Ends ends) throws Exception {
        Process bfdd = startFrr(ends, "");
        RunningBfd bfd = comesUp(ends, false);
        isLostWhenStopped(bfd, bfdd);
    }

    @Test
    void frrSomewhereElseAndShutDown() throws Exception {
        Ends ends = Ends.V4;
        startFrr(ends, " multihop");
        RunningBfd bfd = comesUp(ends, true);
        String shown = vtysh("show bfd peers");
        assertThat(shown).contains("Status: up").contains("Remote timers:").contains("Detect-multiplier: 20");
        vtysh("configure terminal", "bfd", "peer 10.0.0.1 multihop local-address 10.0.0.2", "shutdown");
        bfd.await("its AdminDown", () -> bfd.only().remoteState() == BfdState.ADMIN_DOWN);
        assertThat(bfd.state()).isEqualTo(BfdState.DOWN);
        assertThat(bfd.lost).as("told to stop is not lost").isEmpty();
        vtysh("configure terminal", "bfd", "peer 10.0.0.1 multihop local-address 10.0.0.2", "no shutdown");
        bfd.await("up again", () -> bfd.state() == BfdState.UP);
    }

    private RunningBfd comesUp(Ends ends, boolean multihop) throws IOException {
        var bfd = new RunningBfd(peer(ends, FAST, multihop));
        ours = bfd;
        bfd.await(
                "up at full speed",
                () -> bfd.state() == BfdState.UP
                        && bfd.only().interval().toMillis() == 50
                        && bfd.only().detectionTime().toMillis() == 1_000);
        return bfd;
    }

    private static void isLostWhenStopped(RunningBfd bfd, Process other) {
        long packets = bfd.only().counters().received();
        bfd.await("a second's packets", () -> bfd.only().counters().received() > packets + 20);
        assertThat(bfd.lost).isEmpty();
        Command.run("kill", "-STOP", String.valueOf(other.pid()));
        bfd.await("the loss", () -> !bfd.lost.isEmpty());
        assertThat(bfd.lost.getFirst()).contains("control detection time expired");
        Command.run("kill", "-CONT", String.valueOf(other.pid()));
        bfd.await("up again", () -> bfd.state() == BfdState.UP);
    }

    private static BfdPeer peer(Ends ends, BfdTerms terms, boolean multihop) {
        return BfdLoopTest.peer(IpAddress.parse(ends.near), IpAddress.parse(ends.far), terms, multihop);
    }

    private Process startBird(Ends ends, String how) throws IOException {
        Requirement.program("bird", "bird2");
        Path config = Files.writeString(folder.resolve("bird.conf"), """
                router id 10.0.0.2;
                protocol device {}
                protocol bfd {
                  interface "*" { interval 50 ms; multiplier 20; };
                  multihop { interval 50 ms; multiplier 20; };
                  neighbor %s %s local %s %s;
                }
                """.formatted(
                        ends.near, how.startsWith("dev") ? how : "", ends.far, how.startsWith("dev") ? "" : how));
        return start("bird", "-f", "-c", config.toString(), "-s", control());
    }

    private String control() {
        return folder.resolve("bird.ctl").toString();
    }

    private String birdc(String command) {
        return Command.tryRun("birdc", "-s", control(), command).output();
    }

    private Process startFrr(Ends ends, String how) throws IOException {
        Requirement.program("vtysh", "frr");
        Path config = Files.writeString(folder.resolve("bfdd.conf"), """
                bfd
                 peer %s%s local-address %s
                  detect-multiplier 20
                  receive-interval 50
                  transmit-interval 50
                """.formatted(ends.near, how, ends.far));
        Command.run("chown", "frr:frr", folder.toString()); // which they become
        start("/usr/lib/frr/zebra", frr("zebra", folder.resolve("zebra.conf")));
        eventually("zebra", () -> Files.exists(folder.resolve("zserv")));
        return start(
                "/usr/lib/frr/bfdd",
                Stream.concat(
                                Arrays.stream(frr("bfdd", config)),
                                Stream.of("--bfdctl", folder.resolve("bfdd.ctl").toString()))
                        .toArray(String[]::new));
    }

    private String[] frr(String name, Path config) {
        return new String[] {
            "-f", config.toString(),
            "-i", folder.resolve(name + ".pid").toString(),
            "-z", folder.resolve("zserv").toString(),
            "--vty_socket", folder.toString()
        };
    }

    private String vtysh(String... commands) {
        var words = new ArrayList<>(List.of("vtysh", "--vty_socket", folder.toString(), "-d", "bfdd"));
        Arrays.stream(commands).forEach(command -> words.addAll(List.of("-c", command)));
        return Command.run(words.toArray(String[]::new));
    }

    private static void there(String... words) {
        Command.run(elsewhere(words));
    }

    private static String[] elsewhere(String... words) {
        return Stream.concat(Stream.of("ip", "netns", "exec", OTHER), Arrays.stream(words))
                .toArray(String[]::new);
    }

    private Process start(String program, String... arguments) throws IOException {
        String[] words =
                Stream.concat(Stream.of(program), Arrays.stream(arguments)).toArray(String[]::new);
        Process process = new ProcessBuilder(elsewhere(words))
                .redirectErrorStream(true)
                .redirectOutput(
                        folder.resolve(Path.of(program).getFileName() + ".log").toFile())
                .start();
        started.add(process);
        return process;
    }

    private static void kill(Process process) {
        Command.tryRun("kill", "-CONT", String.valueOf(process.pid()));
        process.destroy();
        process.onExit().join();
    }

    private interface Condition {
        boolean holds();
    }

    private static void eventually(String what, Condition condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!condition.holds()) {
            assertThat(System.nanoTime()).as("waiting for " + what).isLessThan(deadline);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
    }
}
