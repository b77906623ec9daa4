package slash32.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import slash32.agent.Samples;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.GroupJson;
import slash32.agent.json.StrictJson;
import slash32.agent.status.ConditionKind;
import slash32.net.Bytes;

/// docs/openapi.yaml against the implementation: the same paths, methods, parameters and fields.
class OpenApiTest {
    private static final Set<String> METHODS = Set.of("get", "put", "delete", "post");

    private final MemoryControl control = new MemoryControl();
    private final Api api = new Api(control, InstantSource.fixed(MemoryControl.START));
    private final JsonNode document;

    OpenApiTest() throws IOException {
        Object yaml = new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(Path.of("../docs/openapi.yaml")));
        document = new ObjectMapper().valueToTree(yaml);
    }

    @Test
    void describesEveryPathMethodAndParameter() {
        var described = new TreeSet<String>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue().properties().forEach(operation -> {
                    if (METHODS.contains(operation.getKey())) {
                        var parameters = new TreeSet<String>();
                        operation
                                .getValue()
                                .path("parameters")
                                .forEach(parameter ->
                                        parameters.add(parameter.get("name").asText()));
                        described.add(
                                operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey() + " " + parameters);
                    }
                }));
        var implemented = new TreeSet<String>();
        api.routes()
                .forEach(route ->
                        implemented.add(route.method() + " /" + route.shape() + " " + new TreeSet<>(route.query())));
        assertThat(described).isEqualTo(implemented);
    }

    @Test
    void describesTheFieldsThatAreTaken() throws Exception {
        assertThat(fields("EndpointSpec"))
                .isEqualTo(known(put("endpoints/a", "{\"device\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"x\":1}")));
        assertThat(fields("GuestSettings"))
                .isEqualTo(known(
                        put("endpoints/a", "{\"device\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"guest\":{\"x\":1}}")));
        assertThat(fields("MetadataSpec"))
                .isEqualTo(known(
                        put("endpoints/a", "{\"device\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"metadata\":{\"x\":1}}")));
        assertThat(fields("RateLimits")).isEqualTo(known(putLimits("{\"x\":1}")));
        assertThat(fields("RateLimit")).isEqualTo(known(putLimits("{\"egress\":{\"x\":1}}")));
        assertThat(fields("Question"))
                .isEqualTo(known(ask(
                        "POST",
                        "explain",
                        "{\"from\":\"10.0.0.1\",\"to\":\"10.0.0.2\",\"protocol\":\"tcp\",\"x\":1}")));
        assertThat(fields("SegmentSpec")).isEqualTo(known(put("segments/a", "{\"vni\":1,\"x\":1}")));
        assertThat(fields("SegmentPort"))
                .isEqualTo(known(put(
                        "endpoints/a", "{\"device\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"segments\":[{\"x\":1}]}")));
        assertThat(fields("GroupSpec")).isEqualTo(known(put("groups/1", "{\"x\":1}")));
        assertThat(fields("Rule"))
                .isEqualTo(known(put("groups/1", "{\"rules\":[{\"id\":\"a\",\"direction\":\"egress\",\"x\":1}]}")));
    }

    @Test
    void acceptsWhatTheImplementationWrites() throws Exception {
        for (var spec : List.of(Samples.endpoint(1), Samples.createdEndpoint())) {
            control.putEndpoint(spec);
            assertValid("EndpointSpec", StrictJson.text(json -> EndpointJson.write(json, spec)));
            control.reach(spec.id(), MemoryControl.holds(ConditionKind.ADVERTISED));
            assertValid("Endpoint", get("endpoints/" + spec.id()));
        }
        control.putSegment(Samples.segment());
        assertValid("SegmentSpec", get("segments/blue"));
        control.putGroup(Samples.group(100));
        assertValid("GroupSpec", StrictJson.text(json -> GroupJson.write(json, Samples.group(100))));
        assertValid("Group", get("groups/100"));
        String to = Samples.endpoint(1).addresses().getFirst().address().toString();
        assertValid(
                "Explanation",
                ask(
                        "POST",
                        "explain",
                        "{\"from\":\"10.9.0.1\",\"to\":\"" + to + "\",\"protocol\":\"tcp\",\"port\":22}"));
        for (int last = 1; last <= 5; last++) {
            String question = "{\"from\":\"192.0.2.9\",\"to\":\"192.0.2." + last + "\",\"protocol\":\"icmp\"}";
            assertValid("Explanation", ask("POST", "explain", question));
        }
        String admin = "{\"from\":\"10.99.0.12\",\"to\":\"10.99.0.11\",\"protocol\":\"tcp\",\"port\":179}";
        assertValid("Explanation", ask("POST", "explain", admin));
        assertValid("Problem", put("endpoints/a", "{}"));
        assertValid("Problem", get("groups/7"));
    }

    private String get(String path) throws InterruptedException {
        return ask("GET", path, "");
    }

    private String put(String path, String body) throws InterruptedException {
        return ask("PUT", path, body);
    }

    private String putLimits(String limits) throws InterruptedException {
        return put("endpoints/a", "{\"device\":\"a\",\"mac\":\"02:00:00:00:00:01\",\"rateLimits\":" + limits + "}");
    }

    private String ask(String method, String path, String body) throws InterruptedException {
        var segments = new ArrayList<String>();
        segments.add("v1");
        segments.addAll(List.of(path.split("/")));
        var request = new Request(
                method,
                "/v1/" + path,
                segments,
                Map.of(),
                Map.of(),
                Bytes.copyOf(body.getBytes(StandardCharsets.UTF_8)));
        var response = (Response.Whole) api.handle(request);
        return new String(response.body().toArray(), StandardCharsets.UTF_8);
    }

    private Set<String> fields(String schema) {
        var fields = new HashSet<String>();
        document.at("/components/schemas/" + schema + "/properties")
                .fieldNames()
                .forEachRemaining(fields::add);
        return fields;
    }

    /// The fields that a refusal of an unknown one lists.
    private static Set<String> known(String problem) throws IOException {
        String detail = new ObjectMapper().readTree(problem).get("detail").asText();
        assertThat(detail).startsWith("unknown field; known are ");
        return Set.of(detail.substring("unknown field; known are ".length()).split(", "));
    }

    private void assertValid(String schema, String json) throws IOException {
        var factory = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012);
        var root = new ObjectMapper().createObjectNode();
        root.put("$ref", "#/components/schemas/" + schema);
        root.set("components", document.get("components"));
        JsonSchema compiled = factory.getSchema(root);
        assertThat(compiled.validate(new ObjectMapper().readTree(json)))
                .as(json)
                .isEmpty();
    }
}
