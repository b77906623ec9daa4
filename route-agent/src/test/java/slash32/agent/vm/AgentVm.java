package slash32.agent.vm;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import slash32.testkit.Command;

/// What AgentVmTest has done inside the VM: two nodes of two sites, each a namespace with an agent, a guest and a
/// member of a segment, and a cable between them that is watched from before there are keys to the end. Each step
/// that holds prints a line that begins with "ok".
final class AgentVm {
    private static final int LIMIT_SECONDS = 240;
    private static final long START_NANOS = System.nanoTime();
    private static final Path LOGS = Path.of("/tmp");

    /// One node, its guest and its member of the segment.
    record Node(
            String name, int site, String underlay, String underlay6, String external, String guest, String guest6) {
        Node other() {
            return NODES.get(2 - site);
        }

        String admin() {
            return "10.99.0." + site;
        }

        String mac() {
            return "52:54:00:00:00:0" + site;
        }

        String member() {
            return "192.0.2." + site;
        }

        String memberMac() {
            return "52:54:00:00:01:0" + site;
        }

        String device() {
            return "m32-0a00000" + other().site;
        }

        String tunnel() {
            return "g32-0a00000" + other().site;
        }
    }

    static final List<Node> NODES = List.of(
            new Node("a", 1, "10.0.0.1", "2001:db8:a::1", "203.0.113.1", "10.1.0.1", "2001:db8:1::1"),
            new Node("b", 2, "10.0.0.2", "2001:db8:a::2", "203.0.113.2", "10.1.0.2", "2001:db8:1::2"));

    private AgentVm() {}

