package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Segments by the API of a running agent, in the kernel.
@InNetns
class SegmentApiKernelTest {
    private static final String PORT_A = """
            {"device": "g0", "mac": "02:00:00:00:00:01", "tenant": "acme",
             "segments": [{"overlay": "wide", "vni": 5001, "addresses": ["192.0.2.1"]}]}""";
    private static final String PORT_B = """
            {"device": "g2", "mac": "02:00:00:00:00:02", "tenant": "acme",
             "segments": [{"overlay": "wide", "vni": 5001, "addresses": ["192.0.2.2"]}]}""";

    private static final String LAN = """
            {"vni": 5003, "tenant": "acme", "gateway": ["192.0.2.254/24"]}""";

    @TempDir
    Path folder;

    private final String guestA = "s32sega" + ProcessHandle.current().pid();
    private final String guestB = "s32segb" + ProcessHandle.current().pid();
    private final String fabric = "s32segf" + ProcessHandle.current().pid();
    private @Nullable RouteAgent agent;

    @BeforeEach
    void guests() {
        Command.run("sh", "-ec", """
                ip link set lo up; ip addr add 10.0.0.11/32 dev lo
                for n in "%1$s 0 1" "%2$s 2 2"; do set -- $n
                  ip netns add $1; ip link add g$2 type veth peer name e0 netns $1 address 02:00:00:00:00:0$3
                  ip -n $1 addr add 192.0.2.$3/24 dev e0; ip -n $1 link set e0 up; ip link set g$2 addrgenmode none
                done""".formatted(guestA, guestB));
    }

    @AfterEach
    void stop() {
        if (agent != null) {
            agent.close();
        }
        Command.tryRun("ip", "netns", "del", guestA);
        Command.tryRun("ip", "netns", "del", guestB);
        Command.tryRun("ip", "netns", "del", fabric);
    }

    @Test
    void aSegmentComesWithItsFirstPortOutlivesTheAgentAndGoesWithTheLast() throws Exception {
        start();
        assertThat(send("PUT", "endpoints/a", PORT_A.replace("5001", "6000")))
                .contains(
                        "422", "segments[0].vni", "VNI 6000 is not delegated to tenant acme, which may use 5000-5999");
        assertThat(send("PUT", "endpoints/a?wait=enforced&timeout=30s", PORT_A)).contains("201");
        assertThat(Command.run("ip", "-d", "link", "show", "v32-5001"))
                .contains("vxlan id 5001 local 10.0.0.11", "dstport 4790");
        assertThat(Command.run("ip", "link", "show", "b32-5001")).contains("mtu 1400");
        assertThat(send("PUT", "endpoints/b?wait=enforced&timeout=30s", PORT_B)).contains("201");
        assertThat(pings()).isTrue();
        assertThat(send("GET", "segments", null)).contains("\"wide/5001\"", "\"udpPort\":4790", "\"here\":2");

        RouteAgent first = agent;
        agent = null;
        if (first != null) {
            first.close();
        }
        assertThat(pings()).isTrue();
        String index = index();
        start();
        assertThat(send("PUT", "endpoints/b?wait=enforced&timeout=30s", PORT_B)).contains("200");
        assertThat(index()).isEqualTo(index);
        assertThat(pings()).isTrue();

        send("DELETE", "endpoints/a", null);
        send("DELETE", "endpoints/b", null);
        assertThat(send("PUT", "segments/blue", "{\"vni\": 5001, \"tenant\": \"acme\"}"))
                .contains("201");
        assertThat(send(
                        "PUT",
                        "endpoints/a?wait=enforced&timeout=30s",
                        PORT_A.replaceFirst("\"overlay.*5001", "\"segment\": \"blue\"")))
                .contains("201");
        assertThat(Command.run("ip", "-d", "link", "show", "v32-5001")).contains("dstport 4789");
        assertThat(Command.run("ip", "link", "show", "b32-5001")).contains("mtu 1450");
        assertThat(send("DELETE", "segments/blue", null)).contains("409", "has ports here, such as g0");
        send("DELETE", "endpoints/a", null);
        assertThat(send("DELETE", "segments/blue", null)).contains("204");
        assertThat(send("PUT", "endpoints/b?wait=enforced&timeout=30s", PORT_B.replace("5001", "5002")))
                .contains("201");
        assertThat(Command.run("ip", "link")).doesNotContain("-5001").contains("v32-5002");
    }

