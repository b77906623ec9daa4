package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.config.AgentConfig;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// The same helper process under the real ExaBGP, 10.0.0.12, and under our agent, 10.0.0.11: a BIRD that both are
/// peers of sees the same routes from both.
@InNetns
@Tag("interop")
class HelperInteropTest {
    private static final String OTHER = "s32aghlp" + ProcessHandle.current().pid();

    @TempDir
    Path folder;

    private @Nullable Process bird;
    private @Nullable Process exabgp;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void fabric() throws IOException {
        Requirement.program("bird", "bird2");
        Requirement.program("exabgp", "exabgp");
        Command.run("ip", "netns", "add", OTHER);
        Command.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", OTHER);
        Command.run("ip", "addr", "add", "10.0.0.11/24", "dev", "near");
        Command.run("ip", "addr", "add", "10.0.0.12/24", "dev", "near");
        Command.run("ip", "link", "set", "near", "up");
        Command.run("ip", "netns", "exec", OTHER, "ip", "addr", "add", "10.0.0.1/24", "dev", "far");
        Command.run("ip", "netns", "exec", OTHER, "ip", "link", "set", "far", "up");
        Path file = Files.writeString(folder.resolve("bird.conf"), """
                router id 10.0.0.1;
                ipv4 table ours4; ipv4 table theirs4; ipv6 table ours6; ipv6 table theirs6;
                protocol device {}
                protocol static { ipv4 { table ours4; }; route 10.8.0.0/24 unreachable; }
                protocol static { ipv4 { table theirs4; }; route 10.8.0.0/24 unreachable; }
                template bgp any {
                  local 10.0.0.1 as 65000; multihop; rr client; error wait time 1, 2; connect retry time 1;
                }
                protocol bgp ours from any {
                  neighbor 10.0.0.11 as 65000;
                  ipv4 { table ours4; import all; export where source = RTS_STATIC; }; ipv6 { table ours6; import all; export none; };
                }
                protocol bgp theirs from any {
                  neighbor 10.0.0.12 as 65000;
                  ipv4 { table theirs4; import all; export where source = RTS_STATIC; }; ipv6 { table theirs6; import all; export none; };
                }
                """);
        bird = new ProcessBuilder("ip", "netns", "exec", OTHER, "bird", "-f", "-c", file.toString(), "-s", control())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("bird.log").toFile())
                .start();
    }

    private String control() {
        return folder.resolve("bird.ctl").toString();
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (agent != null) {
            agent.close();
        }
        end(exabgp);
        end(bird);
        Command.run("ip", "netns", "del", OTHER);
    }

    private static void end(@Nullable Process process) throws InterruptedException {
        if (process != null) {
            List<ProcessHandle> children = process.descendants().toList();
            children.forEach(ProcessHandle::destroy);
            process.destroy();
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    /// Debian's exabgp-healthcheck, as it is installed.
    @Test
    void theHealthCheckOfExabgpAnnouncesAndWithdraws() throws Exception {
        Requirement.program("exabgp-healthcheck", "exabgp");
        Path alive = Files.createFile(folder.resolve("alive"));
        start("/usr/bin/exabgp-healthcheck --cmd '/usr/bin/test -e " + alive
                + "' --ip 10.9.0.1/32 --ip 10.9.0.2/32 --no-ip-setup --interval 1 --fast-interval 0.2 --rise 1 --fall 1"
                + " --withdraw-on-down --no-syslog --up-metric 50 --community 65000:9 --large-community 65000:2:7");
        await("both", () -> routes("ours").size() == 2 && routes("theirs").size() == 2);
        assertThat(routes("ours")).isEqualTo(routes("theirs"));
        assertThat(routes("ours").getFirst()).contains("BGP.med: 50", "(65000,9)", "(65000, 2, 7)");
        Files.delete(alive);
        await("none", () -> routes("ours").isEmpty() && routes("theirs").isEmpty());
        Files.createFile(alive);
        await("both again", () -> routes("ours").size() == 2 && routes("theirs").size() == 2);
        assertThat(routes("ours")).isEqualTo(routes("theirs"));
    }

    /// A script that waits for its events, and then for the answer to each command.
    @Test
    void aScriptHearsTheSessionAndSaysAllKindsOfRoutes() throws Exception {
        Path script = Files.writeString(folder.resolve("script"), """
                #!/bin/sh
                heard() { echo "$1" >> "$0-events.$PPID"; }
                say() {
                  echo "$1"
                  while read -r answer; do
                    case "$answer" in done|error) break;; *) heard "$answer";; esac
                  done
                  echo "$answer" >> "$0.$PPID"
                }
                while read -r line; do
                  heard "$line"
                  case "$line" in
                  *'"state": "up"'*)
                    say 'announce route 10.9.0.1/32 next-hop self'
                    say 'announce route 10.9.0.2/32 next-hop self med 7 local-preference 300 community [ 65000:9 no-export ]'
                    say 'announce route 10.9.0.3/32 next-hop 10.0.0.77 as-path [ 65010 65011 ] origin incomplete'
                    say 'announce route 10.9.1.0/24 next-hop self large-community [ 65000:2:7 4200000000:1:2 ] split /26'
                    say 'announce attributes next-hop self extended-community [ target:65000:5 ] nlri 10.9.2.1/32 10.9.2.2/32'
                    say 'announce route 2001:db8:9::1/128 next-hop 2001:db8::77 originator-id 10.0.0.5 cluster-list [ 10.0.0.6 ]'
                    say 'announce route 10.9.0.4/32 next-hop self aggregator ( 65000:10.0.0.9 ) atomic-aggregate'
                    say 'announce route 10.9.0.5/32 next-hop self attribute [ 0x99 0xc0 0x0102 ]'
                    say 'withdraw route 10.9.0.1/32'
                    say 'announce route 10.9.0.6/32 nexthop self'
                    say 'announce route 10.9.0.9/32 next-hop self'
                    ;;
                  esac
                done
                """);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        start(script.toString());
        await(
                "the last",
                () -> routes("ours").toString().contains("10.9.0.9/32")
                        && routes("theirs").toString().contains("10.9.0.9/32"));
        await("the same", () -> routes("ours").equals(routes("theirs")));
        assertThat(routes("ours")).hasSize(12).noneMatch(route -> route.startsWith("10.9.0.1/32"));
        assertThat(written("script.")).hasSize(2).containsOnly("done\n".repeat(9) + "error\ndone\n");
        await(
                "the route of BIRD's, told to both",
                () -> written("script-events.").stream()
                                .filter(events -> events.contains("10.8.0.0/24"))
                                .count()
                        == 2);
        for (String session : List.of("ours", "theirs")) {
            Command.run("birdc", "-s", control(), "reload", "in", session);
        }
        await(
                "BIRD's request",
                () -> written("script-events.").stream()
                                .filter(events -> events.contains("\"type\": \"refresh\""))
                                .count()
                        == 2);
        List<List<String>> told = written("script-events.").stream()
                .map(HelperInteropTest::events)
                .toList();
        assertThat(told.getFirst()).isEqualTo(told.getLast()).hasSize(5);
    }

    private List<String> written(String name) {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().startsWith(name))
                    .map(HelperInteropTest::read)
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /// The session's beginning, the route that BIRD announces and its request for ours, without who tells it, when,
    /// and to whom.
    private static List<String> events(String lines) {
        return lines.lines()
                .filter(line -> !line.contains("\"type\": \"update\"") || line.contains("10.8.0.0/24"))
                .filter(line -> !line.contains("\"state\": \"down\"")) // ExaBGP ends its session at the first request,
                .filter(line -> !line.contains("ipv6")) // so it does not hear of the second
                .map(line -> line.replaceFirst("\"time\": .*\"counter\": \\d+, ", "")
                        .replaceAll("10\\.0\\.0\\.1[12]\\b", "SELF")
                        .replace("\"\"", "\"")) // of a refresh, where ExaBGP's JSON can't be read
                .sorted()
                .distinct()
                .toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void start(String run) throws IOException {
        Path config = Files.writeString(folder.resolve("exabgp.conf"), """
                process helper { run %s; encoder json; }
                neighbor 10.0.0.1 {
                  router-id 10.0.0.12; local-address 10.0.0.12; local-as 65000; peer-as 65000;
                  family { ipv4 unicast; ipv6 unicast; }
                  capability { route-refresh enable; }
                  api { processes [ helper ]; neighbor-changes; receive { parsed; update; keepalive; refresh; } }
                }
                """.formatted(run));
        exabgp = new ProcessBuilder(
                        "env",
                        "exabgp.daemon.user=root",
                        "exabgp.log.destination=stdout",
                        "exabgp.log.level=INFO",
                        "exabgp",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("exabgp.log").toFile())
                .start();
        agent = new RouteAgent(config(run), "test");
        agent.start();
    }

    private AgentConfig config(String run) {
        boolean script = !run.contains("healthcheck");
        return Agents.config("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                peers: [{address: 10.0.0.1}]
                processes:
                  - name: helper
                    run: "%s"
                    receive: [%s]
                    allowedPrefixes: [10.9.0.0/16, "2001:db8:9::/48"]
                api: {socket: %s/agent.sock}
                metrics: {listen: "127.0.0.1:9932"}
                stateDirectory: %s/state
                """.formatted(run, script ? "state, update, keepalive, refresh" : "", folder, folder));
    }

    /// What BIRD has of a neighbour in our test's prefixes, one line a route, without what differs from session to
    /// session: the neighbour's own address, and times.
    private List<String> routes(String from) {
        var routes = new TreeSet<String>();
        for (String table : List.of(from + "4", from + "6")) {
            Command.Outcome shown = Command.tryRun("birdc", "-s", control(), "show", "route", "all", "table", table);
            String text = shown.output()
                    .replaceAll("(?m)^(BIRD|Table|Access).*\n", "")
                    .replaceAll("(?m)^(\\S+)\\s+(unicast|unreachable) \\[.*$", "@$1")
                    .replaceAll("(?m)^\\s+(via|Type:).*$", "")
                    .replaceAll("10\\.0\\.0\\.1[12]\\b", "SELF")
                    .replaceAll("\\s*\n\\s*", " ");
            for (String route : text.split("@", -1)) {
                if (route.startsWith("10.9.") || route.startsWith("2001:db8:9")) {
                    routes.add(route.strip());
                }
            }
        }
        return List.copyOf(routes);
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(
                what,
                condition,
                () -> "ours " + String.join("\n  ", routes("ours"))
                        + "\ntheirs " + String.join("\n  ", routes("theirs"))
                        + "\n" + Command.run("cat", folder.resolve("exabgp.log").toString()));
    }
}
