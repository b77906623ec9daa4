package slash32.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.Golden;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;

/// Every kind of wrong body, and the problem that it is answered with.
class MalformedInputTest {
    private static final Path TABLES = Path.of("src/test/resources/slash32/agent/api");
    private static final String GOOD =
            "{\"device\":\"tap1\",\"mac\":\"02:16:3e:00:00:01\",\"addresses\":[\"10.1.0.1\"],\"groups\":[100]}";
    private static final String GOOD_GROUP =
            "{\"rules\":[{\"id\":\"a\",\"direction\":\"ingress\"},{\"id\":\"b\",\"direction\":\"egress\"}]}";

    private final Path socket;

    MalformedInputTest(@TempDir Path folder) {
        socket = folder.resolve("agent.sock");
    }

    @Test
    void aWrongEndpointIsRefusedByFieldAndReason() throws IOException {
        answers(
                "endpoint",
                "/v1/endpoints/vm-1",
                List.of(
                        "",
                        " ",
                        "{",
                        "nonsense",
                        GOOD + "x",
                        GOOD + GOOD,
                        "{\"device\":\"tap1\",\"device\":\"tap2\"}",
                        "[".repeat(100) + "]".repeat(100),
                        "\"tap1\"",
                        "[]",
                        "null",
                        "{}",
                        edit("\"tap1\"", "1"),
                        edit("\"tap1\"", "null"),
                        edit("tap1", "tap-with-too-long-a-name"),
                        edit("tap1", "tap/1"),
                        edit("tap1", ""),
                        edit("\"device\"", "\"dev\":1,\"device\""),
                        edit("02:16:3e:00:00:01", "02:16:3e:00:00"),
                        edit("02:16:3e:00:00:01", "ff:ff:ff:ff:ff:ff"),
                        edit("02:16:3e:00:00:01", "00:00:00:00:00:00"),
                        edit("[\"10.1.0.1\"]", "\"10.1.0.1\""),
                        edit("[\"10.1.0.1\"]", "[]"),
                        edit("[\"10.1.0.1\"]", "[10]"),
                        edit("10.1.0.1", "10.1.0.256"),
                        edit("10.1.0.1", "10.1.0.0/24"),
                        edit("10.1.0.1", "10.1.0.1/24"),
                        edit("10.1.0.1", "fd00::/64"),
                        edit("10.1.0.1", "224.0.0.1"),
                        edit("10.1.0.1", "127.0.0.1"),
                        edit("10.1.0.1", "fe80::1"),
                        edit("10.1.0.1", "255.255.255.255"),
                        edit("\"10.1.0.1\"", "\"10.1.0.1\",\"10.1.0.1/32\""),
                        edit("[100]", "100"),
                        edit("[100]", "[0]"),
                        edit("[100]", "[4294967296]"),
                        edit("[100]", "[100.0]"),
                        edit("[100]", "[\"100\"]"),
                        edit("[100]", "[100,7,100]"),
                        edit("\"groups\"", "\"portSecurity\":false,\"groups\""),
                        edit("\"groups\"", limits("7")),
                        edit("\"groups\"", limits("{\"both\":{\"packetsPerSecond\":1}}")),
                        edit("\"groups\"", limits("{\"egress\":{}}")),
                        edit("\"groups\"", limits("{\"egress\":{\"packetsPerSecond\":0}}")),
                        edit("\"groups\"", limits("{\"egress\":{\"packetsPerSecond\":10000001}}")),
                        edit("\"groups\"", limits("{\"egress\":{\"packetsPerSecond\":1.5}}")),
                        edit("\"groups\"", limits("{\"egress\":{\"packetBurst\":5}}")),
                        edit("\"groups\"", limits("{\"ingress\":{\"connectionsPerSecond\":1,\"burst\":5}}")),
                        edit("\"groups\"", "\"portSecurity\":1,\"groups\""),
                        edit("\"groups\"", pairs("{}")),
                        edit("\"groups\"", pairs("{\"ip\":\"10.2.0.1/16\"}")),
                        edit("\"groups\"", pairs("{\"ip\":\"10.2.0.1\",\"mac\":\"01:00:5e:00:00:01\"}")),
                        edit("\"groups\"", pairs("{\"ip\":\"10.2.0.1\",\"name\":\"vip\"}")),
                        edit("\"groups\"", pairs("{\"ip\":\"10.2.0.1\"},{\"ip\":\"10.2.0.1/32\"}")),
                        edit("\"groups\":[100]", "\"portSecurity\":false," + pairs("{\"ip\":\"10.2.0.1\"}") + ":[]"),
                        edit("\"groups\"", "\"generation\":-1,\"groups\""),
                        edit("\"groups\"", "\"generation\":1e3,\"groups\""),
                        edit("\"groups\"", "\"generation\":99999999999999999999,\"groups\""),
                        edit("\"groups\"", "\"mode\":\"steal\",\"groups\""),
                        edit("\"groups\"", "\"mode\":\"CREATE\",\"groups\""),
                        edit("\"groups\"", "\"role\":\"migration_target\",\"groups\""),
                        edit("\"groups\"", "\"ownerUid\":107,\"groups\""),
                        edit("\"groups\"", "\"mode\":\"create\",\"ownerGid\":-1,\"groups\""),
                        edit("\"groups\"", "\"multiQueue\":true,\"groups\""),
                        edit("\"groups\"", "\"mtuBytes\":67,\"groups\""),
                        edit("\"groups\"", "\"mtuBytes\":65522,\"groups\""),
                        edit("10.1.0.1\"]", "fd00::1\"],\"mtuBytes\":1279"),
                        edit("\"groups\"", "\"id\":\"vm-2\",\"groups\""),
                        edit("\"groups\"", "\"id\":\"vm 1\",\"groups\"")));
    }

