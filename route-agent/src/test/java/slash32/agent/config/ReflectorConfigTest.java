package slash32.agent.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

class ReflectorConfigTest {
    private static final String LEAST = """
            name: rr1
            asn: 65000
            routerId: 10.0.0.1
            """;
    private static final String MOST = """
            name: rr1
            asn: 65000
            routerId: 10.0.0.1
            clusterId: 10.0.0.9
            listen: ["10.0.0.1:1790", "[2001:db8::1]:1790"]
            peers:
              - {address: 10.0.0.2, client: false, bfd: {interval: 50ms}}
              - {address: "2001:db8::11", families: [ipv6-unicast], holdTime: 9s}
            peerRanges:
              - {prefix: 10.0.0.0/16, max: 500, families: [ipv4-unicast, l2vpn-evpn, ipv4-flowspec], addPathSend: [ipv4-unicast]}
            gracefulRestart: 60s
            settleTime: 2s
            metrics: {listen: "10.0.0.1:9933"}
            api: {socket: /tmp/rr.sock}
            """;

    @Test
    void fillsInTheDefaults() {
        assertThat(accepted(LEAST))
                .isEqualTo(new ReflectorConfig(
                        "rr1",
                        new Asn(65000),
                        Ipv4Address.parse("10.0.0.1"),
                        Ipv4Address.parse("10.0.0.1"),
                        List.of(SocketEndpoint.parse("0.0.0.0:179")),
                        List.of(),
                        List.of(),
                        Duration.ofMinutes(2),
                        Duration.ofSeconds(30),
                        SocketEndpoint.parse("127.0.0.1:9933"),
                        ApiConfig.at(Path.of("/run/slash32/reflector.sock")),
                        MonitoringConfig.NONE));
    }

    @Test
    void readsEveryKeyAndTakesPeersForClients() {
        ReflectorConfig config = accepted(MOST);
        assertThat(config.clusterId()).isEqualTo(Ipv4Address.parse("10.0.0.9"));
        assertThat(config.peers().getFirst().options().client()).isFalse();
        assertThat(config.peers().getFirst().bfd()).isNotNull();
        assertThat(config.peers().getLast().options().client()).isTrue();
        PeerRangeConfig range = config.peerRanges().getFirst();
        assertThat(range.prefix()).isEqualTo(Prefix.parse("10.0.0.0/16"));
        assertThat(range.max()).isEqualTo(500);
        assertThat(range.peer().families())
                .containsExactlyInAnyOrder(
                        AddressFamily.IPV4_UNICAST, AddressFamily.L2VPN_EVPN, AddressFamily.IPV4_FLOWSPEC);
        assertThat(range.peer().options().client()).isTrue();
        assertThat(range.peer().options().session().addPathSend()).containsExactly(AddressFamily.IPV4_UNICAST);
        assertThat(config.local(IpAddress.parse("2001:db8::77"))).isEqualTo(IpAddress.parse("2001:db8::1"));
        assertThat(config.settleTime()).isEqualTo(Duration.ofSeconds(2));
        assertThat(config.fixedKeysUnlike(accepted(LEAST)))
                .containsExactly("clusterId", "listen", "settleTime", "metrics.listen", "api.socket");
    }

    @Test
    void saysAllThatIsWrong() {
        String wrong = """
                name: rr1
                asn: 65000
                routerId: 10.0.0.1
                cluster: 10.0.0.1
                listen: ["10.0.0.1:179", "10.0.0.2:1790"]
                peers:
                  - {address: 10.0.0.2, bfd: {}}
                  - {address: 10.0.0.2}
                  - {address: "2001:db8::2", bfd: {}}
                """;
        assertThat(refused(wrong)).isEqualTo("""
                        rr.yaml:4:1: cluster: unknown key, did you mean clusterId? (allowed: name, asn, routerId, clusterId, \
                        listen, peers, peerRanges, gracefulRestart, settleTime, metrics, api, bmp, mrt)
                        rr.yaml:5:9: listen: has more than one port
                        rr.yaml:8:15: peers[1].address: is the address of an earlier peer: 10.0.0.2
                        rr.yaml:9:35: peers[2].bfd: needs an address of its family in listen""");
    }

    @Test
    void theSchemaKnowsTheKeys() throws IOException {
        assertThat(problems(LEAST)).isEmpty();
        assertThat(problems(MOST)).isEmpty();
        assertThat(problems(LEAST + "underlay: {address: 10.0.0.1}\n")).isNotEmpty();
    }

    /// One description of a peer in two files: this holds them together.
    @Test
    void thePeersOfBothSchemasAreAlike() throws IOException {
        for (String list : List.of("peers", "peerRanges")) {
            ObjectNode agents = peer(ConfigSchema.AGENT, list);
            assertThat(agents.remove("interface") != null).isEqualTo(list.equals("peers"));
            ObjectNode reflectors = peer(ConfigSchema.REFLECTOR, list);
            assertThat(reflectors.remove("client")).isNotNull();
            assertThat(reflectors.remove("addPathSend")).isNotNull();
            assertThat(reflectors.fieldNames()).toIterable().containsExactlyElementsOf(() -> agents.fieldNames());
        }
    }

    @Test
    void theSchemaAndTheParserKnowTheSameFamilies() throws IOException {
        JsonNode names =
                new ObjectMapper().readTree(ConfigSchema.REFLECTOR.text()).at("/$defs/family/enum");
        assertThat(names)
                .map(JsonNode::textValue)
                .containsExactlyElementsOf(ReflectorConfig.FAMILIES.stream()
                        .map(AddressFamily::toString)
                        .toList());
    }

    private static ObjectNode peer(ConfigSchema schema, String list) throws IOException {
        return (ObjectNode) new ObjectMapper().readTree(schema.text()).at("/properties/" + list + "/items/properties");
    }

    private static Iterable<?> problems(String yaml) {
        var schema =
                JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(ConfigSchema.REFLECTOR.text());
        Object loaded = new Load(LoadSettings.builder().build()).loadFromString(yaml);
        return schema.validate(new ObjectMapper().valueToTree(loaded));
    }

    private static ReflectorConfig accepted(String yaml) {
        return switch (ConfigFile.parseReflector(yaml)) {
            case Loaded.Accepted<ReflectorConfig>(ReflectorConfig config) -> config;
            case Loaded.Refused<ReflectorConfig>(var problems) -> throw new AssertionError(problems);
        };
    }

    private static String refused(String yaml) {
        return switch (ConfigFile.parseReflector(yaml)) {
            case Loaded.Accepted<ReflectorConfig>(ReflectorConfig config) -> throw new AssertionError(config);
            case Loaded.Refused<ReflectorConfig>(var problems) ->
                problems.stream().map(problem -> problem.text("rr.yaml")).collect(Collectors.joining("\n"));
        };
    }
}
