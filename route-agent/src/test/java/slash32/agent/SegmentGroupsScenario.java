package slash32.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import slash32.testkit.Command;
import slash32.testkit.NamedNetns;

/// What {@link SegmentGroupsVmTest} has done inside the VM: two guests in a segment, each in a namespace of its
/// own. Each step that holds prints a line that begins with "ok".
final class SegmentGroupsScenario {
    private static final String EVERYTHING_OUT = """
            {"id": "out4", "direction": "egress", "ethertype": "IPv4"}, {"id": "out6", "direction": "egress", "ethertype": "IPv6"}""";
    private static final String PING_OF_MEMBERS = """
            {"id": "in4", "direction": "ingress", "ethertype": "IPv4", "protocol": "icmp", "remoteGroupId": 7},
            {"id": "in6", "direction": "ingress", "ethertype": "IPv6", "protocol": "icmp", "remoteGroupId": 7},\s""";

    private static final String PEER = """
            peers: [{address: %s, families: [ipv4-unicast, ipv6-unicast, l2vpn-evpn]}]
            """;

    private final Path folder;
    private final Path otherFolder;
    private RouteAgent agent;

    private SegmentGroupsScenario(Path folder, Path otherFolder) throws IOException {
        this.folder = folder;
        this.otherFolder = otherFolder;
        agent = Agents.start(config("hv1", 11, folder));
    }

    public static void main(String[] args) throws IOException, ExecutionException, InterruptedException {
        boolean done = false;
        try {
            guests();
            new SegmentGroupsScenario(Files.createTempDirectory("s32"), Files.createTempDirectory("s32")).play();
            System.out.println("ok end");
            done = true;
        } catch (AssertionError | RuntimeException e) {
            e.printStackTrace(System.out);
            System.out.println(Command.tryRun("nft", "list", "ruleset").output());
        }
        Runtime.getRuntime().halt(done ? 0 : 1);
    }

    private static void guests() {
        Command.run("sh", "-ec", """
                ip link set lo up; ip addr add 10.0.0.11/32 dev lo; ip addr add fd02::11/128 dev lo nodad
                ip netns add fabric; ip link add u0 type veth peer name u1 netns fabric
                ip addr add 10.0.1.1/24 dev u0; ip addr add fd01::1/64 dev u0 nodad; ip link set u0 up
                ip -n fabric addr add 10.0.1.2/24 dev u1; ip -n fabric addr add fd01::2/64 dev u1 nodad
                ip -n fabric link set u1 up
                ip -n fabric route add default via 10.0.1.1; ip -n fabric -6 route add default via fd01::1
                for n in 1 2; do
                  ip netns add guest$n; ip link add g$n type veth peer name e0 netns guest$n address 02:00:00:00:00:0$n
                  ip -n guest$n addr add 192.0.2.$n/24 dev e0; ip -n guest$n addr add fd00::$n/64 dev e0 nodad
                  ip -n guest$n link set e0 up; ip link set g$n addrgenmode none
                done""");
    }

    private static String config(String node, int number, Path folder) {
        return """
                node: %1$s
                site: {id: 1}
                asn: 65000
                underlay: {address: 10.0.0.%2$d, address6: "fd02::%2$d"}
                metrics: {listen: "127.0.0.1:9932"}
                api: {socket: %3$s/agent.sock}
                stateDirectory: %3$s/state
                endpointsDirectory: %3$s/endpoints.d
                """.formatted(node, number, folder);
    }

    private void must(String wanted, String method, String target, String body) throws IOException {
        must(folder, wanted, method, target, body);
    }

    private static void must(Path folder, String wanted, String method, String target, String body) throws IOException {
        String reply = Agents.send(folder.resolve("agent.sock"), method, "/v1/" + target, body);
        if (!reply.startsWith(wanted)) {
            throw new AssertionError(method + " " + target + " " + body + ": " + reply);
        }
    }