    /// Nor does it end with the agent; and a guest that goes takes its route along.
    @Test
    void aGatewayLeadsToTheFabricAndNotToTheHost() throws Exception {
        Command.run("sh", "-ec", """
                ip netns add %2$s; ip link add u0 type veth peer name u1 netns %2$s
                ip addr add 10.0.1.1/24 dev u0; ip link set u0 up; ip -n %1$s route add default via 192.0.2.254
                ip -n %2$s addr add 10.0.1.2/24 dev u1; ip -n %2$s link set u1 up
                ip -n %2$s route add 192.0.2.0/24 via 10.0.1.1""".formatted(guestA, fabric));
        start();
        assertThat(send("PUT", "segments/lan", LAN)).contains("201");
        String port = PORT_A.replaceFirst("\"overlay.*5001", "\"segment\": \"lan\"");
        assertThat(send("PUT", "endpoints/a?wait=enforced&timeout=30s", port.replace("2.1", "2.254")))
                .contains("422", "192.0.2.254 is the address of its gateway");
        assertThat(send("PUT", "endpoints/a?wait=enforced&timeout=30s", port)).contains("201");
        eventually(() -> pings(guestA, "10.0.1.2"));
        assertThat(pings(fabric, "192.0.2.1")).isTrue();
        assertThat(pings(guestA, "192.0.2.254")).isTrue();
        assertThat(pings(guestA, "10.0.0.11")).as("the host itself").isFalse();
        assertThat(send("GET", "segments", null)).contains("\"gateway\":[\"192.0.2.254/24\"]");
        assertThat(send("POST", "explain", """
                        {"from": "192.0.2.1", "to": "10.0.1.2", "protocol": "icmp"}""")).contains("\"passes\":true", "\"routes\":true");
        RouteAgent running = Objects.requireNonNull(agent);
        var overlapping = Agents.config(config() + "segments: [{name: file, vni: 5009, gateway: [192.0.2.1/28]}]");
        assertThatThrownBy(() -> running.reload(overlapping))
                .hasMessage("gateway of segment file: 192.0.2.0/28 overlaps the gateway of segment lan");

        RouteAgent first = agent;
        agent = null;
        if (first != null) {
            first.close();
        }
        assertThat(pings(guestA, "10.0.1.2")).isTrue();
        start();
        assertThat(send("PUT", "endpoints/a?wait=enforced&timeout=30s", port)).contains("200");
        assertThat(pings(fabric, "192.0.2.1")).isTrue();
        send("DELETE", "endpoints/a", null);
        eventually(() -> !pings(fabric, "192.0.2.1"));
        assertThat(Command.run("ip", "route", "show", "proto", "132")).doesNotContain("192.0.2.1");
    }

    /// A number of an earlier run is said again when the guest is there, and not before: it may have been started
    /// elsewhere while this host was down.
    @Test
    void aMacIsAnnouncedWithItsNumberForAsLongAsItsInterfaceIsThere() throws Exception {
        Path numbers = Files.createDirectories(folder.resolve("state")).resolve("mac-sequences");
        Files.writeString(numbers, "5001 02:00:00:00:00:01 7\n");
        start();
        assertThat(send("PUT", "endpoints/a", PORT_A.replace("g0", "g9"))).contains("201");
        eventually(() -> get("segments").contains("no interface g9"));
        assertThat(get("evpn")).doesNotContain("02:00:00:00:00:01");
        guestComes();
        eventually(() -> get("evpn").contains("\"sequence\":7"));

        RouteAgent first = agent;
        agent = null;
        if (first != null) {
            first.close();
        }
        start();
        eventually(() -> get("evpn").contains("\"sequence\":7"));
        Command.run("ip", "link", "del", "g9");
        eventually(() -> !get("evpn").contains("02:00:00:00:00:01"));
        guestComes();
        eventually(() -> get("evpn").contains("\"sequence\":7"));
        assertThat(numbers).hasContent("5001 02:00:00:00:00:01 7\n");
        send("DELETE", "endpoints/a", null);
        eventually(() -> !get("segments").contains("wide/5001"));
        assertThat(numbers).isEmptyFile();
    }

