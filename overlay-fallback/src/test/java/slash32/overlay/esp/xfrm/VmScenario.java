package slash32.overlay.esp.xfrm;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.device.NodeDevices;
import slash32.overlay.esp.ChildPair;
import slash32.overlay.esp.path.End;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.esp.path.Keyed;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.esp.userspace.MeshDevice;
import slash32.overlay.esp.userspace.UserspacePath;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.udp.Strongswan;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.testkit.Command;
import slash32.testkit.NamedNetns;

/// What KernelVmTest has done inside the VM, "overlay" or "strongswan" and for how long to replace SAs. Each step
/// that holds prints a line that begins with "ok".
final class VmScenario {
    private static final int LIMIT_SECONDS = 60;
    private static final long START_NANOS = System.nanoTime();
    private static final int MTU = 1_400;
    private static final int MOST_SECONDS = 240;
    private static final int LINGER_SECONDS = 5;
    private static final String IKE = "aes256gcm16-prfsha256-x25519";
    private static final String ESP = "aes256gcm16-x25519-esn";
    private static final String HERE = "10.9.0.1/32";
    private static final String THERE = "10.9.0.2/32";
    private static final Path FOLDER = Path.of("/tmp/kernel-vm");

    private VmScenario() {}

    public static void main(String[] args) throws Exception {
        int soakSeconds = Integer.parseInt(args[1]);
        Files.createDirectories(FOLDER);
        boolean done = false;
        Thread.ofPlatform().daemon().start(() -> watch(MOST_SECONDS + soakSeconds));
        try {
            if (args[0].equals("overlay")) {
                overlay();
            } else {
                strongswan(soakSeconds);
            }
            ok("end");
            done = true;
        } catch (Exception | AssertionError e) {
            e.printStackTrace(System.out);
            show();
        } finally {
            Runtime.getRuntime().halt(done ? 0 : 1); // some threads wait for packets
        }
    }

    /// Says where it stands if it does not end.
    private static void watch(long seconds) {
        long end = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
        while (System.nanoTime() < end) {
            LockSupport.parkNanos(1_000_000_000);
        }
        show();
        Thread.getAllStackTraces().forEach((thread, trace) -> System.out.println(thread + " " + List.of(trace)));
        Runtime.getRuntime().halt(2);
    }

    /// What there is where something did not hold.
    private static void show() {
        for (String netns : List.of("a", "b")) {
            for (String what :
                    List.of("ip -s xfrm state", "ip -d xfrm policy", "ip route", "cat /proc/net/xfrm_stat")) {
                System.out.println("== " + netns + ": " + what + "\n"
                        + Command.tryRun(inside(netns, what.split(" ", -1))).output());
            }
        }
        System.out.println(Command.tryRun("sh", "-c", "ip xfrm state; ip xfrm policy; cat " + FOLDER + "/log")
                .output());
    }

