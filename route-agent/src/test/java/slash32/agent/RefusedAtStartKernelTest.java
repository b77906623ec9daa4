package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.testkit.Command;
import slash32.testkit.Eventually;
import slash32.testkit.InNetns;

/// An agent that is started anew with a configuration in which not all that it keeps may be.
@InNetns
class RefusedAtStartKernelTest {
    private static final String ANY = "";
    private static final String TEN_ALONE = "endpointPrefixes: [10.0.0.0/8]";
    private static final String REASON = "192.0.2.%d/32 is in none of this node's endpointPrefixes";

    @TempDir
    Path folder;

    private @Nullable RouteAgent agent;

    @BeforeEach
    void node() {
        Command.run("ip", "link", "set", "lo", "up");
        Command.run("ip", "addr", "add", "10.0.0.11/32", "dev", "lo");
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
    }

    @Test
    void oneEndpointThatIsRefusedKeepsItsInterfaceAndTheOthersAreInForce() throws Exception {
        Files.createDirectories(folder.resolve("endpoints.d"));
        Files.writeString(
                folder.resolve("endpoints.d/web.yaml"),
                "{groups: [{id: 7}], endpoints: [{id: c, " + fields("c", "192.0.2.3") + ", {id: d, "
                        + fields("d", "10.9.0.4") + "]}");
        start(ANY);
        awaitEnforced("c");
        awaitEnforced("d");
        // in a group that the file states
        assertThat(send("PUT", "endpoints/a?wait=enforced&timeout=20s", endpoint("a", "10.9.0.1")))
                .contains("201");
        assertThat(send("PUT", "endpoints/b?wait=enforced&timeout=20s", endpoint("b", "192.0.2.2")))
                .contains("201");
        String interfaces = interfaces();

        start(TEN_ALONE);
        awaitEnforced("a");
        awaitEnforced("d");
        assertThat(send("GET", "endpoints/b", null)).contains("\"Failed\"", REASON.formatted(2));
        assertThat(send("GET", "endpoints/c", null)).contains("\"Failed\"", REASON.formatted(3), "web.yaml");
        assertThat(send("GET", "status", null)).contains("\"problem\":\"endpoint", REASON.formatted(3));
        await("tap-b and tap-c to carry nothing", () -> isVacant("tap-b") && isVacant("tap-c"));
        assertThat(interfaces()).isEqualTo(interfaces);
        assertThat(send("PUT", "endpoints/c", endpoint("c", "10.9.0.3"))).contains("409", "web.yaml");
        Command.run("ip", "link", "set", "tap-b", "up");
        await("tap-b to be down again", () -> isVacant("tap-b"));

        start(ANY);
        awaitEnforced("b");
        awaitEnforced("c");
        assertThat(interfaces()).isEqualTo(interfaces);

        start(TEN_ALONE);
        await("tap-c to carry nothing", () -> isVacant("tap-c"));
        Command.run("ip", "link", "del", "tap-c");
        assertThat(send("PUT", "endpoints/b?wait=enforced&timeout=20s", endpoint("b", "10.9.0.2")))
                .contains("200");
        assertThat(interfaces()).isEqualTo(interfaces.replaceFirst("\\d+: tap-c\n", ""));
        assertThat(send("DELETE", "endpoints/b", null)).contains("204");
        Files.delete(folder.resolve("endpoints.d/web.yaml"));
        assertThat(send("DELETE", "endpoints/a", null)).contains("204");
        await("nothing to be left", () -> interfaces().isEmpty());
        assertThat(send("GET", "status", null)).contains("\"endpoints\":0");
    }

    @Test
    void aRefusedEndpointThatIsDeletedLeavesNothing() throws Exception {
        start(ANY);
        send("PUT", "groups/7", "{}");
        assertThat(send("PUT", "endpoints/b?wait=enforced&timeout=20s", endpoint("b", "192.0.2.2")))
                .contains("201");
        start(TEN_ALONE);
        assertThat(send("GET", "endpoints/b", null)).contains(REASON.formatted(2));
        assertThat(send("DELETE", "endpoints/b", null)).contains("204");
        await("the interface to go", () -> interfaces().isEmpty());
        start(ANY);
        assertThat(send("GET", "endpoints/b", null)).contains("404");
    }

    private static String endpoint(String id, String address) {
        return "{" + fields(id, address);
    }

    private static String fields(String id, String address) {
        return """
                "device": "tap-%1$s", "mode": "create", "mac": "52:54:00:00:00:0%1$s", "addresses": ["%2$s"],
                "groups": [7]}""".formatted(id, address);
    }

    /// Index and name of each.
    private static String interfaces() {
        return Command.run("ip", "-o", "link", "show", "type", "tun").replaceAll("(?m)^(\\d+: [^:]+):.*$", "$1");
    }

    /// Down, with no address, neighbour or route.
    private static boolean isVacant(String device) {
        return !Command.run("ip", "-o", "link", "show", "dev", device).contains("UP")
                && !Command.run("ip", "addr", "show", "dev", device).contains("inet")
                && Command.run("ip", "neigh", "show", "dev", device, "nud", "permanent")
                        .isEmpty()
                && Command.run("ip", "route", "show", "dev", device).isEmpty();
    }

    private static void await(String what, BooleanSupplier condition) {
        Eventually.holds(what, condition, () -> Command.run("ip", "addr") + Command.run("ip", "route"));
    }

    private void awaitEnforced(String id) {
        await(id + " to be enforced", () -> {
            try {
                return send("GET", "endpoints/" + id, null).contains("\"RulesEnforced\",\"state\":\"True\"");
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
    }

    private String send(String method, String target, @Nullable String body) throws IOException {
        return Agents.send(folder.resolve("agent.sock"), method, "/v1/" + target, body)
                .replaceAll("\\s*([:,])\\s*", "$1");
    }

    private void start(String prefixes) throws IOException {
        if (agent != null) {
            agent.close();
        }
        agent = Agents.start("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                metrics: {listen: "127.0.0.1:9932"}
                api: {socket: %1$s/agent.sock}
                stateDirectory: %1$s/state
                endpointsDirectory: %1$s/endpoints.d
                %2$s
                """.formatted(folder, prefixes));
    }
}
