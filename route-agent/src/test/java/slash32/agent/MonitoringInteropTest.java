package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.Loaded;
import slash32.agent.config.ReflectorConfig;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// An agent and a reflector as they are configured, watched by pmacct's BMP collector, their MRT files read by bgpdump.
@InNetns
@Tag("interop")
class MonitoringInteropTest {
    private static final String REFLECTOR = "10.0.0.1";
    private static final String AGENT = "10.0.0.11";
    private static final String STATION = "10.0.0.9";
    private static final String HOST = "10.9.0.1/32";

    @TempDir
    Path folder;

    private @Nullable Process pmbmpd;
    private @Nullable RouteReflector reflector;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void addresses() {
        Requirement.program("pmbmpd", "pmacct");
        Requirement.program("bgpdump", "bgpdump");
        for (String address : List.of(REFLECTOR, AGENT, STATION)) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (agent != null) {
            agent.close();
        }
        if (reflector != null) {
            reflector.close();
        }
        if (pmbmpd != null) {
            pmbmpd.destroyForcibly().waitFor();
        }
    }

    @Test
    void aCollectorAndBgpdumpReadWhatBothSay() throws Exception {
        Path log = startCollector();
        reflector = new RouteReflector(reflectorConfig(), "1.0");
        reflector.start();
        agent = new RouteAgent(agentConfig(), "1.0");
        agent.start();
        for (String router : List.of("hv1", "rr1")) {
            await(router, () -> logged(log, "\"bmp_init_info_sysname\": \"" + router + "\""));
        }
        for (String peer : List.of(REFLECTOR, AGENT)) {
            await(peer + " up", () -> logged(log, "\"peer_up\"", "\"peer_ip\": \"" + peer + "\""));
        }
        await("what the agent announced", () -> logged(log, "route_monitor", HOST, "\"is_out\": 1"));
        await("what the reflector heard", () -> logged(log, "route_monitor", HOST, "\"is_post\": 1", "\"is_in\": 1"));
        await("what it has", () -> logged(log, "route_monitor", HOST, "\"is_loc\": 1"));
        await("its table", () -> dumped("rr1", "rib.").anyMatch(line -> line.startsWith("TABLE_DUMP2|") && fits(line)));
        agent.close();
        reflector.close();
        assertThat(dumped("rr1", "updates.")).anyMatch(line -> line.contains("|A|" + AGENT + "|65000|" + HOST));
        assertThat(dumped("hv1", "updates.")).anyMatch(line -> line.contains("|STATE|" + REFLECTOR + "|65000|5|6"));
        assertThat(Files.readString(folder.resolve("pmbmpd.out"))).doesNotContain("malformed", "WARN");
        agent = null;
        reflector = null;
    }

    private static boolean fits(String line) {
        return line.contains("|" + AGENT + "|65000|" + HOST);
    }

    private Path startCollector() throws IOException {
        Path log = folder.resolve("log.json");
        Path config = Files.writeString(
                folder.resolve("pmbmpd.conf"),
                "daemonize: false\nbmp_daemon_ip: %s\nbmp_daemon_port: 11019\nbmp_daemon_msglog_file: %s\n"
                                .formatted(STATION, log)
                        + "bmp_daemon_msglog_output: json\n");
        pmbmpd = new ProcessBuilder("pmbmpd", "-f", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("pmbmpd.out").toFile())
                .start();
        return log;
    }

    /// What both have in common.
    private String watched(String name) {
        return """
                asn: 65000
                api: {socket: %1$s/%2$s.sock}
                bmp: [{address: %3$s, port: 11019, ribs: [pre-policy, post-policy, adj-rib-out, loc-rib]}]
                mrt: {directory: %1$s/%2$s, tables: 1s, updates: 600s}
                """.formatted(folder, name, STATION);
    }

    private ReflectorConfig reflectorConfig() {
        return accepted(ConfigFile.parseReflector(watched("rr1") + """
                name: rr1
                routerId: 10.0.0.1
                listen: ["10.0.0.1:179"]
                peerRanges: [{prefix: 10.0.0.0/24, families: [ipv4-unicast, l2vpn-evpn]}]
                settleTime: 1s
                """));
    }

    private AgentConfig agentConfig() throws IOException {
        Path script = Files.writeString(
                folder.resolve("script"),
                "#!/bin/sh\necho 'announce route " + HOST + " next-hop self'\nread -r forever\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return accepted(ConfigFile.parse(watched("hv1") + """
                node: hv1
                site: {id: 1}
                underlay: {address: 10.0.0.11}
                peers: [{address: 10.0.0.1, families: [ipv4-unicast, l2vpn-evpn]}]
                processes: [{name: helper, run: %1$s/script, allowedPrefixes: [10.9.0.0/24]}]
                metrics: {listen: "127.0.0.1:9932"}
                stateDirectory: %1$s/state
                """.formatted(folder)));
    }

    private static <T> T accepted(Loaded<T> loaded) {
        if (loaded instanceof Loaded.Accepted<T>(T config)) {
            return config;
        }
        throw new AssertionError(loaded);
    }

    /// True if a line of the collector's has all of these.
    private static boolean logged(Path log, String... parts) {
        try (Stream<String> lines = Files.exists(log) ? Files.lines(log) : Stream.empty()) {
            return lines.anyMatch(line -> Stream.of(parts).allMatch(line::contains));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Lines of bgpdump for the whole files of a kind.
    private Stream<String> dumped(String name, String kind) {
        try (Stream<Path> files = Files.list(folder.resolve(name))) {
            return files
                    .filter(file -> file.getFileName().toString().startsWith(kind)
                            && file.toString().endsWith(".mrt"))
                    .toList()
                    .stream()
                    .flatMap(file -> Command.tryRun("bgpdump", "-m", file.toString())
                            .output()
                            .lines());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(
                what,
                condition,
                () -> Command.run("cat", folder.resolve("log.json").toString()));
    }
}