    private void guestComes() {
        Command.run("ip", "link", "add", "g9", "type", "veth", "peer", "name", "e9", "netns", guestA);
    }

    private String get(String target) {
        return Agents.get(folder.resolve("agent.sock"), "/v1/" + target);
    }

    /// Of this node alone: unasked when the gateway comes, and asked by a guest that boots later.
    @Test
    void guestsLearnTheirRouterAndTheMtuOfTheirSegmentByItsAdvertisements() throws Exception {
        Command.run(
                "sh",
                "-ec",
                "ip addr add fd02::11/128 dev lo nodad; ip -n " + guestA + " link set e0 addrgenmode eui64");
        start(config().replace("{address: 10.0.0.11}", "{address: 10.0.0.11, address6: 'fd02::11'}"));
        assertThat(send("PUT", "segments/lan", LAN.replace("\"192", "\"fd05::fe/64\", \"192")))
                .contains("201");
        String port = PORT_A.replaceFirst("\"overlay.*5001", "\"segment\": \"lan\"");
        assertThat(send("PUT", "endpoints/a?wait=enforced&timeout=30s", port)).contains("201");
        eventually(() -> mtu() == 1450);
        Command.run("ip", "-n", guestA, "link", "set", "e0", "down");
        Command.run("ip", "netns", "exec", guestA, "sysctl", "-qw", "net.ipv6.conf.e0.mtu=1500");
        Command.run("ip", "-n", guestA, "link", "set", "e0", "up");
        eventually(() -> mtu() == 1450);
        assertThat(Command.run("ip", "-n", guestA, "-6", "route"))
                .contains("default via fe80::1 dev e0 proto ra", "fd05::/64 dev e0 proto kernel");
        assertThat(Command.run("ip", "-n", guestA, "addr", "show", "dev", "e0")).doesNotContain("fd05:");
    }

    private int mtu() {
        return Integer.parseInt(Command.run("ip", "netns", "exec", guestA, "sysctl", "-n", "net.ipv6.conf.e0.mtu")
                .strip());
    }

    private static boolean pings(String from, String to) {
        return Command.tryRun("ip", "netns", "exec", from, "ping", "-c", "1", "-W", "1", to)
                        .exitCode()
                == 0;
    }

    private static void eventually(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
            LockSupport.parkNanos(10_000_000L);
        }
    }

    private static String index() {
        return Command.run("ip", "-o", "link", "show", "v32-5001").replaceFirst(":.*", "");
    }

    private boolean pings() {
        return Command.tryRun("ip", "netns", "exec", guestA, "ping", "-c", "1", "-W", "5", "192.0.2.2")
                        .exitCode()
                == 0;
    }

    private String send(String method, String target, @Nullable String body) throws IOException {
        return Agents.send(folder.resolve("agent.sock"), method, "/v1/" + target, body);
    }

    private void start() throws IOException {
        start(config());
    }

    private void start(String config) throws IOException {
        agent = Agents.start(config);
    }

    private String config() {
        return """
                node: hv1
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.11}
                metrics: {listen: "127.0.0.1:9932"}
                api: {socket: %1$s/agent.sock}
                stateDirectory: %1$s/state
                endpointsDirectory: %1$s/endpoints.d
                overlays: [{name: wide, port: 4790, mtu: 1400}]
                tenants: [{name: acme, vnis: ["5000-5999"]}]
                """.formatted(folder);
    }
}