    static String[] inside(String netns, String... words) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", netns));
        all.addAll(List.of(words));
        return all.toArray(String[]::new);
    }

    static void in(String netns, String command) {
        Command.run(inside(netns, command.split(" ", -1)));
    }

    static void ok(String what) {
        System.out.printf("ok %s (%d s)%n", what, (System.nanoTime() - START_NANOS) / 1_000_000_000);
    }

    static void must(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
        ok(what);
    }

    static void eventually(BooleanSupplier holds, String what) {
        long end = System.nanoTime() + Duration.ofSeconds(LIMIT_SECONDS).toNanos();
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + " not within " + LIMIT_SECONDS + " s");
            }
            LockSupport.parkNanos(20_000_000);
        }
        ok(what);
    }

    private static EspNode.Opener kernel(End end) {
        return listener -> XfrmPath.open(end.underlay, end.external, MTU, Lifetime.DEFAULT, listener);
    }

    private static EspNode.Opener userspace(End end) {
        return listener -> UserspacePath.open(
                MeshDevice.open(new InterfaceName("mesh0"), end.underlay, MTU),
                BatchUdpSocket.bind(end.external, 4_500),
                Lifetime.DEFAULT,
                listener);
    }

    /// Two namespaces, an underlay between them on which only ESP in UDP may be seen, and VXLAN over it.
    private static void overlay() throws Exception {
        End a = new End("a", "10.1.0.1", "192.0.2.1");
        End b = new End("b", "10.2.0.1", "192.0.2.2");
        Command.run("ip", "netns", "add", "a");
        Command.run("ip", "netns", "add", "b");
        Command.run("ip", "-n", "a", "link", "add", "ext", "type", "veth", "peer", "name", "ext", "netns", "b");
        String[] inner = {"172.16.0.1/24", "172.16.0.2/24"};
        int i = 0;
        for (End end : List.of(a, b)) {
            End other = end == a ? b : a;
            in(end.netns, "sysctl -qw net.ipv6.conf.all.disable_ipv6=1");
            in(end.netns, "ip link set lo up");
            in(end.netns, "ip addr add " + end.external + "/24 dev ext");
            in(end.netns, "ip addr add " + end.underlay + "/32 dev lo");
            in(end.netns, "ip link set ext up");
            in(
                    end.netns,
                    "ip link add vx0 type vxlan id 100 local " + end.underlay + " remote " + other.underlay
                            + " dstport 4789");
            in(end.netns, "ip addr add " + inner[i++] + " dev vx0");
            in(end.netns, "ip link set vx0 mtu 1300 up");
        }
        must(KernelEsp.missing(a.external) == null, "the kernel can do ESP");
        Process capture = new ProcessBuilder(inside("a", "tcpdump", "-Unni", "ext", "-w", FOLDER + "/capture"))
                .redirectErrorStream(true)
                .redirectOutput(FOLDER.resolve("tcpdump.out").toFile())
                .start();
        eventually(() -> Files.exists(FOLDER.resolve("capture")), "the wire is watched");
        a.start(kernel(a));
        b.start(kernel(b));
        attach(a, b);
        attach(b, a);
        keysForTheFirstPacket(a, b);
        rekeys(a, b);
        restart(a, b);
        flushed(a);
        silence(a, b);
        IpInIp.scenario(a, b);
        in("b", "ip link del " + NodeDevices.Kind.XFRM.name(a.underlay));
        in("b", "ip xfrm policy flush");
        in("b", "sysctl -qw net.ipv6.conf.default.disable_ipv6=0"); // its device has an address of that family
        b.start(userspace(b));
        attach(b, a);
        b.node().ike.execute((ike, now) -> ike.connect(a.identity(), now)); // what a has with it is over
        eventually(() -> pings(2).contains("2 received"), "a kernel at one end, user space at the other");
        rekeys(a, b);
        moves(b);
        a.stop();
        b.stop();
        capture.destroy();
        capture.waitFor(10, TimeUnit.SECONDS);
        wire();
    }

    private static void attach(End end, End other) throws Exception {
        end.attach(other);
        boolean kernel = end.path() instanceof XfrmPath;
        String device = kernel ? NodeDevices.Kind.XFRM.name(other.underlay).value() : "mesh0";
        in(
                end.netns,
                "ip route replace " + other.underlay + "/32 via " + other.underlay + " dev " + device + " onlink src "
                        + end.underlay);
    }

    private static String ping(int count) {
        return Command.tryRun(inside("a", "ping", "-qnc", "" + count, "-i", "0.05", "-W", "10", "172.16.0.2"))
                .output();
    }

    static String pings(int count) {
        return Command.tryRun(inside("a", "ping", "-qnc", "" + count, "-W", "2", "172.16.0.2"))
                .output();
    }

    static SaStatus used(End end) {
        return end.path().sas().stream()
                .filter(SaStatus::used)
                .findFirst()
                .orElseThrow(() -> new AssertionError("no SA"));
    }

    private static void keysForTheFirstPacket(End a, End b) {
        must(a.path().sas().isEmpty(), "no SA before a packet wants one");
        pings(1);
        eventually(() -> !a.path().sas().isEmpty() && !b.path().sas().isEmpty(), "a packet has IKE called");
        eventually(() -> ping(5).contains("5 received"), "VXLAN passes between two kernels");
        String states = Command.run(inside("a", "ip", "xfrm", "state"));
        must(
                states.contains("replay_window 1024") && states.contains(" esn"),
                "the states have ESN and a window of 1024");
        must(used(a).inboundPackets() >= 5 && used(a).outboundPackets() >= 5, "the kernel's counters are read");
    }

    /// Each end replaces the Child SA while a ping runs, and a replaced one goes.
    private static void rekeys(End a, End b) throws Exception {
        Process ping =
                new ProcessBuilder(inside("a", "ping", "-qnc", "100", "-i", "0.05", "-W", "10", "172.16.0.2")).start();
        for (End end : List.of(a, b)) {
            int before = used(end).child().inboundSpi();
            end.node().ike.execute((ike, now) -> ike.rekeyChild(before, now));
            eventually(() -> used(end).child().inboundSpi() != before, "a new SA, by " + end.netns);
            eventually(() -> a.path().sas().size() == 1 && b.path().sas().size() == 1, "one SA is left");
        }
        String said = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        must(said.contains("100 received, 0% packet loss"), "nothing is lost by it");
    }

    /// What an earlier run left carries traffic at once, and goes when there are new keys.
    private static void restart(End a, End b) throws Exception {
        a.stop();
        ok("one agent is stopped");
        a.start(kernel(a));
        must(ping(5).contains("5 received, 0% packet loss"), "the old agent's states carry on");
        attach(a, b);
        a.path().settled();
        eventually(() -> !a.path().sas().isEmpty(), "the new agent keys anew");
        eventually(
                () -> Command.run(inside("a", "ip", "xfrm", "state"))
                                .lines()
                                .filter(l -> l.startsWith("src"))
                                .count()
                        == 2L * a.path().sas().size(),
                "the old agent's states go");
        eventually(() -> ping(5).contains("5 received"), "traffic passes after it");
    }

    /// An authentic packet of b comes from another port than those before it.
    private static void moves(End b) throws Exception {
        byte[] header = ByteBuffer.allocate(20)
                .putInt(0x4500_0014)
                .putInt(0)
                .putInt(0x403b_0000) // no next header
                .put(b.underlay.toArray())
                .put(new byte[] {10, 1, 0, 1})
                .array();
        byte[] packet = ChildPair.sealed(used(b).child(), used(b).outboundPackets() + 500, header);
        byte[] asked = NamedNetns.call(b.netns, () -> {
            try (var socket = new DatagramSocket(new InetSocketAddress(b.external.toString(), 40_000))) {
                socket.setSoTimeout(LIMIT_SECONDS * 1_000);
                socket.send(new DatagramPacket(packet, packet.length, InetAddress.getByName("192.0.2.1"), 4_500));
                var answer = new DatagramPacket(new byte[2_000], 2_000);
                socket.receive(answer);
                return Arrays.copyOf(answer.getData(), answer.getLength());
            }
        });
        must(asked.length > 32 && ByteBuffer.wrap(asked).getInt() == 0, "IKE asks where the kernel has seen the peer");
    }

    private static void flushed(End a) {
        int before = used(a).child().inboundSpi();
        in("a", "ip xfrm state flush");
        in("a", "ip xfrm policy flush");
        eventually(() -> used(a).child().inboundSpi() != before, "states that another removed are replaced");
        eventually(() -> ping(5).contains("5 received"), "traffic passes again");
    }

    /// Without SAs nothing passes, neither through the device nor around it.
    private static void silence(End a, End b) {
        b.node().ike.execute((ike, now) -> ike.disconnect(a.identity(), now));
        eventually(() -> a.path().sas().isEmpty() && b.path().sas().isEmpty(), "no SA is left");
        in("a", "ip link set vx0 down");
        in("a", "ip route replace 10.2.0.1/32 dev ext");
        in("a", "ip link add vx1 type vxlan id 101 local 192.0.2.1 remote 192.0.2.2 dstport 4789");
        in("a", "ip addr add 172.17.0.1/24 dev vx1");
        in("a", "ip link set vx1 up");
        must(
                Command.tryRun(inside("a", "ping", "-qnc", "2", "-i", "0.2", "-W", "1", "172.17.0.2"))
                                .exitCode()
                        != 0,
                "plain VXLAN to a peer is blocked");
        in("a", "ip link del vx1");
        in("a", "ip route replace 10.2.0.1/32 via 10.2.0.1 dev m32-0a020001 onlink src 10.1.0.1");
        in("a", "ip link set vx0 up");
    }

    private static void wire() {
        String file = FOLDER + "/capture";
        String esp = Command.run("tcpdump", "-nnr", file, "udp port 4500 and udp[8:4] != 0 and greater 60");
        must(esp.lines().count() > 400, "ESP in UDP was seen on the wire");
        String other = Command.run("tcpdump", "-nnr", file, "not arp and not udp port 500 and not udp port 4500");
        must(other.lines().noneMatch(line -> line.contains("IP")), "nothing else was");
    }

    /// strongSwan with the kernel's ESP at the other end, which begins in turn with us.
    private static void strongswan(int soakSeconds) throws Exception {
        var far = new Strongswan(FOLDER, true);
        Command.run("ip", "addr", "add", "10.9.0.1/32", "dev", "lo");
        Strongswan.there("ip", "addr", "add", "10.9.0.2/32", "dev", "lo");
        far.start("ec", IKE, ESP, new Strongswan.Selectors(THERE, HERE, 0, LINGER_SECONDS));
        var peer = Strongswan.peer(
                TrafficSelector.of(IpAddress.parse("10.9.0.1"), 0), TrafficSelector.of(IpAddress.parse("10.9.0.2"), 0));
        Keyed node = withStrongswan(far, peer, Duration.ofHours(1));
        eventually(() -> current(node) != null, "strongSwan with the kernel's ESP answers us");
        carries(far, node);
        node.ike.execute((ike, now) -> ike.disconnect(Strongswan.THEIRS, now));
        eventually(() -> node.path.sas().isEmpty(), "we end it");
        eventually(() -> far.swanctl("--list-sas").isBlank(), "strongSwan ends it too");
        node.ike.execute((ike, _) -> ike.configure(peer));
        System.out.println(far.swanctl("--initiate", "--child", "data"));
        eventually(() -> current(node) != null, "strongSwan with the kernel's ESP begins with us");
        carries(far, node);
        node.ike.execute((ike, now) -> ike.disconnect(Strongswan.THEIRS, now));
        eventually(() -> node.path.sas().isEmpty() && far.swanctl("--list-sas").isBlank(), "it is over");
        node.stop();
        soak(far, peer, soakSeconds);
    }

    /// Our kernel's end of strongSwan's cable, which begins.
    private static Keyed withStrongswan(Strongswan far, PeerConfig peer, Duration life) throws Exception {
        var node = new Keyed(
                Strongswan.NEAR,
                listener ->
                        XfrmPath.open((Ipv4Address) Strongswan.NEAR, Strongswan.NEAR, MTU, Lifetime.DEFAULT, listener),
                far.ours("ec", KeyExchangeMethod.X25519, life, Duration.ofSeconds(LINGER_SECONDS)));
        var underlay = (Ipv4Address) Strongswan.FAR;
        node.path.attach(underlay, peer);
        Command.run(
                "ip",
                "route",
                "replace",
                "10.9.0.2/32",
                "dev",
                NodeDevices.Kind.XFRM.name(underlay).value(),
                "src",
                "10.9.0.1");
        node.ike.execute((ike, now) -> {
            ike.configure(peer);
            ike.connect(Strongswan.THEIRS, now);
        });
        return node;
    }

    /// Both ends replace all SAs every ten seconds or so, which carry ESP without UDP.
    private static void soak(Strongswan far, PeerConfig peer, int seconds) throws Exception {
        far.bare();
        far.propose(IKE, ESP, new Strongswan.Selectors(THERE, HERE, 10, LINGER_SECONDS));
        Keyed node = withStrongswan(far, peer, Duration.ofSeconds(12));
        eventually(() -> current(node) != null, "SAs that live for ten seconds");
        must(!Objects.requireNonNull(current(node)).encapsulated(), "strongSwan takes ESP without UDP");
        String first = far.ikeSpi();
        int count = 20 * seconds;
        String said = Command.tryRun("ping", "-qnc", "" + count, "-i", "0.05", "-W", "20", "-I", "10.9.0.1", "10.9.0.2")
                .output();
        System.out.println(said);
        must(said.contains(count + " received, 0% packet loss"), "nothing is lost in " + seconds + " s of rekeying");
        must(node.events.stream().noneMatch(Action.Lost.class::isInstance), "no SA is lost");
        must(!far.ikeSpi().equals(first), "the IKE SA was replaced");
        System.out.println(node.events.stream()
                        .filter(Action.UseOutbound.class::isInstance)
                        .count() + " Child SAs were used");
        node.stop();
    }

    private static @Nullable ChildSa current(Keyed node) {
        return node.path.sas().stream()
                .filter(SaStatus::used)
                .map(SaStatus::child)
                .findFirst()
                .orElse(null);
    }

    /// Packets in both directions, while both ends replace the Child SA and strongSwan the IKE SA.
    private static void carries(Strongswan far, Keyed node) throws Exception {
        Process ping = new ProcessBuilder("ping", "-qnc", "200", "-i", "0.05", "-W", "10", "-I", "10.9.0.1", "10.9.0.2")
                .start();
        ChildSa first = Objects.requireNonNull(current(node));
        must(first.esn(), "with ESN");
        node.ike.execute((ike, now) -> ike.rekeyChild(first.inboundSpi(), now));
        eventually(() -> !first.equals(current(node)), "we replace the Child SA");
        ChildSa second = current(node);
        must(far.swanctl("--rekey", "--child", "data").contains("completed"), "strongSwan rekeys");
        eventually(() -> !Objects.equals(second, current(node)), "strongSwan replaces the Child SA");
        must(far.swanctl("--rekey", "--ike", "ours").contains("completed"), "strongSwan replaces the IKE SA");
        String said = new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        must(said.contains("200 received, 0% packet loss"), "nothing is lost with strongSwan");
        eventually(() -> node.path.sas().size() == 1 && far.swanctlChildren().size() == 1, "one SA at both ends");
    }
}