    static String java() {
        return Path.of(System.getProperty("java.home"), "bin", "java").toString();
    }

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        boolean done = false;
        Thread.ofPlatform().daemon().start(AgentVm::watch);
        try {
            scenario(folder, args[1].equals("gre"));
            ok("end");
            done = true;
        } catch (Exception | AssertionError e) {
            e.printStackTrace(System.out);
            show();
        } finally {
            Runtime.getRuntime().halt(done ? 0 : 1);
        }
    }

    private static void watch() {
        LockSupport.parkNanos(Duration.ofSeconds(870).toNanos());
        show();
        Runtime.getRuntime().halt(2);
    }

    private static void show() {
        for (Node node : NODES) {
            for (String what : List.of(
                    "ip -d link",
                    "ip -s xfrm state",
                    "ip -d xfrm policy",
                    "ip route",
                    "ip nexthop",
                    "bridge fdb",
                    "nft list ruleset",
                    "cat /proc/net/xfrm_stat",
                    "tail -n 40 /tmp/" + node.name + ".log")) {
                System.out.println("== " + node.name + ": " + what + "\n"
                        + Command.tryRun(inside(node.name, what.split(" ", -1))).output());
            }
        }
    }

    private static String[] inside(String netns, String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", netns));
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    private static String in(String netns, String command) {
        return Command.run(inside(netns, command.split(" ", -1)));
    }

    private static void ok(String what) {
        System.out.printf("ok %s (%d s)%n", what, (System.nanoTime() - START_NANOS) / 1_000_000_000);
    }

    private static void must(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
        ok(what);
    }

    private static void eventually(BooleanSupplier holds, String what) {
        long end = System.nanoTime() + Duration.ofSeconds(LIMIT_SECONDS).toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + " not within " + LIMIT_SECONDS + " s");
            }
            LockSupport.parkNanos(100_000_000);
        }
        ok(what);
    }

    /// A veth has no hardware address of its own choosing here, and no router that it could ask.
    private static void cable() {
        for (Node node : NODES) {
            Command.run("ip", "netns", "add", node.name);
            Command.run("ip", "netns", "add", "g" + node.name);
            Command.run("ip", "netns", "add", "s" + node.name);
        }
        Command.run("ip", "-n", "a", "link", "add", "ext", "type", "veth", "peer", "name", "ext", "netns", "b");
        for (Node node : NODES) {
            String guest = "g" + node.name;
            in(node.name, "ip link set lo up");
            in(node.name, "ip addr add " + node.underlay + "/24 dev ext");
            in(node.name, "ip addr add " + node.underlay6 + "/64 dev ext nodad");
            in(node.name, "ip addr add " + node.external + "/24 dev ext");
            in(node.name, "ip link set ext up");
            in(node.name, "ip route add default via " + node.other().underlay);
            in(node.name, "ip link add s32g type veth peer name eth0 netns " + guest);
            in(guest, "ip link set eth0 address " + node.mac());
            in(guest, "ip addr add " + node.guest + "/32 dev eth0");
            in(guest, "ip addr add " + node.guest6 + "/128 dev eth0 nodad");
            in(guest, "ip link set eth0 up");
            in(guest, "ip route add 169.254.1.1 dev eth0");
            in(guest, "ip route add default via 169.254.1.1 dev eth0");
            in(guest, "ip route add default via fe80::1 dev eth0");
            String member = "s" + node.name;
            in(node.name, "ip link add blue type veth peer name eth0 netns " + member);
            in(member, "ip link set eth0 address " + node.memberMac());
            in(member, "ip addr add " + node.member() + "/24 dev eth0");
            in(member, "ip link set eth0 up");
            // a packet that had no keys asks again after so many seconds, 30 by default
            in(node.name, "sysctl -qw net.core.xfrm_acq_expires=3");
        }
    }

    /// No IKE comes to the node or leaves it.
    private static void cut(Node node) {
        in(node.name, "nft add table inet cut");
        for (String hook : List.of("input", "output")) {
            in(node.name, "nft add chain inet cut " + hook + " { type filter hook " + hook + " priority -400 ; }");
            in(node.name, "nft add rule inet cut " + hook + " udp dport { 500, 4500 } counter drop");
        }
    }

    private static Process agent(Node node, Path folder, String dataPath) throws IOException {
        return new ProcessBuilder(inside(
                        node.name,
                        java(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-Xmx128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "slash32.agent.Main",
                        "agent",
                        "--config",
                        folder.resolve(node.name).resolve(dataPath + ".yaml").toString()))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        LOGS.resolve(node.name + ".log").toFile()))
                .start();
    }

    private static boolean pings(String to) {
        return pings("ga", to);
    }

    private static boolean membersPing(Node to) {
        return pings("sa", to.member());
    }

    private static boolean pings(String from, String to) {
        return Command.tryRun(inside(from, "ping", "-qnc", "2", "-i", "0.2", "-W", "2", to))
                .output()
                .contains(" 2 received");
    }

    /// Guests of both families, and of the segment.
    private static boolean allPing(Node to) {
        return pings(to.guest) && pings(to.guest6) && membersPing(to);
    }

    private static boolean nobodyPings(Node to) {
        return !pings(to.guest) && !pings(to.guest6) && !membersPing(to);
    }

    /// Nothing as long as the agent does not listen.
    private static String sas(Node node) {
        return Command.tryRun(
                        "curl",
                        "-sS",
                        "--max-time",
                        "20",
                        "--unix-socket",
                        "/run/" + node.name + ".sock",
                        "http://x/v1/sas")
                .output();
    }

    private static List<String> spis(Node node) {
        return in(node.name, "ip xfrm state")
                .lines()
                .filter(line -> line.contains("proto esp spi"))
                .toList();
    }

    private static void scenario(Path folder, boolean tunnel) throws Exception {
        Node a = NODES.getFirst();
        Node b = NODES.getLast();
        cable();
        Path capture = LOGS.resolve("capture");
        Process tcpdump = new ProcessBuilder(inside("a", "tcpdump", "-Z", "root", "-Unni", "ext", "-w", "" + capture))
                .redirectErrorStream(true)
                .redirectOutput(LOGS.resolve("tcpdump.out").toFile())
                .start();
        eventually(() -> Files.exists(capture), "the wire is watched");
        if (tunnel) {
            gre(a, b, folder);
        } else {
            esp(a, b, folder);
        }
        tcpdump.destroy();
        tcpdump.waitFor(10, TimeUnit.SECONDS);
        wire(capture, tunnel);
    }

    /// It begins with a certificate that has ended.
    private static void renew(Node b, Path folder) {
        Command.run(
                "sh", "-c", "cp " + folder.resolve(b.name() + "/renewed/*") + " " + folder.resolve(b.name() + "/pki/"));
    }

    private static void esp(Node a, Node b, Path folder) throws Exception {
        cut(a);
        Process agentA = agent(a, folder, "auto");
        Process agentB = agent(b, folder, "auto");
        withoutKeys(a, b);
        renew(b, folder);
        Command.run("kill", "-HUP", "" + agentB.pid());
        eventually(() -> pings(b.guest), "guests reach each other in IPv4");
        eventually(() -> pings(b.guest6), "guests reach each other in IPv6");
        eventually(() -> membersPing(b), "members of a segment reach each other");
        must(sas(a).contains("\"kind\":\"kernel\"") && sas(b).contains("\"kind\":\"kernel\""), "the kernel seals it");
        must(!sas(a).contains("\"encapsulation\":\"udp\""), "two kernels need no UDP");
        must(in("a", "ip route get " + b.guest).contains(a.device()), "the way is the peer's device");
        must(sized(b, 1_410).exitCode() == 0, "a packet of 1438 octets crosses whole");
        eventually(() -> pings("a", b.admin()), "hypervisors reach each other in the admin network");
        must(in("a", "ip route get " + b.admin()).contains(a.device()), "and by the peer's device");
        rekeys(a, b);
        restart(a, b, agentA, () -> agent(a, folder, "auto"));
        in("a", "ip link del " + a.device());
        eventually(() -> allPing(b), "a device that somebody removed is made anew");

        agentB.destroyForcibly().waitFor();
        agent(b, folder, "userspace");
        eventually(() -> sas(b).contains("\"kind\":\"userspace\""), "an agent in user space");
        eventually(() -> allPing(b), "a kernel at one end, user space at the other");
        must(in("ga", "ping -qnc 20 -i 0.05 -W 10 " + b.guest).contains(" 20 received"), "with nothing lost");
        must(sas(a).contains("\"encapsulation\":\"udp\""), "user space needs UDP");
        eventually(
                () -> spis(b).isEmpty()
                        && !in("b", "ip link").contains(b.device())
                        && in("b", "ip xfrm policy").isBlank(),
                "nothing is left of the kernel's");
    }

    /// First no IKE gets through, then the far end proves itself with a certificate that has ended.
    private static void withoutKeys(Node a, Node b) {
        eventually(
                () -> Command.tryRun(inside("a", "ip", "route", "get", b.guest))
                                .output()
                                .contains(a.device())
                        && in("a", "bridge fdb")
                                .lines()
                                .anyMatch(line -> line.startsWith(b.memberMac())
                                        && line.contains(" dst " + b.underlay + " via " + a.device())),
                "the ways are the peer's device");
        must(in("a", "ip xfrm state").isBlank() && in("b", "ip xfrm state").isBlank(), "the hosts ask for no keys");
        must(nobodyPings(b), "nothing crosses while IKE is cut");
        must(in("a", "nft list table inet cut").matches("(?s).*counter packets [1-9].*"), "though keys were asked for");
        in("a", "nft delete table inet cut");
        eventually(() -> !pings(b.guest) && sas(a).contains("not trusted"), "a certificate that has ended is refused");
        must(nobodyPings(b), "nothing crosses to who has it");
    }

    /// Keys are worn out after 1,000 packets.
    private static void rekeys(Node a, Node b) {
        List<String> before = spis(a);
        must(
                in("ga", "ping -qnc 1500 -i 0.004 -W 10 " + b.guest).contains(" 1500 received, 0% packet loss"),
                "nothing is lost while keys are replaced");
        eventually(() -> spis(a).stream().noneMatch(before::contains), "and they were");
    }

    private interface Start {
        Process again() throws IOException;
    }

    private static void restart(Node a, Node b, Process agent, Start start) throws Exception {
        List<String> before = spis(a);
        Process ping = new ProcessBuilder(inside("ga", "ping", "-qni", "0.05", b.guest)).start();
        agent.destroyForcibly().waitFor();
        must(allPing(b), "guests go on while an agent is dead");
        must(!before.isEmpty() && spis(a).equals(before), "the states stay while an agent is dead");
        start.again();
        eventually(() -> !spis(a).isEmpty() && spis(a).stream().noneMatch(before::contains), "the old states are gone");
        must(allPing(b), "traffic goes on after a restart");
        Command.run("kill", "-INT", "" + ping.pid());
        String said = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        System.out.println(said.strip());
        must(Integer.parseInt(said.replaceAll("(?s).*?(\\d+) packets transmitted.*", "$1")) > 40, "it was long enough");
    }

    /// Guests' packets go in GRE, which is sealed by the kernel at one end and by user space at the other.
    private static void gre(Node a, Node b, Path folder) throws Exception {
        renew(b, folder);
        Process agentA = agent(a, folder, "gre");
        agent(b, folder, "gre-userspace");
        eventually(() -> pings(b.guest), "guests reach each other by GRE in IPv4");
        eventually(() -> pings(b.guest6), "guests reach each other by GRE in IPv6");
        must(in("a", "ip route get " + b.guest).contains(a.tunnel()), "the way is the tunnel");
        must(in("a", "ip -d link show " + a.tunnel()).contains("dev " + a.device()), "its link is the peer's device");
        Process sealed = new ProcessBuilder(inside(
                        "a", "timeout", "60", "tcpdump", "-Z", "root", "-nnc", "4", "-i", a.device(), "ip proto 47"))
                .redirectErrorStream(true)
                .redirectOutput(LOGS.resolve("sealed.out").toFile())
                .start();
        eventually(() -> pings(b.guest) && !sealed.isAlive(), "pings go on");
        must(sealed.exitValue() == 0, "what is sealed is GRE, both ways");
        must(sized(b, 1_386).exitCode() == 0, "a packet of 1414 octets crosses whole in GRE");
        must(sized(b, 1_387).output().contains("mtu = 1414"), "a guest that sends more is told");
        String explained = Command.run(
                "curl",
                "-sS",
                "--unix-socket",
                "/run/a.sock",
                "-H",
                "Content-Type: application/json",
                "-d",
                "{\"from\":\"" + a.guest + "\",\"to\":\"" + b.guest + "\",\"protocol\":\"icmp\"}",
                "http://x/v1/explain");
        must(explained.contains("\"encapsulation\":\"gre\""), "explain says so");
        in("a", "ip link del " + a.tunnel());
        eventually(() -> pings(b.guest), "a tunnel that somebody removed is made anew");

        agentA.destroyForcibly().waitFor();
        agent(a, folder, "auto");
        eventually(() -> !in("a", "ip link").contains(a.tunnel()), "nothing is left of the tunnel");
        eventually(
                () -> !pings(b.guest) && sas(a).matches("(?s).*\"to-host\":[1-9].*"),
                "GRE is dropped and counted where nobody stated it");
    }

    private static Command.Outcome sized(Node b, int octets) {
        return Command.tryRun(inside("ga", "ping", "-c1", "-W2", "-Mdo", "-s" + octets, b.guest));
    }

    private static void wire(Path capture, boolean tunnel) {
        if (!tunnel) {
            String bare = Command.run("tcpdump", "-nnr", "" + capture, "esp");
            must(bare.lines().count() > 3_000, "ESP was on the wire");
        }
        String inUdp = Command.run("tcpdump", "-nnr", "" + capture, "udp port 4500 and udp[8:4] != 0 and greater 60");
        must(inUdp.lines().count() > (tunnel ? 20 : 40), "ESP in UDP was on the wire");
        must(
                packets(
                                capture,
                                "net 10.1.0.0/16 or net 10.99.0.0/24 or net 2001:db8:1::/48 or net 192.0.2.0/24"
                                        + " or ip proto 4 or ip proto 41 or ip proto 47"
                                        + " or udp port 4789 or ether host 52:54:00:00:01:01 or ether host 52:54:00:00:01:02")
                        .isEmpty(),
                "nothing plain was on the wire");
    }

    private static List<String> packets(Path capture, String filter) {
        return Command.run("tcpdump", "-nnr", "" + capture, filter)
                .lines()
                .filter(line -> line.contains("IP") || line.contains("ARP"))
                .toList();
    }
}