    /// To stand before the field {@code groups}.
    private static String limits(String limits) {
        return "\"rateLimits\":" + limits + ",\"groups\"";
    }

    private static String pairs(String pairs) {
        return "\"allowedAddressPairs\":[" + pairs + "],\"groups\"";
    }

    @Test
    void wrongSettingsOfAGuestAreRefusedByFieldAndReason() throws IOException {
        answers(
                "guest",
                "/v1/endpoints/vm-1",
                Stream.of(
                                "[]",
                                "{\"dhcp\":1}",
                                "{\"hostname\":\"a.b\"}",
                                "{\"hostname\":\"-a\"}",
                                "{\"domain\":\"example..org\"}",
                                "{\"domain\":\"example.org.\"}",
                                "{\"dns\":[\"10.0.0.53/32\"]}",
                                "{\"dns\":[\"::\"]}",
                                "{\"dns\":[\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\",\"9.9.9.9\"]}",
                                "{\"subnets\":[\"10.2.0.0/24\"]}",
                                "{\"subnets\":[\"10.1.0.0/24\",\"10.0.0.0/8\"]}",
                                "{\"subnets\":[\"10.1.0.1/24\"]}",
                                "{\"routes\":[\"10.0.0.0/8\",\"10.0.0.0/8\"]}",
                                "{\"leaseSeconds\":60}",
                                "{\"ipv6\":\"auto\"}",
                                "{\"ipv6\":\"slaac\"}",
                                "{\"ntp\":[\"10.0.0.1\"]}")
                        .map(guest -> edit("\"groups\"", "\"guest\":" + guest + ",\"groups\""))
                        .toList());
    }

    private static String edit(String from, String to) {
        assertThat(GOOD).contains(from);
        return GOOD.replace(from, to);
    }

