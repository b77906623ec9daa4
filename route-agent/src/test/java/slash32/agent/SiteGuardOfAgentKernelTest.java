package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.config.AgentConfig;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;

/// The guard between sites of a whole agent, on a kernel that can't keep others from its table.
@InNetns
class SiteGuardOfAgentKernelTest {
    private static final String TABLE = "inet slash32_overlay";

    @TempDir
    Path folder;

    @BeforeEach
    void node() {
        Command.run("ip", "link", "set", "lo", "up");
        Command.run("ip", "addr", "add", "10.0.0.11/32", "dev", "lo");
        Command.run("ip", "addr", "add", "203.0.113.11/32", "dev", "lo");
    }

    @AfterEach
    void away() {
        Command.tryRun("nft", "delete table " + TABLE);
    }

    private AgentConfig config() {
        return Agents.config("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11, external: 203.0.113.11}
                peers: [{address: 10.0.0.1}]
                overlay: {certificates: %1$s/pki, guests: [10.1.0.0/16], peers: [203.0.113.9]}
                metrics: {listen: "127.0.0.1:9932"}
                api: {socket: %1$s/agent.sock}
                endpointsDirectory: %1$s/endpoints.d
                stateDirectory: %1$s/state
                """.formatted(folder));
    }

    private static String rules() {
        return Command.tryRun("nft", "-s", "list table " + TABLE).output();
    }

    private boolean says(String words) {
        return Agents.get(folder.resolve("agent.sock"), "/v1/sas").contains(words);
    }

    @Test
    void whatOthersTakeAwayIsBackAtOnceAndCounted() throws IOException {
        try (var agent = new RouteAgent(config(), "test", false)) {
            agent.start();
            Eventually.holds("peers of the configuration", () -> rules().contains("203.0.113.9"), () -> rules());
            String before = rules();
            int repairs = 0;
            for (String edit : new String[] {"flush ruleset", "delete table " + TABLE}) {
                Command.run("nft", edit);
                String counted = "\"guard\":{\"inForce\":true,\"repairs\":" + ++repairs + "}";
                Eventually.holds("the guard after " + edit, () -> says(counted), () -> rules());
                assertThat(rules()).isEqualTo(before);
            }
        }
    }

    @Test
    void anAgentThatHasNoGuardDoesNotStart() {
        Command.run("nft", "add table " + TABLE + "; add set " + TABLE + " elsewhere4 { type ipv4_addr; size 1; }");
        assertThatThrownBy(() -> new RouteAgent(config(), "test"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(
                        "the guard between sites is not in force: the kernel has no set " + TABLE + " elsewhere4");
    }
}
