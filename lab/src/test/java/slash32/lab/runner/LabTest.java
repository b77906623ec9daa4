package slash32.lab.runner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.lab.runner.Lab.NodeStatus;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// Labs on a host that is a namespace of the test.
@InNetns
class LabTest {
    private static final Duration QUICK = Duration.ofSeconds(10);

    @TempDir
    Path folder;

    private final List<Lab> labs = new ArrayList<>();
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private String linksBefore = "";

    @BeforeEach
    void remember() {
        linksBefore = Command.run("ip", "-br", "link");
    }

    /// Every test ends with its labs down and nothing left of them.
    @AfterEach
    void leavesNothing() throws IOException {
        for (Lab lab : labs) {
            lab.down(false);
        }
        assertThat(Command.run("ip", "netns", "list")).doesNotContain("clab-s32t");
        assertThat(Command.run("ip", "-br", "link")).isEqualTo(linksBefore);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.filter(path -> path.getFileName().toString().startsWith("clab-")))
                    .isEmpty();
        }
    }

    private static final String TWO_NODES = """
            name: s32t
            topology:
              defaults: {kind: linux, image: "alpine:3", network-mode: none}
              nodes:
                a:
                  exec: [ip addr add 192.0.2.1/24 dev eth1]
                b:
                  exec: [ip addr add 192.0.2.2/24 dev eth1]
              links:
                - endpoints: ["a:eth1", "b:eth1"]
            """;

    @Test
    void nodesAreLinkedNamespaces() throws IOException {
        Lab lab = up(TWO_NODES);
        assertThat(Command.run("ip", "netns", "exec", "clab-s32t-a", "ping", "-c1", "192.0.2.2"))
                .contains("1 received");
        String link = inside(lab, "a", "ip", "link", "show", "eth1");
        assertThat(link).contains("mtu 9500").containsPattern("link/ether aa:c1:ab:");
        assertThat(inside(lab, "a", "hostname")).isEqualTo("a\n");
    }

    @Test
    void filesOfNodesAreTheirOwn() throws IOException {
        Files.writeString(folder.resolve("bound.txt"), "bound");
        Lab lab = up("""
                name: s32t
                topology:
                  defaults: {kind: linux, image: "alpine:3", network-mode: none}
                  nodes:
                    a:
                      binds:
                        - bound.txt:/at-the-root.txt
                        - ./bound.txt:/usr/share/doc/s32t-bound.txt:ro
                        - bound.txt:/etc/s32t/bound.txt
                      tmpfs: {/var/lib/s32t: size=1m}
                      sysctls: {net.ipv4.ip_forward: 1}
                      labels: {my-label: x}
                      env: {FROM: topology}
                    b:
                """);
        assertThat(inside(lab, "a", "cat", "/at-the-root.txt", "/usr/share/doc/s32t-bound.txt", "/etc/s32t/bound.txt"))
                .isEqualTo("boundboundbound");
        assertThat(inside(lab, "a", "sh", "-c", "echo x > /usr/share/doc/s32t-bound.txt || echo refused"))
                .contains("refused");
        assertThat(inside(lab, "a", "sh", "-c", "echo $FROM $CLAB_LABEL_MY_LABEL $CLAB_LABEL_CLAB_NODE_NAME"))
                .isEqualTo("topology x a\n");
        assertThat(inside(lab, "a", "cat", "/proc/sys/net/ipv4/ip_forward")).isEqualTo("1\n");
        assertThat(inside(lab, "a", "findmnt", "-n", "-o", "SOURCE", "/var/lib/s32t"))
                .contains("slash32-lab");
        assertThat(inside(lab, "a", "ls", "/usr/bin/env", "/usr/share/doc")).contains("/usr/bin/env");
        String write = "touch /etc/s32t-new /run/s32t-new /tmp/s32t-new /var/log/s32t-new /var/lib/s32t-new /s32t-new";
        inside(lab, "a", "sh", "-c", write);
        for (String path : write.substring("touch ".length()).split(" ", -1)) {
            assertThat(Path.of(path)).doesNotExist();
        }
        assertThat(inside(lab, "b", "ls", "/run", "/tmp")).doesNotContain("s32t-new");
        assertThat(Path.of("/at-the-root.txt")).doesNotExist();
        assertThat(Path.of("/usr/share/doc/s32t-bound.txt")).doesNotExist();
    }

    @Test
    void theCommandRunsAndIsWatched() throws IOException {
        Lab lab = up("""
                name: s32t
                topology:
                  nodes:
                    a:
                      kind: linux
                      image: alpine:3
                      network-mode: none
                      cmd: sh -c 'echo out; echo err >&2; exec sleep 1000'
                """);
        RunningNode node = lab.node("a");
        assertThat(Files.readString(node.folder().resolve("stdout.log"))).isEqualTo("out\n");
        assertThat(Files.readString(node.folder().resolve("stderr.log"))).isEqualTo("err\n");
        assertThat(node.exitCode()).isNull();
        node.signal("KILL");
        // The supervisor's note comes a moment later.
        inside(lab, "a", "sh", "-c", "until [ -s /run/slash32-lab/main.exit ]; do sleep 0.01; done");
        assertThat(node.exitCode()).isEqualTo(128 + 9);
        assertThat(status(lab, "a").isRunning()).isTrue();
        lab.up(false);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("its command had ended and was started again");
        assertThat(node.exitCode()).isNull();
    }

    @Test
    void upIsIdempotentAndDownNeedsNoTopology() throws IOException {
        Lab lab = up(TWO_NODES);
        long holder = status(lab, "a").holderPid();
        lab.up(false);
        assertThat(status(lab, "a").holderPid()).isEqualTo(holder);
        Files.writeString(lab.topology(), TWO_NODES + "# changed\n");
        assertThatThrownBy(() -> lab.up(false)).hasMessageContaining("lab down");
        Files.writeString(lab.topology(), "not a topology any more");
        assertThat(lab.inspect()).hasSize(2);
        assertThat(lab.down(false)).isTrue();
        assertThat(lab.down(false)).isFalse();
    }

    @Test
    void aNodeWhoseHolderDiedIsMadeAgain() throws IOException {
        Lab lab = up(TWO_NODES);
        ProcessHandle holder = ProcessHandle.of(status(lab, "a").holderPid()).orElseThrow();
        holder.destroyForcibly();
        holder.onExit().join();
        assertThat(status(lab, "a").isRunning()).isFalse();
        assertThatThrownBy(() -> lab.node("a")).hasMessageContaining("isn't running");
        lab.up(false);
        assertThat(Command.run("ip", "netns", "exec", "clab-s32t-b", "ping", "-c1", "192.0.2.1"))
                .contains("1 received");
    }

    @Test
    void whatFailedHalfwayCanBeTakenDown() throws IOException {
        Lab lab = lab(TWO_NODES.replace("    b:", "    b:\n      sysctls: {net.ipv4.conf.nosuch.forwarding: 1}"));
        assertThatThrownBy(() -> lab.up(false))
                .isInstanceOf(LabException.class)
                .hasMessageContaining("node b: its files could not be set up")
                .hasMessageContaining("nosuch");
        assertThat(Command.run("ip", "netns", "list")).contains("clab-s32t-");
        assertThat(lab.down(false)).isTrue();
    }

    @Test
    void aNamespaceInWhichSomebodyLivesIsNotTaken() throws IOException {
        Command.run("ip", "netns", "add", "clab-s32t-b");
        Process somebody = new ProcessBuilder("ip", "netns", "exec", "clab-s32t-b", "sleep", "1000").start();
        try {
            while (Command.run("ip", "netns", "pids", "clab-s32t-b").isBlank()) {
                Thread.onSpinWait();
            }
            Lab lab = lab(TWO_NODES);
            assertThatThrownBy(() -> lab.up(false))
                    .hasMessageContaining("clab-s32t-b")
                    .hasMessageContaining("processes live in it: " + somebody.pid());
            assertThat(lab.down(false)).isFalse();
            assertThat(Path.of("/run/netns/clab-s32t-b")).exists();
        } finally {
            somebody.destroyForcibly().onExit().join();
            Command.run("ip", "netns", "delete", "clab-s32t-b");
        }
    }

    @Test
    void anEmptyNamespaceOfTheLabsIsTakenAway() throws IOException {
        Command.run("ip", "netns", "add", "clab-s32t-b");
        Command.run("ip", "-n", "clab-s32t-b", "link", "add", "left", "type", "bridge");
        Lab lab = up(TWO_NODES);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("takes away the network namespace clab-s32t-b");
        assertThat(inside(lab, "b", "ip", "-br", "link")).doesNotContain("left");
    }

    @Test
    void theSecondNameThatACutOffLabLeftIsTakenAwayToo() throws IOException {
        Command.run("ip", "netns", "add", "clab-s32t-c");
        up("""
                name: s32t
                topology:
                  defaults: {kind: linux, image: "alpine:3"}
                  nodes:
                    a: {}
                    c: {network-mode: "container:a"}
                """);
        assertThat(said.toString(StandardCharsets.UTF_8)).contains("takes away the network namespace clab-s32t-c");
        assertThat(Command.run("ip", "netns", "exec", "clab-s32t-c", "readlink", "/proc/self/ns/net"))
                .isEqualTo(Command.run("ip", "netns", "exec", "clab-s32t-a", "readlink", "/proc/self/ns/net"));
    }

    @Test
    void whatIsMissingIsNamedBeforeAnythingIsMade() throws IOException {
        Lab lab = lab("""
                name: s32t
                topology:
                  defaults: {kind: linux, image: "alpine:3"}
                  nodes:
                    a: {image: "vendor/os:1"}
                    b: {binds: ["nosuch:/x"]}
                    c: {env-files: [nosuch.env]}
                    d: {image: "needs:1"}
                    e: {network-mode: "container:nosuch"}
                    h: {kind: host, exec: [touch /tmp/s32t]}
                    br: {kind: bridge}
                """);
        Files.writeString(
                folder.resolve("native.yml"), "images: {\"needs:*\": {requires: {nosuch-program: its-package}}}");
        assertThatThrownBy(() -> new Lab(lab.topology(), null, false, System.out).up(false))
                .isInstanceOf(LabException.class)
                .hasMessageContaining(
                        ":5:16: error: topology.nodes.a.image: no host program is known for image vendor/os:1")
                .hasMessageContaining("add it to " + folder.resolve("native.yml"))
                .hasMessageContaining("node b binds " + folder.resolve("nosuch"))
                .hasMessageContaining("nosuch.env can't be read")
                .hasMessageContaining("needs the program nosuch-program: apt-get install its-package")
                .hasMessageContaining("no network namespace nosuch")
                .hasMessageContaining("--allow-host")
                .hasMessageContaining("ip link add br type bridge");
    }

    @Test
    void stagesWaitForEachOther() throws IOException {
        Lab lab = up("""
                name: s32t
                topology:
                  defaults: {kind: linux, image: "alpine:3", network-mode: none, binds: ["log:/log"]}
                  nodes:
                    first:
                      stages:
                        create: {wait-for: [{node: second, stage: healthy}]}
                        configure: {exec: [{command: sh -c 'echo first >> /log/order', phase: on-exit}]}
                    second:
                      exec: [sh -c 'echo second >> /log/order']
                      healthcheck: {test: [CMD-SHELL, "test -s /log/order"], interval: 1}
                    third:
                      stages:
                        create-links:
                          wait-for: [{node: first, stage: configure}]
                          exec: [{command: sh -c 'echo third >> /log/order', phase: on-enter}]
                """);
        assertThat(Files.readString(folder.resolve("log/order"))).isEqualTo("second\nfirst\nthird\n");
        assertThat(status(lab, "second").isHealthy()).isTrue();
        assertThat(status(lab, "first").isHealthy()).isNull();
    }

    @Test
    void aFailedExecIsToldAndEndsNothing() throws IOException {
        up(TWO_NODES.replace("exec: [", "exec: [sh -c 'echo because; exit 3', "));
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("node a: exit code 3")
                .contains("because");
    }

    /// The public topology with a bridge in a node's namespace.
    @Test
    void bridgeInANamespace() throws IOException {
        Lab lab = upPublic("containerlab-24-bridge-in-ns.clab.yml");
        assertThat(inside(lab, "c1", "ping", "-c1", "192.168.0.1")).contains("1 received");
    }

    /// The public topology of rustbgpd, which is a sleep here, and a real BIRD.
    @Test
    @Tag("interop")
    void rustbgpdWithBird() throws IOException {
        Requirement.program("birdc", "bird2");
        for (String path : List.of("configs/rustbgpd-bird.toml", "scripts/start-rustbgpd.sh", "configs/bird-m0.conf")) {
            Files.createDirectories(Objects.requireNonNull(folder.resolve(path).getParent()));
            Files.writeString(folder.resolve(path), "");
        }
        Files.writeString(folder.resolve("configs/bird-m0.conf"), """
                router id 10.0.1.2;
                protocol device {}
                protocol direct { ipv4; }
                """);
        Files.writeString(folder.resolve("native.yml"), "images: {\"rustbgpd:dev\": {cmd: sleep infinity}}");
        Lab lab = upPublic("rustbgpd-m0-bird.clab.yml");
        assertThat(inside(lab, "rustbgpd", "ping", "-c1", "10.0.1.2")).contains("1 received");
        assertThat(inside(lab, "bird", "birdc", "show", "route")).contains("10.0.1.0/24");
        assertThat(inside(lab, "rustbgpd", "sh", "-c", "echo $RUST_LOG")).isEqualTo("info\n");
    }

    /// The public smoke test: management addresses, host and management links, macs, a dummy, a node in the host's
    /// namespace, a health check.
    @Test
    void linuxNodes() throws IOException {
        Files.writeString(folder.resolve("01-test.txt"), "text");
        Files.writeString(folder.resolve("01-test.json"), "{}");
        Files.writeString(folder.resolve("native.yml"), "images: {\"nginx:*\": {cmd: sleep infinity}}");
        Lab lab = upPublic("containerlab-01-linux-nodes.clab.yml");
        assertThat(inside(lab, "l1", "cat", "/tmp/var", "/01-test.txt")).isEqualTo("MYVAR is SET\ntext");
        assertThat(inside(lab, "l1", "ping", "-c1", "172.20.20.100")).contains("1 received");
        assertThat(inside(lab, "l1", "ping", "-c1", "clab-2-linux-nodes-l2")).contains("1 received");
        assertThat(inside(lab, "l2", "ip", "-6", "address", "show", "eth0")).contains("3fff:172:20:20::100/64");
        String links = inside(lab, "l2", "ip", "-br", "link");
        assertThat(links).contains("some1").contains("somedummy").containsPattern("eth3\\S* +\\S+ +02:00:00:00:00:01");
        assertThat(inside(lab, "l1", "ip", "link", "show", "eth1")).contains("mtu 2000");
        assertThat(Command.run("ip", "-br", "link")).contains("l2eth4@").contains("l2eth5mgmt@");
        assertThat(inside(lab, "l3", "ip", "-br", "link")).contains("l2eth4@");
        assertThat(status(lab, "l1").isHealthy()).isTrue();
        assertThat(status(lab, "l1").ipv4()).isEqualTo("172.20.20.99");
    }

    private Lab upPublic(String file) throws IOException {
        Lab lab = lab(
                Files.readString(Requirement.shared("reference/clab-topologies").resolve(file)));
        lab.up(false);
        return lab;
    }

    private Lab up(String yaml) throws IOException {
        Files.createDirectories(folder.resolve("log"));
        Lab lab = lab(yaml);
        lab.up(false);
        return lab;
    }

    private Lab lab(String yaml) throws IOException {
        Path file = Files.writeString(folder.resolve("t.clab.yml"), yaml);
        Lab lab = new Lab(file, null, false, new PrintStream(said, true, StandardCharsets.UTF_8));
        labs.add(lab);
        return lab;
    }

    private static NodeStatus status(Lab lab, String node) throws IOException {
        return lab.inspect().stream()
                .filter(status -> status.name().equals(node))
                .findFirst()
                .orElseThrow();
    }

    private static String inside(Lab lab, String node, String... words) throws IOException {
        HostCommand.Outcome outcome = lab.node(node).run(List.of(words), QUICK);
        assertThat(outcome.exitCode())
                .as("%s: %s", List.of(words), outcome.output())
                .isZero();
        return outcome.output();
    }
}
