package slash32.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.SynchronousQueue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.agent.Golden;
import slash32.agent.Samples;
import slash32.agent.StatusSamples;
import slash32.agent.api.Api;
import slash32.agent.api.MemoryControl;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigSchema;
import slash32.agent.config.ConfigWatcher;
import slash32.agent.config.ReflectorConfig;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.Event;
import slash32.agent.status.RouteView;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.PacketSummary;

/// The command line as its user sees it: text and exit codes.
class Slash32Test {
    private static final Path GOLDEN = Path.of("src/test/resources/slash32/agent/cli");
    private static final String CONFIG = """
            node: hv1
            site: {id: 1}
            asn: 65000
            underlay: {address: 10.0.0.11}
            """;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final MemoryControl control = new MemoryControl();
    private final Path folder;

    Slash32Test(@TempDir Path folder) {
        this.folder = folder;
    }

    private int run(String... arguments) {
        return run(
                (config, version) -> {
                    throw new AssertionError("no agent wanted");
                },
                arguments);
    }

    private int run(RunningAgent.Factory<AgentConfig> agents, String... arguments) {
        RunningAgent.Factory<ReflectorConfig> none = (_, _) -> {
            throw new AssertionError("no reflector wanted");
        };
        return Slash32.run(
                new Slash32.Roles(agents, none), new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private int ask(String... arguments) throws IOException {
        Path socket = folder.resolve("agent.sock");
        var words = new ArrayList<>(List.of(arguments));
        words.addAll(List.of("--socket", socket.toString()));
        try (var server = new HttpServer(Limits.DEFAULT)) {
            server.listen(socket, new Api(control, InstantSource.fixed(MemoryControl.START.plusSeconds(90))));
            return run(words.toArray(String[]::new));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "help,--help",
        "help-agent,agent --help",
        "help-routes,routes --help",
        "help-events,events --help",
        "help-config,config --help"
    })
    void theHelpIsAsWritten(String name, String arguments) throws IOException {
        assertThat(run(arguments.split(" "))).isZero();
        assertThat(err.toString()).isEmpty();
        Golden.check(GOLDEN.resolve(name + ".txt"), out.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "stauts", "status extra", "status --jsno", "agent --config", "config", "routes a b"})
    void wrongUsageExitsWithTwo(String arguments) {
        assertThat(run(arguments.isEmpty() ? new String[0] : arguments.split(" ")))
                .isEqualTo(2);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isNotEmpty();
    }

    @Test
    void aMisspelledCommandIsGuessed() {
        run("stauts");
        assertThat(err.toString()).contains("Unmatched argument", "Did you mean: slash32 status");
    }

    @Test
    void pagesOfTheAgentAreShown() throws IOException {
        control.putEndpoint(Samples.endpoint(1));
        control.putGroup(Samples.group(100));
        control.routes(StatusSamples.routes());
        control.reach(Samples.endpoint(1).id(), MemoryControl.holds(ConditionKind.RULES_ENFORCED));
        control.drops()
                .append(revision -> new Event.PacketDropped(
                        revision,
                        MemoryControl.START,
                        Samples.endpoint(1).id(),
                        Samples.endpoint(1).device(),
                        Samples.endpoint(1).mac(),
                        new Drop(DropReason.SPOOFED, Direction.EGRESS),
                        PacketSummary.of(0, Bytes.fromHex("45000028 00000000 4006 0000 0a000063 0a090001 0fa00016"))));
        for (String page : List.of(
                "status",
                "status --memory",
                "peers",
                "routes",
                "endpoints",
                "endpoints vm-1",
                "groups",
                "events",
                "drops",
                "drops --endpoint vm-2")) {
            out.append("$ slash32 ").append(page).append('\n');
            assertThat(ask(page.split(" "))).isZero();
        }
        for (String page : List.of("status", "peers", "routes", "endpoints", "groups", "events", "drops")) {
            out.append("$ slash32 ").append(page).append(" --json\n");
            assertThat(ask(page, "--json")).isZero();
        }
        assertThat(err.toString()).isEmpty();
        Golden.check(GOLDEN.resolve("pages.txt"), out.toString());
    }

    @Test
    void explainSaysWhatDecides() throws IOException {
        control.putEndpoint(Samples.endpoint(1));
        control.routes(StatusSamples.routes());
        String to = Samples.endpoint(1).addresses().getFirst().address().toString();
        List<String> question = List.of("explain", "--from", "10.2.0.1", "--to", to, "--proto");
        for (String packet : List.of("tcp --port 22", "icmp --type 8", "47")) {
            out.append("$ slash32 explain --proto ").append(packet).append('\n');
            assertThat(ask(words(question, packet))).isZero();
        }
        out.append("$ slash32 explain to another site\n");
        assertThat(ask("explain", "--from", "fd00:9::1", "--to", "fd00:2::1", "--proto", "tcp", "--port", "22"))
                .isZero();
        out.append("$ slash32 explain BGP over the admin network\n");
        String[] admin = {"explain", "--from", "10.99.0.12", "--to", "10.99.0.11", "--proto", "tcp", "--port", "179"};
        assertThat(ask(admin)).isZero();
        assertThat(ask(words(List.of(admin), "--json"))).isZero();
        out.append("$ slash32 explain in a segment\n");
        for (int last = 1; last <= 5; last++) {
            assertThat(ask("explain", "--from", "192.0.2.9", "--to", "192.0.2." + last, "--proto", "icmp"))
                    .isZero();
        }
        assertThat(ask(words(question, "tcp --port 22 --json"))).isZero();
        control.routes(List.of(crossing("10.3.0.1", "10.0.2.13"), crossing("10.3.0.2", "10.0.2.14")));
        for (String node : List.of("10.3.0.1", "10.3.0.2")) {
            out.append("$ slash32 explain by the overlay to ").append(node).append('\n');
            String[] crossing = {"explain", "--from", "10.9.9.9", "--to", node, "--proto", "47"};
            assertThat(ask(crossing)).isZero();
            assertThat(ask(words(List.of(crossing), "--json"))).isZero();
        }
        for (int last : new int[] {3, 5}) {
            assertThat(ask("explain", "--from", "192.0.2.9", "--to", "192.0.2." + last, "--proto", "icmp", "--json"))
                    .isZero();
        }
        Golden.check(GOLDEN.resolve("explain.txt"), out.toString());
        assertThat(err.toString()).isEmpty();
        for (String packet : List.of("tcp", "tcp --port 0", "icmp --port 22", "tcp --port 22 --code 0", "300")) {
            assertThat(ask(words(question, packet))).isEqualTo(1);
        }
        assertThat(ask("explain", "--from", "fd00::1", "--to", to, "--proto", "47"))
                .isEqualTo(1);
        assertThat(err.toString()).isEqualTo("""
                        slash32: port: is missing
                        slash32: port: must be 1 to 65535, was 0
                        slash32: port: is not of this protocol
                        slash32: icmpCode: is not of this protocol
                        slash32: protocol: must be a name or 0 to 255, was 300
                        slash32: to: must be of the family of from, fd00::1, was %s
                        """.formatted(to));
    }

    private static RouteView crossing(String guest, String node) {
        return new RouteView(
                Prefix.parse(guest + "/32"),
                new RouteView.Path.Remote(IpAddress.parse(node), IpAddress.parse("10.0.0.1")),
                100,
                List.of(),
                RouteView.Fib.INSTALLED);
    }

    private static String[] words(List<String> first, String rest) {
        return Stream.concat(first.stream(), Stream.of(rest.split(" "))).toArray(String[]::new);
    }

    @Test
    void routesAreFoundByPrefix() throws IOException {
        control.routes(StatusSamples.routes());
        assertThat(ask("routes", "10.2.0.0/16")).isZero();
        assertThat(out.toString()).contains("10.2.0.1/32").doesNotContain("10.1.0.1/32", "fd00");
    }

    @Test
    void whatTheAgentRefusesIsSaidAndExitsWithOne() throws IOException {
        assertThat(ask("routes", "10.2.0.1/16")).isEqualTo(1);
        assertThat(ask("endpoints", "vm-9")).isEqualTo(1);
        assertThat(ask("groups", "web")).isEqualTo(1);
        assertThat(out.toString()).isEmpty();
        assertThat(err.toString()).isEqualTo("""
                        slash32: prefix: 10.2.0.1/16 has bits set past its length; the prefix is 10.2.0.0/16
                        slash32: there is no endpoint vm-9
                        slash32: id: must be 1 to 4294967295, was 'web'
                        """);
    }

    @Test
    void noAgentIsSaidAndExitsWithOne() {
        Path nobody = folder.resolve("nobody.sock");
        assertThat(run("status", "--socket", nobody.toString())).isEqualTo(1);
        assertThat(err.toString()).startsWith("slash32: no agent answers on " + nobody + ": ");
    }

    @Test
    void theSchemaIsWritten() throws IOException {
        assertThat(run("config", "schema")).isZero();
        assertThat(out.toString()).isEqualTo(ConfigSchema.AGENT.text());
        assertThat(new ObjectMapper().readTree(out.toString()).get("properties").has("underlay"))
                .isTrue();
    }

    @Test
    void completionIsAScript() {
        assertThat(run("completion")).isZero();
        assertThat(out.toString()).startsWith("#!/usr/bin/env bash").contains("endpoints", "--follow", "--config");
    }

    @Test
    void aConfigurationIsCheckedWithoutAnAgent() throws IOException {
        Path good = Files.writeString(folder.resolve("good.yaml"), CONFIG);
        assertThat(run("agent", "--check", "--config", good.toString())).isZero();
        assertThat(out.toString()).isEqualTo(good + ": fine\n");

        Path bad = Files.writeString(folder.resolve("bad.yaml"), CONFIG + "peer: []\nasn: 1\n");
        assertThat(run("agent", "--check", "--config", bad.toString())).isEqualTo(1);
        assertThat(run("agent", "--config", bad.toString())).isEqualTo(1);
        assertThat(err.toString()
                        .lines()
                        .filter(line -> line.startsWith(bad + ":5:1: peer: unknown key, did you mean")))
                .hasSize(2);
        assertThat(err.toString()).contains(bad + ":6:1: asn: is there twice");
    }

    @Test
    void aMissingFileOrPasswordIsSaid() throws IOException {
        assertThat(run(
                        "agent",
                        "--check",
                        "--config",
                        folder.resolve("none.yaml").toString()))
                .isEqualTo(1);
        Path key = Files.writeString(folder.resolve("rr1.key"), "\n");
        Path config = Files.writeString(
                folder.resolve("agent.yaml"), CONFIG + "peers: [{address: 10.0.0.1, passwordFile: " + key + "}]\n");
        assertThat(run("agent", "--check", "--config", config.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("none.yaml", "rr1.key: a password must have 1 to 80 bytes, this one has 0");
    }

    @Test
    void aKeyThatTheKernelDoesNotTakeIsSaid() throws IOException {
        Path key = Files.writeString(folder.resolve("rr1.key"), "secret\n");
        Path config = Files.writeString(
                folder.resolve("agent.yaml"), CONFIG + "peers: [{address: 10.0.0.1, tcpAo: {keyFile: " + key + "}}]\n");
        if (run("agent", "--check", "--config", config.toString()) != 0) { // one with CONFIG_TCP_AO takes it
            assertThat(err.toString())
                    .contains("peer 10.0.0.1: tcpAo: this kernel has no TCP-AO with hmac-sha-1-96")
                    .hasLineCount(1);
        }
    }

    @Test
    void anAgentThatCannotStartExitsWithOne() throws IOException {
        Path config = Files.writeString(folder.resolve("agent.yaml"), CONFIG);
        RunningAgent.Factory<AgentConfig> failing = (_, _) -> {
            throw new IOException("listen on /run/x.sock: another process does already");
        };
        assertThat(run(failing, "agent", "--config", config.toString())).isEqualTo(1);
        assertThat(err.toString())
                .contains(
                        "starting the agent: java.io.IOException: listen on /run/x.sock: another process does already");
    }

    @Test
    void aChangedFileIsHandedOnAndABadOneIsNot() throws Exception {
        Path file = Files.writeString(folder.resolve("agent.yaml"), CONFIG);
        var events = new SynchronousQueue<String>();
        var agent = new RunningAgent<AgentConfig>() {
            @Override
            public void start() throws IOException {
                tell(events, "started");
            }

            @Override
            public List<String> reload(AgentConfig config) {
                tell(events, "reloaded " + config.node());
                return List.of();
            }

            @Override
            public void reloadRefused() {
                tell(events, "refused");
            }

            @Override
            public void close() {}
        };
        var program = Thread.ofPlatform().start(() -> run((_, _) -> agent, "agent", "--config", file.toString()));
        assertThat(events.take()).isEqualTo("started");
        replace(file, CONFIG.replace("hv1", "hv2"));
        assertThat(events.take()).isEqualTo("reloaded hv2");
        replace(file, CONFIG.replace("asn: 65000", "asn: none"));
        assertThat(events.take()).isEqualTo("refused");
        replace(file, CONFIG.replace("hv1", "hv3"));
        assertThat(events.take()).isEqualTo("reloaded hv3");
        program.interrupt();
        program.join();
    }

    private static void replace(Path file, String text) throws IOException {
        Path fresh = Files.writeString(file.resolveSibling("fresh.yaml"), text);
        Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void tell(SynchronousQueue<String> events, String event) {
        try {
            events.put(event);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aPokeIsAChange() throws Exception {
        Path file = Files.writeString(folder.resolve("agent.yaml"), CONFIG);
        var watcher = new ConfigWatcher(file, Duration.ofDays(1));
        watcher.poke();
        watcher.await();
    }

    @Test
    void anAuthorityOfFilesIssuesRenewsAndRevokes() throws IOException {
        String ca = folder.resolve("ca").toString();
        String node = folder.resolve("hv1").toString();
        assertThat(run("pki", "init", ca, "--name", "lab")).as("%s", err).isZero();
        assertThat(run("pki", "issue", ca, "hv1", "--address", "10.0.0.11", "--address", "2001:db8::11", "--out", node))
                .as("%s", err)
                .isZero();
        String first = Files.readString(folder.resolve("hv1/node.pem"));
        assertThat(run("pki", "renew", ca, "hv1", "--out", node, "--days", "5")).isZero();
        assertThat(Files.readString(folder.resolve("hv1/node.pem"))).isNotEqualTo(first);
        assertThat(run("pki", "revoke", ca, "hv1")).isZero();
        assertThat(folder.resolve("ca/revoked.pem")).content().startsWith("-----BEGIN X509 CRL-----");
        assertThat(out.toString()).contains("authority lab in " + ca, "certificate of hv1 in " + node + " until ");
        assertThat(run("pki", "init", ca)).isEqualTo(1);
        assertThat(err.toString()).contains("an authority is there already");
        assertThat(run("pki", "issue", ca, "hv1", "--address", "10.0.0", "--out", node))
                .isEqualTo(2);
        assertThat(err.toString()).contains("no address: 10.0.0");
    }
}
