package slash32.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.api.ApiClient;
import slash32.agent.config.AgentConfig;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Two guests behind veths, each in a namespace, ask the metadata service of a whole agent; an upstream is beyond it.
@InNetns
class MetadataKernelTest {
    private static final String NAMESPACE = "s32api-" + ProcessHandle.current().pid() + "-";

    @TempDir
    Path folder;

    private @Nullable HttpServer upstream;
    private @Nullable RouteAgent agent;

    @BeforeEach
    void node() throws IOException {
        HttpServer beyond = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        beyond.createContext("/", exchange -> {
            byte[] told = (exchange.getRequestURI() + " "
                            + exchange.getRequestHeaders().getFirst("X-Instance-ID") + " "
                            + exchange.getRequestHeaders().getFirst("X-Tenant-ID") + " "
                            + exchange.getRequestHeaders().getFirst("X-Forwarded-For") + "\n")
                    .getBytes(UTF_8);
            exchange.sendResponseHeaders(200, told.length);
            exchange.getResponseBody().write(told);
            exchange.close();
        });
        beyond.start();
        upstream = beyond;
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1");
        Command.run("ip", "addr", "add", "10.0.0.11/24", "dev", "up0");
        Command.run("ip", "addr", "add", "2001:db8::11/64", "dev", "up0", "nodad");
        Command.run("ip", "link", "set", "up0", "up");
        Files.writeString(secret(), "deadbeef2eb84d8d\n");
        Files.setPosixFilePermissions(secret(), PosixFilePermissions.fromString("rw-------"));
        var started = new RouteAgent(config(beyond.getAddress().getPort()), "test");
        agent = started;
        started.start();
        put(
                "/v1/groups/7",
                "{\"rules\": [{\"id\": \"out\", \"direction\": \"egress\"},"
                        + "{\"id\": \"out6\", \"direction\": \"egress\", \"ethertype\": \"IPv6\"}]}");
        guest(1, "{\"proxy\": true, \"instanceId\": \"i-1\", \"tenantId\": \"t-1\"}");
        guest(2, "{\"userData\": \"of the endpoint\"}");
    }

    private Path secret() {
        return folder.resolve("metadata.key");
    }

    private AgentConfig config(int upstreamPort) {
        return Agents.config("""
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11, address6: "2001:db8::11"}
                metrics: {listen: "127.0.0.1:9932"}
                api: {socket: %s/agent.sock}
                metadata: {upstream: "http://127.0.0.1:%d", secretFile: %s, timeout: 2s}
                endpointsDirectory: %s/endpoints.d
                stateDirectory: %s/state
                """.formatted(folder, upstreamPort, secret(), folder, folder));
    }

    @AfterEach
    void stop() {
        Objects.requireNonNull(agent).close();
        Objects.requireNonNull(upstream).stop(0);
        Command.tryRun("ip", "netns", "del", NAMESPACE + 1);
        Command.tryRun("ip", "netns", "del", NAMESPACE + 2);
    }

    private void guest(int number, String metadata) throws IOException {
        String mac = "52:54:00:00:00:0" + number;
        String device = "veth-g" + number;
        Command.run("ip", "netns", "add", NAMESPACE + number);
        Command.run(
                "ip",
                "link",
                "add",
                device,
                "type",
                "veth",
                "peer",
                "name",
                "eth0",
                "address",
                mac,
                "netns",
                NAMESPACE + number);
        in(number, "ip", "link", "set", "eth0", "up");
        in(number, "ip", "addr", "add", "10.9.0." + number + "/32", "dev", "eth0");
        in(number, "ip", "addr", "add", "2001:db8:9::" + number + "/128", "dev", "eth0", "nodad");
        in(number, "ip", "route", "add", "default", "via", "169.254.1.1", "dev", "eth0", "onlink");
        in(number, "ip", "-6", "route", "add", "default", "via", "fe80::1", "dev", "eth0", "onlink");
        put("/v1/endpoints/vm" + number + "?wait=enforced&timeout=20s", """
                {"device": "%s", "deviceKind": "any", "mac": "%s", "addresses": ["10.9.0.%d", "2001:db8:9::%d"],
                 "groups": [7], "metadata": %s}""".formatted(
                        device, mac, number, number, metadata));
    }

    private void put(String target, String body) throws IOException {
        try (var client = ApiClient.connect(folder.resolve("agent.sock"), Duration.ofSeconds(30))) {
            ApiClient.Reply reply = client.send("PUT", target, body);
            assertThat(reply.isSuccess()).as(reply.body()).isTrue();
        }
    }

    private static String in(int number, String... command) {
        var words = new String[command.length + 4];
        System.arraycopy(new String[] {"ip", "netns", "exec", NAMESPACE + number}, 0, words, 0, 4);
        System.arraycopy(command, 0, words, 4, command.length);
        return Command.run(words);
    }

    /// The first connection may have to wait until the route back is in the kernel.
    private static String curl(int number, String... more) {
        var curl = new String[] {"curl", "-sSg", "--max-time", "5", "--retry", "5", "--retry-all-errors"};
        var words = new String[curl.length + more.length];
        System.arraycopy(curl, 0, words, 0, curl.length);
        System.arraycopy(more, 0, words, curl.length, more.length);
        return in(number, words);
    }

    @Test
    void guestsReadWhatTheUpstreamOrTheirEndpointSays() {
        assertThat(curl(1, "http://169.254.169.254/openstack/latest/meta_data.json?x=1"))
                .isEqualTo("/openstack/latest/meta_data.json?x=1 i-1 t-1 10.9.0.1\n");
        assertThat(curl(
                        1,
                        "-H",
                        "X-Instance-ID: i-2",
                        "-H",
                        "X_Tenant_ID: t-2",
                        "-H",
                        "X-Forwarded-For: 10.9.0.2",
                        "http://169.254.169.254/"))
                .isEqualTo("/ i-1 t-1 10.9.0.1\n");
        assertThat(curl(1, "http://[fd00:ec2::254]/latest/")).isEqualTo("/latest/ i-1 t-1 2001:db8:9::1\n");
        assertThat(curl(2, "http://169.254.169.254/user-data")).isEqualTo("of the endpoint");

        Objects.requireNonNull(upstream).stop(0);
        assertThat(curl(1, "--retry", "0", "-w", "%{http_code}", "http://169.254.169.254/"))
                .isEqualTo("the metadata service can't be asked now\n502");
        assertThat(curl(2, "http://169.254.169.254/user-data")).isEqualTo("of the endpoint");
    }
}
