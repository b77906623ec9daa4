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
import slash32.agent.config.ConfigFile;
import slash32.agent.config.Loaded;
import slash32.agent.config.ReflectorConfig;
import slash32.testkit.Bird;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;

/// A reflector and a BIRD of a range that it watches with BFD.
@InNetns
@Tag("interop")
class RangeBfdInteropTest {
    private static final String OTHER = "s32agrbf" + ProcessHandle.current().pid();
    private static final String BIRD = "10.0.0.23";

    @TempDir
    Path folder;

    @RegisterExtension
    final Programs programs = new Programs();

    private @Nullable Bird bird;
    private @Nullable RouteReflector reflector;

    @BeforeEach
    void cable() {
        Command.run("ip", "netns", "add", OTHER);
        Command.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", OTHER);
        Command.run("ip", "addr", "add", "10.0.0.1/24", "dev", "near");
        Command.run("ip", "link", "set", "near", "up");
        Command.run("ip", "-n", OTHER, "addr", "add", BIRD + "/24", "dev", "far");
        Command.run("ip", "-n", OTHER, "link", "set", "far", "up");
    }

    @AfterEach
    void stop() {
        if (reflector != null) {
            reflector.close();
        }
        Command.run("ip", "netns", "del", OTHER);
    }

    @Test
    void aPeerOfARangeIsWatchedWhileItsSessionIsUp() throws Exception {
        startBird();
        reflector = new RouteReflector(config("bfd: {interval: 50ms, multiplier: 20}"), "test");
        reflector.start();
        await("BFD", () -> peers().contains("\"bfd\":{\"state\":\"Up\"") && routes().contains("10.9.0.23/32"));

        reflector.reload(config("bfd: {interval: 60ms, multiplier: 20}"));
        await("other terms", () -> peers().contains("\"detectionSeconds\":1.2"));
        reflector.reload(config("max: 10"));
        await("none", () -> !peers().contains("bfd"));
        reflector.reload(config("bfd: {interval: 50ms, multiplier: 20}"));
        await("BFD again", () -> peers().contains("\"bfd\":{\"state\":\"Up\""));
        assertThat(peers()).contains("\"transitions\":1,");

        signalBird("-STOP");
        await("a peer that is gone, long before its hold time", () -> !peers().contains(BIRD));
        assertThat(routes()).doesNotContain("10.9.0.23/32");
        signalBird("-CONT");
        await("both again", () -> peers().contains("\"bfd\":{\"state\":\"Up\"") && routes().contains("10.9.0.23/32"));
    }

    private void startBird() throws IOException {
        bird = Bird.startIn(OTHER, programs, folder, """
                router id 10.0.0.23;
                protocol device {}
                protocol bfd { interface "*" { interval 50 ms; multiplier 20; }; }
                protocol static { ipv4; route 10.9.0.23/32 blackhole; }
                protocol bgp {
                  local 10.0.0.23 as 65000; neighbor 10.0.0.1 as 65000; direct; bfd on; graceful restart off;
                  hold time 240; error wait time 1, 2; connect retry time 1;
                  ipv4 { import all; export where source = RTS_STATIC; };
                }
                """);
    }

    private void signalBird(String signal) {
        Objects.requireNonNull(bird).signal(signal);
    }

    private ReflectorConfig config(String range) {
        Loaded<ReflectorConfig> loaded = ConfigFile.parseReflector("""
                name: rr1
                asn: 65000
                routerId: 10.0.0.1
                listen: ["10.0.0.1:179"]
                peerRanges: [{prefix: 10.0.0.0/24, holdTime: 240s, %s}]
                settleTime: 1s
                api: {socket: %s/reflector.sock}
                """.formatted(range, folder));
        return ((Loaded.Accepted<ReflectorConfig>) loaded).config();
    }

    private String peers() {
        return page("/v1/peers");
    }

    private String routes() {
        return page("/v1/routes");
    }

    private String page(String path) {
        return Agents.get(folder.resolve("reflector.sock"), path);
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, this::peers);
    }
}
