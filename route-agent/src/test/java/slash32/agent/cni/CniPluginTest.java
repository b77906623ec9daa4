package slash32.agent.cni;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// What needs neither root nor an agent; the scenario lab/topologies/cni drives the program with both.
class CniPluginTest {
    private static final Map<String, String> ADD = Map.of(
            "CNI_COMMAND",
            "ADD",
            "CNI_CONTAINERID",
            "c1",
            "CNI_NETNS",
            "/var/run/netns/none",
            "CNI_IFNAME",
            "eth0",
            "CNI_PATH",
            "/nowhere");

    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();

    private int run(Map<String, String> environment, String input) {
        return new CniPlugin(environment, new ByteArrayInputStream(input.getBytes(UTF_8)), new PrintWriter(out)).run();
    }

    private String config(String more) {
        return "{\"cniVersion\": \"1.1.0\", \"name\": \"net\", \"type\": \"slash32-cni\", \"socket\": \"" + folder
                + "/none.sock\"" + more + "}";
    }

    private static Map<String, String> with(Map<String, String> variables, String name, String value) {
        var changed = new HashMap<>(variables);
        changed.put(name, value);
        return changed;
    }

    @ParameterizedTest(name = "{0} with {1}=''{2}'' names {3}")
    @CsvSource({
        "ADD, CNI_CONTAINERID, '', CNI_CONTAINERID",
        "ADD, CNI_CONTAINERID, -c1, CNI_CONTAINERID",
        "ADD, CNI_NETNS, '', CNI_NETNS",
        "ADD, CNI_IFNAME, '', CNI_IFNAME",
        "ADD, CNI_IFNAME, sixteen-octets-.., CNI_IFNAME",
        "DEL, CNI_CONTAINERID, '', CNI_CONTAINERID",
        "DEL, CNI_IFNAME, a/b, CNI_IFNAME",
        "CHECK, CNI_NETNS, '', CNI_NETNS",
        "RENEW, CNI_IFNAME, eth0, CNI_COMMAND"
    })
    void whatIsWrongInTheEnvironmentIsNamedWithCode4(String command, String name, String value, String named) {
        assertThat(run(with(with(ADD, "CNI_COMMAND", command), name, value), config("")))
                .isEqualTo(1);
        assertThat(out.toString()).contains("\"code\":4", "missing or invalid: " + named + "\"");
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource(delimiter = '|', textBlock = """
                    6  | {
                    1  | {"cniVersion": "0.3.1", "name": "net", "type": "slash32-cni"}
                    1  | {"name": "net", "type": "slash32-cni"}
                    7  | {"cniVersion": "1.1.0", "type": "slash32-cni"}
                    7  | {"cniVersion": "1.1.0", "name": "-net", "type": "slash32-cni"}
                    7  | {"cniVersion": "1.0.0", "name": "net", "type": "slash32-cni", "groups": [0]}
                    7  | {"cniVersion": "1.1.0", "name": "net", "type": "slash32-cni", "mtu": 67}
                    7  | {"cniVersion": "1.1.0", "name": "net", "type": "slash32-cni", "ipam": {"type": "host-local"}}
                    7  | {"cniVersion": "1.1.0", "name": "net", "type": "slash32-cni", "runtimeConfig": {"ips": ["10.1.0"]}}
                    7  | {"cniVersion": "1.1.0", "name": "net", "type": "slash32-cni"}
                    """)
    void aConfigurationThatCannotBeIsRefusedByCode(int code, String config) {
        assertThat(run(ADD, config)).isEqualTo(1);
        assertThat(out.toString()).contains("\"code\":" + code + ",");
    }

    @Test
    void versionsAreToldToWhoeverAsks() {
        assertThat(run(Map.of("CNI_COMMAND", "VERSION"), "{\"cniVersion\": \"1.0.0\"}"))
                .isZero();
        assertThat(out).hasToString("{\"cniVersion\":\"1.0.0\",\"supportedVersions\":[\"1.0.0\",\"1.1.0\"]}\n");
    }

    @Test
    void withoutAnAgentThereIsNoService() {
        assertThat(run(Map.of("CNI_COMMAND", "STATUS"), config(""))).isEqualTo(1);
        assertThat(out.toString()).contains("\"code\":50,", "no agent answers");
        assertThat(run(with(ADD, "CNI_COMMAND", "CHECK"), config(", \"prevResult\": {}")))
                .isEqualTo(1);
        assertThat(out.toString()).contains("\"code\":11,");
        assertThat(run(with(ADD, "CNI_COMMAND", "CHECK"), config(""))).isEqualTo(1);
        assertThat(out.toString()).contains("\"code\":7,", "prevResult is missing");
    }

    @Test
    void allNamesFollowFromNetworkContainerAndInterface() {
        var one = new Attachment("net", "c1", "eth0");
        List<Attachment> others = List.of(
                new Attachment("net2", "c1", "eth0"),
                new Attachment("net", "c2", "eth0"),
                new Attachment("net", "c1", "eth1"));
        assertThat(one.endpointId()).matches("cni-[0-9a-f]{8}-[0-9a-f]{24}").startsWith(Attachment.idPrefix("net"));
        assertThat(one.device().value()).matches("cni[0-9a-f]{12}");
        assertThat(one.mac().toString()).matches("0a(:[0-9a-f]{2}){5}");
        assertThat(others)
                .noneMatch(other -> other.endpointId().equals(one.endpointId())
                        || other.device().equals(one.device())
                        || other.mac().equals(one.mac()));
    }
}