    private void port(int number, String wanted, String groups) throws IOException {
        must(wanted, "PUT", "endpoints/guest" + number + "?wait=enforced&timeout=60s", """
                {"device": "g%1$d", "mac": "02:00:00:00:00:0%1$d",
                 "segments": [{"vni": 5001, "addresses": ["192.0.2.%1$d", "fd00::%1$d"]%2$s}]}""".formatted(number, groups));
    }

    private void group(String wanted, String rules) throws IOException {
        must(wanted, "PUT", "groups/7", rules("members", rules));
    }

    private static String rules(String name, String rules) {
        return "{\"name\": \"" + name + "\", \"rules\": [" + rules + EVERYTHING_OUT + "]}";
    }

    /// Waits for it, since a group says of itself when it is taken and not when it is in force.
    private static void pings(boolean wanted, String what) {
        pings(wanted, what, "guest1", "192.0.2.2", "fd00::2");
    }

    private static void pings(boolean wanted, String what, String from, String... addresses) {
        for (String address : addresses) {
            long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (wanted != (ping(from, address) == 0)) {
                if (System.nanoTime() > end) {
                    throw new AssertionError(what + ": " + address);
                }
            }
        }
        System.out.println("ok " + what);
    }

    private static int ping(String from, String address) {
        return Command.tryRun("ip", "netns", "exec", from, "ping", "-c", "1", "-W", "2", address)
                .exitCode();
    }

    private void play() throws IOException, ExecutionException, InterruptedException {
        group("201", PING_OF_MEMBERS);
        port(1, "201", ", \"groups\": [7]");
        port(2, "201", ", \"groups\": [7]");
        pings(true, "members reach each other");
        group("200", "");
        pings(false, "a rule that goes takes its flows along");
        group("200", PING_OF_MEMBERS);
        pings(true, "it is back");
        port(2, "200", ", \"groups\": []");
        pings(false, "no groups: no IP");
        port(2, "200", ", \"groups\": [7]");
        pings(true, "in the group again");
        agent.close();
        pings(true, "without an agent");
        agent = Agents.start(config("hv1", 11, folder));
        port(2, "200", ", \"groups\": [7]");
        pings(true, "a restart changes nothing");
        group("200", "");
        pings(false, "and the next change counts");
        port(1, "200", "");
        port(2, "200", "");
        pings(true, "a port without groups is not judged");
        String left = Command.run("nft", "list", "table", "bridge", "slash32_groups");
        if (left.contains("chain")) {
            throw new AssertionError("rules without a port: " + left);
        }
        gateway();
        elsewhere();
    }

    /// What is routed is judged as what is bridged, and one flow all the way.
    private void gateway() throws IOException {
        Command.run("sh", "-ec", """
                ip -n guest2 addr flush dev e0 scope global
                ip -n guest2 addr add 198.51.100.2/24 dev e0; ip -n guest2 addr add fd03::2/64 dev e0 nodad
                ip -n guest1 route add default via 192.0.2.254; ip -n guest1 -6 route add default via fd00::fe
                ip -n guest2 route add default via 198.51.100.254; ip -n guest2 -6 route add default via fd03::fe""");
        must("201", "PUT", "segments/lan", "{\"vni\": 5002, \"gateway\": [\"192.0.2.254/24\", \"fd00::fe/64\"]}");
        must("201", "PUT", "segments/wan", "{\"vni\": 5003, \"gateway\": [\"198.51.100.254/24\", \"fd03::fe/64\"]}");
        group("200", PING_OF_MEMBERS);
        routed(1, "lan", "192.0.2.1", "fd00::1");
        routed(2, "wan", "198.51.100.2", "fd03::2");
        pings(true, "the fabric answers a guest", "guest1", "10.0.1.2", "fd01::2");
        pings(true, "members of two segments reach each other", "guest1", "198.51.100.2", "fd03::2");
        pings(false, "nobody else reaches them", "fabric", "192.0.2.1", "fd00::1", "198.51.100.2", "fd03::2");
        group("200", "");
        pings(false, "what is routed ends with its rule", "guest1", "198.51.100.2", "fd03::2");
        group("200", PING_OF_MEMBERS.replace(", \"remoteGroupId\": 7", ""));
        pings(
                true,
                "a rule for all is for the fabric too",
                "fabric",
                "192.0.2.1",
                "fd00::1",
                "198.51.100.2",
                "fd03::2");
    }

