package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.Loaded;
import slash32.testkit.Bird;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;
import slash32.testkit.Programs;
import slash32.testkit.Requirement;

/// The agent's configuration changes under sessions with a BIRD and an FRR of which nothing changes: neither they
/// nor we count another session, whatever happens to a third peer.
@InNetns
@Tag("interop")
class ReloadInteropTest {
    private static final String BIRD = "10.0.0.1";
    private static final String FRR = "10.0.0.2";
    private static final String THIRD = "10.0.0.3";

    @TempDir
    Path folder;

    @RegisterExtension
    final Programs programs = new Programs();

    private @Nullable RouteAgent agent;
    private @Nullable Bird third;

    @BeforeEach
    void host() throws IOException {
        Requirement.program("vtysh", "frr");
        for (String address : List.of("10.0.0.11", BIRD, FRR, THIRD)) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        Files.writeString(folder.resolve("bird.key"), "first");
        Files.writeString(folder.resolve("third.key"), "second");
        Bird.start(programs, folder, "bird", birdConfig("bird", BIRD, 1781, "first"));
        startFrr();
        third = Bird.start(programs, folder, "third", birdConfig("third", THIRD, 1783, "second"));
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
    }

    @Test
    void sessionsThatDidNotChangeStay() throws Exception {
        agent = new RouteAgent(config(""), "test");
        agent.start();
        await("both", () -> isUp(BIRD, 1) && isUp(FRR, 1));
        String before = since(BIRD) + since(FRR);

        reload(third("holdTime: 30s"));
        await("the third", () -> isUp(THIRD, 1) && routes().contains("10.9.0.3/32"));

        String closed = "holdTime: 30s, import: [{match: {prefixes: [10.8.0.0/16]}, then: accept}]";
        reload(third(closed));
        await("nothing of the third", () -> !routes().contains("10.9.0.3/32"));
        assertThat(isUp(THIRD, 1))
                .as("the third's session under another policy")
                .isTrue();

        theKeyIsAnother(closed);
        theFileIsWrong();

        reload(third("holdTime: 60s"));
        await("a session by the other hold time", () -> isUp(THIRD, 1) && routes().contains("10.9.0.3/32"));

        reload("");
        await("nobody there", () -> !page("/v1/peers").contains(THIRD) && !routes().contains("10.9.0.3/32"));

        assertThat(since(BIRD) + since(FRR)).isEqualTo(before);
        assertThat(isUp(BIRD, 1) && isUp(FRR, 1)).isTrue();
        assertThat(routes()).contains("10.9.0.1/32", "10.9.0.2/32");
        assertThat(vtysh("show bgp neighbors 10.0.0.11")).contains("Connections established 1; dropped 0");
        assertThat(programs.log().lines().filter(line -> line.contains("pbird:")))
                .noneMatch(line -> line.contains("BGP session closed") || line.contains("Received:"));
    }

    /// The session goes on with a new key. BIRD, told of it, makes a new one, as it does for whatever it is told.
    private void theKeyIsAnother(String options) throws IOException {
        Files.writeString(folder.resolve("third.key"), "another");
        reload(third(options));
        assertThat(isUp(THIRD, 1)).as("the third's session with another key").isTrue();
        Objects.requireNonNull(third).configure(birdConfig("third", THIRD, 1783, "another"));
        await("a session by the other key", () -> isUp(THIRD, 2));
    }

    private void theFileIsWrong() throws IOException {
        String before = page("/v1/peers").replaceAll("\"(messages|updates)(Received|Sent)\":[0-9]+", "");
        assertThat(ConfigFile.parse(text("{address: 10.0.0.4, holdTime: 1s}"))).isInstanceOf(Loaded.Refused.class);
        String unreadable = "{address: 10.0.0.4}, {address: 10.0.0.5, passwordFile: " + folder + "/no.key}";
        assertThatThrownBy(() -> reload(unreadable))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no.key");
        assertThat(page("/v1/peers").replaceAll("\"(messages|updates)(Received|Sent)\":[0-9]+", ""))
                .isEqualTo(before);
    }

    private String third(String options) {
        return "{address: " + THIRD + ", port: 1783, passwordFile: " + folder + "/third.key, " + options + "}";
    }

    private void reload(String more) throws IOException {
        assertThat(Objects.requireNonNull(agent).reload(config(more))).isEmpty();
    }

    private AgentConfig config(String more) {
        return Agents.config(text(more));
    }

    private String text(String more) {
        String unchanged =
                "{address: 10.0.0.1, port: 1781, passwordFile: " + folder + "/bird.key}, {address: 10.0.0.2}";
        return """
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                peers: [%1$s]
                api: {socket: %2$s/agent.sock}
                stateDirectory: %2$s/state
                """.formatted(more.isEmpty() ? unchanged : unchanged + ", " + more, folder);
    }

    private static String birdConfig(String name, String own, int port, String key) {
        return """
                log stderr all;
                router id %2$s;
                protocol device {}
                protocol static { ipv4; route 10.9.0.%5$s/32 blackhole; }
                protocol bgp p%1$s {
                  local %2$s port %3$d as 65000; neighbor 10.0.0.11 as 65000; password "%4$s";
                  connect retry time 1; error wait time 1, 2;
                  ipv4 { import all; export where source = RTS_STATIC; };
                }
                """.formatted(name, own, port, key, own.substring(own.lastIndexOf('.') + 1));
    }

    private void startFrr() throws IOException {
        Path file = Files.writeString(folder.resolve("bgpd.conf"), """
                log stdout
                router bgp 65000
                 bgp router-id 10.0.0.2
                 no bgp network import-check
                 neighbor 10.0.0.11 remote-as 65000
                 neighbor 10.0.0.11 update-source 10.0.0.2
                 neighbor 10.0.0.11 timers connect 1
                 address-family ipv4 unicast
                  network 10.9.0.2/32
                 exit-address-family
                """);
        programs.start(
                "/usr/lib/frr/bgpd",
                "-S",
                "-Z",
                "-f",
                file.toString(),
                "-i",
                folder.resolve("bgpd.pid").toString(),
                "--vty_socket",
                folder.toString(),
                "-l",
                FRR,
                "-p",
                "179",
                "-P",
                "0");
    }

    private String vtysh(String command) {
        return Command.run("vtysh", "--vty_socket", folder.toString(), "-c", command);
    }

    /// Established for the {@code times}th time.
    private boolean isUp(String peer, int times) {
        String status = peer(peer);
        return status.contains("\"state\":\"Established\"") && status.contains("\"transitions\":" + times + ",");
    }

    private String since(String peer) {
        Matcher since = Pattern.compile("\"since\":\"[^\"]+\"").matcher(peer(peer));
        assertThat(since.find()).isTrue();
        return since.group();
    }

    private String peer(String address) {
        String all = page("/v1/peers");
        int from = all.indexOf("{\"address\":\"" + address + "\"");
        int to = all.indexOf("{\"address\"", from + 1);
        return from < 0 ? "" : all.substring(from, to < 0 ? all.length() : to);
    }

    private String routes() {
        return page("/v1/routes");
    }

    private String page(String path) {
        return Agents.get(folder.resolve("agent.sock"), path);
    }

    private void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, () -> page("/v1/peers"));
    }
}