    @Test
    void aWrongGroupIsRefusedByFieldAndReason() throws IOException {
        answers(
                "group",
                "/v1/groups/100",
                List.of(
                        "[]",
                        "{\"rules\":{}}",
                        "{\"rules\":[1]}",
                        "{\"rules\":[{}]}",
                        "{\"id\":101}",
                        "{\"id\":\"100\"}",
                        "{\"name\":1}",
                        "{\"members\":[]}",
                        "{\"stateful\":\"no\"}",
                        "{\"addresses\":\"10.0.0.1\"}",
                        "{\"addresses\":[\"10.0.0.1/8\"]}",
                        "{\"addresses\":[\"10.0.0.9-10.0.0.1\"]}",
                        "{\"addresses\":[\"10.0.0.1-fd00::1\"]}",
                        "{\"addresses\":[\"10.0.0.1\",\"10.0.0.0-10.0.0.1\",\"10.0.0.0/31\"]}",
                        editSecond("\"id\":\"b\"", "\"id\":\"a\""),
                        editSecond("egress", "ingress"),
                        editSecond("egress", "EGRESS"),
                        editSecond("egress", "both"),
                        addToSecond("\"ethertype\":\"arp\""),
                        addToSecond("\"protocol\":6"),
                        addToSecond("\"protocol\":\"carrier-pigeon\""),
                        addToSecond("\"protocol\":\"256\""),
                        addToSecond("\"protocol\":\"ipv6-icmp\""),
                        addToSecond("\"portRangeMin\":80"),
                        addToSecond("\"protocol\":\"tcp\",\"portRangeMin\":80"),
                        addToSecond("\"protocol\":\"tcp\",\"portRangeMin\":0,\"portRangeMax\":80"),
                        addToSecond("\"protocol\":\"tcp\",\"portRangeMin\":81,\"portRangeMax\":80"),
                        addToSecond("\"protocol\":\"tcp\",\"portRangeMin\":80,\"portRangeMax\":65536"),
                        addToSecond("\"protocol\":\"tcp\",\"portRangeMin\":\"80\",\"portRangeMax\":80"),
                        addToSecond("\"protocol\":\"gre\",\"portRangeMin\":80,\"portRangeMax\":80"),
                        addToSecond("\"protocol\":\"icmp\",\"portRangeMin\":256"),
                        addToSecond("\"protocol\":\"icmp\",\"portRangeMax\":0"),
                        addToSecond("\"protocol\":\"icmp\",\"portRangeMin\":8,\"portRangeMax\":256"),
                        addToSecond("\"ethertype\":\"IPv6\",\"remoteIpPrefix\":\"10.0.0.0/8\""),
                        addToSecond("\"remoteGroupId\":4294967296"),
                        addToSecond("\"remoteIpPrefix\":\"10.0.0.1/8\""),
                        addToSecond("\"remoteIpPrefix\":\"fd00::/64\""),
                        addToSecond("\"remoteGroupId\":0"),
                        addToSecond("\"remoteGroupId\":\"web\""),
                        addToSecond("\"remoteGroupId\":7,\"remoteIpPrefix\":\"10.0.0.0/8\""),
                        addToSecond("\"remoteAddressGroupId\":7"),
                        addToSecond("\"action\":\"deny\"")));
    }

    private static String editSecond(String from, String to) {
        assertThat(GOOD_GROUP).contains(from);
        return GOOD_GROUP.replace(from, to);
    }

    private static String addToSecond(String fields) {
        return GOOD_GROUP.replace("\"egress\"", "\"egress\"," + fields);
    }

    @Test
    void aWrongNameInThePathIsRefused() throws IOException {
        var control = new MemoryControl();
        try (var server = new HttpServer(Limits.DEFAULT)) {
            server.listen(socket, new Api(control, InstantSource.system()));
            try (var client = ApiClient.connect(socket, Duration.ofSeconds(30))) {
                for (String name : List.of("a%20b", "%00", "x".repeat(64), "a%2Fb", "")) {
                    assertThat(client.send("PUT", "/v1/endpoints/" + name, GOOD).body())
                            .contains(
                                    "\"status\":422",
                                    "must be 1 to 63 characters of A-Z a-z 0-9 . _ -",
                                    "\"field\":\"id\"");
                }
                for (String name : List.of("0", "web", "4294967296", "-1")) {
                    assertThat(client.send("PUT", "/v1/groups/" + name, "{}").body())
                            .contains("\"status\":422", "must be 1 to 4294967295", "\"field\":\"id\"");
                }
                assertThat(client.send("GET", "/v1/endpoints/%zz", null).status())
                        .isEqualTo(400);
            }
        }
        assertThat(control.snapshot().endpoints()).isEmpty();
        assertThat(control.snapshot().groups()).isEmpty();
    }

    /// Puts every body, and compares what came back with a golden file; nothing of them may be kept.
    private void answers(String name, String path, List<String> bodies) throws IOException {
        var control = new MemoryControl();
        var answers = new StringBuilder();
        try (var server = new HttpServer(Limits.DEFAULT)) {
            server.listen(socket, new Api(control, InstantSource.system()));
            for (String body : bodies) {
                try (var client = ApiClient.connect(socket, Duration.ofSeconds(30))) {
                    answers.append(body)
                            .append("\n    ")
                            .append(client.send("PUT", path, body).body());
                }
            }
        }
        assertThat(control.snapshot().endpoints()).isEmpty();
        assertThat(control.snapshot().groups()).isEmpty();
        Golden.check(TABLES.resolve("malformed-" + name + ".txt"), answers.toString());
    }
}