    private void routed(int number, String segment, String ipv4, String ipv6) throws IOException {
        must("200", "PUT", "endpoints/guest" + number + "?wait=enforced&timeout=60s", """
                {"device": "g%1$d", "mac": "02:00:00:00:00:0%1$d",
                 "segments": [{"segment": "%2$s", "addresses": ["%3$s", "%4$s"], "groups": [7]}]}""".formatted(
                        number, segment, ipv4, ipv6));
    }

    /// A guest of another node is a member by EVPN, in its segment, also while an agent starts anew.
    private void elsewhere() throws IOException, ExecutionException, InterruptedException {
        Command.run("sh", "-ec", """
                ip -n fabric link set lo up; ip -n fabric addr add 10.0.0.12/32 dev lo
                ip -n fabric addr add fd02::12/128 dev lo nodad
                ip route add 10.0.0.12 via 10.0.1.2; ip route add fd02::12 via fd01::2
                ip netns add guest3
                ip -n fabric link add g3 type veth peer name e0 netns guest3 address 02:00:00:00:00:03
                ip -n fabric link set g3 addrgenmode none
                for n in 1 3; do
                  ip -n guest$n addr flush dev e0 scope global; ip -n guest$n link set e0 up
                  ip -n guest$n addr add 203.0.113.$n/24 dev e0; ip -n guest$n addr add fd04::$n/64 dev e0 nodad
                done""");
        String withPeer = config("hv1", 11, folder) + PEER.formatted("10.0.0.12");
        agent.reload(Agents.config(withPeer));
        group("200", PING_OF_MEMBERS);
        inSegment(folder, "200", 1, 7);
        RouteAgent other = NamedNetns.call(
                "fabric", () -> Agents.start(config("hv2", 12, otherFolder) + PEER.formatted("10.0.0.11")));
        must(otherFolder, "201", "PUT", "groups/7", rules("members", PING_OF_MEMBERS));
        must(otherFolder, "201", "PUT", "groups/8", rules("strangers", PING_OF_MEMBERS));
        inSegment(otherFolder, "201", 3, 7);
        pings(true, "members on two nodes reach each other", "guest1", "203.0.113.3", "fd04::3");
        inSegment(otherFolder, "200", 3, 8);
        pings(false, "who leaves the group is no member anywhere", "guest3", "203.0.113.1", "fd04::1");
        inSegment(otherFolder, "200", 3, 7);
        pings(true, "and is again", "guest3", "203.0.113.1", "fd04::1");
        must(folder, "200 {\"passes\":true", "POST", "explain", """
                {"from": "203.0.113.3", "to": "203.0.113.1", "protocol": "icmp"}""");
        Process ping = new ProcessBuilder(
                        "ip", "netns", "exec", "guest3", "ping", "-i", "0.1", "-w", "15", "203.0.113.1")
                .redirectErrorStream(true)
                .start();
        agent.close();
        agent = Agents.start(withPeer);
        pings(true, "a restart hears of members before it forgets them", "guest3", "203.0.113.1", "fd04::1");
        String heard = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!heard.contains(" 0% packet loss")) {
            throw new AssertionError(heard);
        }
        System.out.println("ok a restart loses nothing of members elsewhere");
        other.close();
    }

    private static void inSegment(Path folder, String wanted, int number, int group) throws IOException {
        must(folder, wanted, "PUT", "endpoints/guest" + number + "?wait=enforced&timeout=60s", """
                {"device": "g%1$d", "mac": "02:00:00:00:00:0%1$d",
                 "segments": [{"vni": 5004, "addresses": ["203.0.113.%1$d", "fd04::%1$d"], "groups": [%2$d]}]}""".formatted(
                        number, group));
    }
}
