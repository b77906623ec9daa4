package slash32.agent.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.Samples;
import slash32.agent.api.ApiClient.Reply;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.intent.EndpointId;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.GroupJson;
import slash32.agent.json.StrictJson;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;

/// The API over a real socket, against an agent in memory.
class ApiTest {
    private static final String ENDPOINT = """
            {"device": "tap1", "mac": "02:16:3e:00:00:01", "addresses": ["10.1.0.1", "fd00:1::1"], "groups": [100]}""";

    private final Path socket;
    private final MemoryControl control = new MemoryControl();
    private final HttpServer server = new HttpServer(Limits.DEFAULT);

    ApiTest(@TempDir Path folder) {
        socket = folder.resolve("run/agent.sock");
    }

    @BeforeEach
    void listen() throws IOException {
        server.listen(socket, new Api(control, InstantSource.fixed(MemoryControl.START.plusSeconds(90))));
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void anEndpointIsPutReadChangedAndDeleted() throws IOException {
        try (var client = client()) {
            Reply created = client.send("PUT", "/v1/endpoints/vm-1", ENDPOINT);
            assertThat(created.status()).isEqualTo(201);
            assertThat(created.body()).startsWith("""
                            {"spec":{"id":"vm-1","generation":0,"device":"tap1","mode":"adopt","role":"active",\
                            "mac":"02:16:3e:00:00:01","addresses":["10.1.0.1","fd00:1::1"],"groups":[100],\
                            "allowedAddressPairs":[],"portSecurity":true,"mtuBytes":1500,"multiQueue":false,\
                            "guest":{"dhcp":true,"dns":[],"subnets":[],"routes":[],"defaultRoute":true,\
                            "leaseSeconds":86400,"ipv6":"dhcpv6"}},"conditions":[\
                            {"condition":"InterfaceReady","state":"Waiting","since":"2026-11-21T08:00:00Z",\
                            "reason":"Asked","message":"not yet"},""");
            assertThat(client.send("PUT", "/v1/endpoints/vm-1", ENDPOINT).status())
                    .isEqualTo(200);
            assertThat(client.send("GET", "/v1/endpoints/vm-1", null)).isEqualTo(new Reply(200, created.body()));
            assertThat(client.send("GET", "/v1/endpoints", null).body())
                    .isEqualTo("{\"revision\":1000,\"endpoints\":["
                            + created.body().strip() + "]}\n");
            assertThat(client.send("DELETE", "/v1/endpoints/vm-1", null)).isEqualTo(new Reply(204, ""));
            assertThat(client.send("DELETE", "/v1/endpoints/vm-1", null)).isEqualTo(new Reply(204, ""));
            assertThat(client.send("GET", "/v1/endpoints/vm-1", null))
                    .isEqualTo(problem(404, "No such endpoint", "there is no endpoint vm-1"));
        }
    }

    @Test
    void whatIsReadCanBePutBack() throws IOException {
        control.putEndpoint(Samples.createdEndpoint());
        control.putGroup(Samples.group(100));
        try (var client = client()) {
            String endpoint = StrictJson.text(json -> EndpointJson.write(json, Samples.createdEndpoint()));
            assertThat(client.send("GET", "/v1/endpoints/made", null).body()).contains("{\"spec\":" + endpoint);
            assertThat(client.send("PUT", "/v1/endpoints/made", endpoint).status())
                    .isEqualTo(200);
            assertThat(control.putEndpoint(Samples.createdEndpoint())).isEqualTo(new Outcome.Unchanged());

            String group = StrictJson.text(json -> GroupJson.write(json, Samples.group(100)));
            assertThat(client.send("GET", "/v1/groups/100", null).body()).contains("{\"spec\":" + group);
            assertThat(client.send("PUT", "/v1/groups/100", group).status()).isEqualTo(200);
            assertThat(client.send("GET", "/v1/groups/100/counters", null).body())
                    .startsWith("{\"rules\":[")
                    .contains("\"packets\":2,\"bytes\":120");
            assertThat(client.send("GET", "/v1/groups/101/counters", null).status())
                    .isEqualTo(404);
            assertThat(control.putGroup(Samples.group(100))).isEqualTo(new Outcome.Unchanged());
        }
    }

    @Test
    void theWholeSetReplacesWhatIsThere() throws IOException {
        control.putEndpoint(Samples.endpoint(1));
        control.putEndpoint(Samples.endpoint(2));
        try (var client = client()) {
            assertThat(client.send("PUT", "/v1/endpoints", set(2, 3)))
                    .isEqualTo(new Reply(200, "{\"created\":1,\"changed\":0,\"unchanged\":1,\"removed\":1}\n"));
            assertThat(control.snapshot().endpoints())
                    .extracting(view -> view.spec().id().value())
                    .containsExactly("vm-2", "vm-3");

            assertThat(client.send("PUT", "/v1/endpoints", set(4, 4)).status()).isEqualTo(200);
            assertThat(client.send("PUT", "/v1/endpoints", "{}"))
                    .isEqualTo(problem(422, "Invalid field", "is missing", "endpoints"));
            assertThat(client.send("PUT", "/v1/endpoints", set(5, 6).replace("\"tap6\"", "\"tap/6\"")))
                    .isEqualTo(problem(422, "Invalid field", "not an interface name: 'tap/6'", "endpoints[1].device"));
            assertThat(client.send("PUT", "/v1/endpoints", set(5, 6).replace("10.1.0.6", "10.1.0.5")))
                    .isEqualTo(problem(
                            409, "Already taken", "10.1.0.5 belongs to endpoint vm-5", "endpoints[1].addresses[0]"));
            assertThat(control.snapshot().endpoints()).hasSize(1);
        }
    }

    private static String set(int from, int to) {
        return StrictJson.text(json -> {
            json.writeStartObject();
            json.writeArrayFieldStart("endpoints");
            for (int number = from; number <= to; number++) {
                EndpointJson.write(json, Samples.endpoint(number));
            }
            json.writeEndArray();
            json.writeEndObject();
        });
    }

    @Test
    void aLargeSetIsTaken() throws IOException {
        try (var client = client()) {
            assertThat(client.send("PUT", "/v1/endpoints", set(1, 4000)).body()).contains("\"created\":4000");
            assertThat(client.send("GET", "/v1/endpoints", null).body()).contains("\"id\":\"vm-4000\"");
        }
    }

    @Test
    void aSecondOwnerOfAnAddressIsRefused() throws IOException {
        control.putEndpoint(Samples.endpoint(1));
        try (var client = client()) {
            assertThat(client.send("PUT", "/v1/endpoints/other", ENDPOINT))
                    .isEqualTo(problem(409, "Already taken", "10.1.0.1 belongs to endpoint vm-1", "addresses[0]"));
            assertThat(control.snapshot().endpoints()).hasSize(1);
        }
    }

    @Test
    void anOlderGenerationIsToldTheCurrentOne() throws IOException {
        try (var client = client()) {
            client.send("PUT", "/v1/endpoints/vm-1", ENDPOINT.replace("{", "{\"generation\":8,"));
            Reply reply = client.send("PUT", "/v1/endpoints/vm-1", ENDPOINT.replace("{", "{\"generation\":7,"));
            assertThat(reply.status()).isEqualTo(409);
            assertThat(reply.body()).contains("\"field\":\"generation\",\"currentGeneration\":8}");
        }
    }

    @Test
    void waitingEndsWhenTheConditionHolds() throws Exception {
        var id = new EndpointId("vm-1");
        try (var client = client()) {
            client.send("PUT", "/v1/endpoints/vm-1", ENDPOINT);
            var other = Thread.ofVirtual().start(() -> {
                control.reach(id, MemoryControl.holds(ConditionKind.RULES_ENFORCED));
                control.reach(id, MemoryControl.holds(ConditionKind.ADVERTISED));
            });
            assertThat(client.send("PUT", "/v1/endpoints/vm-1?wait=enforced", ENDPOINT)
                            .status())
                    .isEqualTo(200);
            Reply reply = client.send("PUT", "/v1/endpoints/vm-1?wait=advertised&timeout=60s", ENDPOINT);
            other.join();
            assertThat(reply.status()).isEqualTo(200);
            assertThat(reply.body()).contains("""
                            {"condition":"Advertised","state":"True","since":"2026-11-21T08:00:00Z",\
                            "reason":"Done","message":"","latencySeconds":0.003}""");
        }
    }

    @Test
    void waitingInVainSaysHowFarItCame() throws Exception {
        try (var client = client()) {
            assertThat(client.send("PUT", "/v1/endpoints/vm-1?wait=advertised&timeout=10ms", ENDPOINT))
                    .isEqualTo(problem(
                            504,
                            "Not in force yet",
                            "the endpoint was taken, but within 10 ms InterfaceReady is Waiting (Asked): not yet",
                            "wait"));
            assertThat(control.snapshot().endpoints()).hasSize(1);

            var failed = new Condition(
                    ConditionKind.RULES_ENFORCED,
                    ConditionState.FAILED,
                    MemoryControl.START,
                    "KernelRefused",
                    "add element tap1: ENOSPC",
                    null);
            control.reach(new EndpointId("vm-1"), failed);
            assertThat(client.send("PUT", "/v1/endpoints/vm-1?wait=enforced&timeout=60s", ENDPOINT)
                            .body())
                    .contains("RulesEnforced is Failed (KernelRefused): add element tap1: ENOSPC");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "wait=done              | wait    | must be enforced or advertised, was 'done'",
                "wait=enforced&wait=enforced | wait | is there twice",
                "timeout=2s             | timeout | only together with wait",
                "wait=enforced&timeout=2 | timeout | must be 0ms to 60s, such as 500ms or 2s, was '2'",
                "wait=enforced&timeout=61s | timeout | must be 0ms to 60s, such as 500ms or 2s, was '61s'",
                "force=1                | force   | is no parameter of this path",
            })
    void aBadParameterIsNamed(String query, String field, String detail) throws IOException {
        try (var client = client()) {
            assertThat(client.send("PUT", "/v1/endpoints/vm-1?" + query, ENDPOINT))
                    .isEqualTo(problem(422, "Invalid field", detail, field));
            assertThat(control.snapshot().endpoints()).isEmpty();
        }
    }

    /// VNIs have 24 bits, and 0 is none.
    @ParameterizedTest
    @CsvSource({"0", "16777216", "-1", "4294967297"})
    void aVniThatIsNoneIsRefused(long vni) throws IOException {
        String port = ENDPOINT.replaceFirst("\\{", "{\"segments\": [{\"device\": \"tap9\", \"vni\": " + vni + "}], ");
        try (var client = client()) {
            assertThat(client.send("PUT", "/v1/segments/blue", "{\"vni\": " + vni + "}"))
                    .isEqualTo(problem(422, "Invalid field", "must be 1 to 16777215, was " + vni, "vni"));
            assertThat(client.send("PUT", "/v1/endpoints/vm-1", port))
                    .isEqualTo(problem(422, "Invalid field", "must be 1 to 16777215, was " + vni, "segments[0].vni"));
            assertThat(client.send("PUT", "/v1/segments/blue", "{\"vni\": 16777215}")
                            .status())
                    .isEqualTo(201);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "GET,/",
        "GET,/v2/endpoints",
        "GET,/v1",
        "GET,/v1/segment",
        "POST,/v1/explained",
        "GET,/v1/endpoints/a/b"
    })
    void aPathThatIsNotThereIsNotFound(String method, String path) throws IOException {
        try (var client = client()) {
            assertThat(client.send(method, path, null)).isEqualTo(problem(404, "No such path", "there is no " + path));
        }
    }

    @Test
    void aMethodThatAPathDoesNotTakeIsRefused() throws IOException {
        try (var client = client()) {
            assertThat(client.send("POST", "/v1/endpoints", null))
                    .isEqualTo(problem(405, "Method not allowed", "/v1/endpoints takes GET, PUT, not POST"));
        }
    }

    @Test
    void healthReadinessAndVersion() throws IOException {
        try (var client = client()) {
            assertThat(client.send("GET", "/v1/healthz", null)).isEqualTo(new Reply(200, "{\"healthy\":true}\n"));
            assertThat(client.send("GET", "/v1/readyz", null)).isEqualTo(new Reply(200, "{\"ready\":true}\n"));
            assertThat(client.send("GET", "/v1/version", null).body())
                    .isEqualTo("{\"node\":\"hv1\",\"version\":\"0.1.0\",\"started\":\"2026-11-21T08:00:00Z\"}\n");
            control.inSync(false);
            assertThat(client.send("GET", "/v1/readyz", null).status()).isEqualTo(503);
        }
    }

    @Test
    void pagesComeAsTextToo() throws IOException {
        control.putEndpoint(Samples.endpoint(1));
        try (var client = client()) {
            assertThat(client.send("GET", "/v1/endpoints/vm-1", "text/plain", null)
                            .body())
                    .isEqualTo("""
                            ENDPOINT  DEVICE  ADDRESSES           GROUPS  STATE
                            vm-1      tap1    10.1.0.1,fd00:1::1  100     New
                              InterfaceReady Waiting (Asked): not yet, for 1m30s
                              RulesEnforced Waiting (Asked): not yet, for 1m30s
                              RouteInstalled Waiting (Asked): not yet, for 1m30s
                              Advertised Waiting (Asked): not yet, for 1m30s
                            """);
        }
    }

    @Test
    void aThousandRequestsAtOnceAreAllAnswered() throws Exception {
        var clients = IntStream.range(0, 1000)
                .mapToObj(number -> Thread.ofVirtual().start(() -> putSample(number)))
                .toList();
        for (Thread client : clients) {
            client.join();
        }
        assertThat(control.snapshot().endpoints()).hasSize(1000);
    }

    private void putSample(int number) {
        try (var client = client()) {
            String body = StrictJson.text(json -> EndpointJson.write(json, Samples.endpoint(number)));
            assertThat(client.send("PUT", "/v1/endpoints/vm-" + number, body).status())
                    .isEqualTo(201);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void theClientSaysThatNobodyAnswers(@TempDir Path folder) {
        assertThatThrownBy(() -> ApiClient.connect(folder.resolve("none.sock"), Duration.ofSeconds(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no agent answers on " + folder.resolve("none.sock"));
    }

    private ApiClient client() throws IOException {
        return ApiClient.connect(socket, Duration.ofSeconds(30));
    }

    private static Reply problem(int status, String title, String detail) {
        return problem(status, title, detail, null);
    }

    private static Reply problem(int status, String title, String detail, @Nullable String field) {
        return new Reply(
                status,
                "{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"detail\":\"" + detail
                        + "\"" + (field == null ? "" : ",\"field\":\"" + field + "\"") + "}\n");
    }
}
