package slash32.overlay.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.NumberRange;
import slash32.net.Vni;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.overlay.evpn.Encapsulation;
import slash32.overlay.evpn.EvpnAction;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.FrameRules;
import slash32.overlay.evpn.MacKey;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What guests in a segment may send: two ports, each a veth pair whose far end stands for a guest without a stack.
@InNetns
class SegmentGuardKernelTest {
    private static final Vni BLUE = new Vni(100);
    private static final InterfaceName DEVICE = new InterfaceName("g0");
    private static final MacAddress GUEST = MacAddress.parse("02:00:00:00:00:01");
    private static final String OWN = "020000000001";
    private static final String OTHER = "020000000002";
    private static final String ALL = "ffffffffffff";
    private static final String UNKNOWN_IN_TEST = "88b5"; // local experimental ethertype

    private static final String ARP = "0806 0001 0800 06 04";
    private static final String OWN_4 = "c0000201";
    private static final String OTHER_4 = "c0000202";
    private static final String OWN_6 = "fd000000000000000000000000000001";
    private static final String OTHER_6 = "fd000000000000000000000000000002";
    private static final String ALL_6 = "ff020000000000000000000000000001";
    private static final String LINK_LOCAL = "fe800000000000000000000000000009";

    private final String others = "s32grd" + ProcessHandle.current().pid() + "g";
    private @Nullable NetlinkSocket rtnl;
    private @Nullable NetlinkSocket nft;
    private @Nullable PacketSocket packets;
    private SegmentPlane plane;
    private InterfaceIndex guest;
    private long now;

    @BeforeEach
    void build() throws IOException {
        Command.run("sh", "-ec", """
                ip addr add 10.0.0.11/32 dev lo
                sysctl -qw net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0
                for n in 0 2; do
                  ip link add g$n type veth peer name e$n address 02:00:00:00:0f:0$n
                  for d in g$n e$n; do sysctl -qw net.ipv6.conf.$d.disable_ipv6=1; ip link set $d up; done
                done""");
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        nft = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        packets = PacketSocket.open(0x88b6, List.of(new Instruction(0x06, 0, 0, 0)));
        plane = plane();
        String line = Command.run("ip", "-o", "link", "show", "e0");
        guest = new InterfaceIndex(Integer.parseInt(line.substring(0, line.indexOf(':'))));
    }

    private SegmentPlane plane() {
        return new SegmentPlane(
                Objects.requireNonNull(rtnl), Objects.requireNonNull(nft), Ipv4Address.parse("10.0.0.11"));
    }

    @AfterEach
    void tearDown() {
        Command.tryRun("ip", "netns", "del", others + 4);
        Command.tryRun("ip", "netns", "del", others + 6);
        if (packets != null) {
            packets.close();
        }
        if (rtnl != null) {
            rtnl.close();
        }
        if (nft != null) {
            nft.close();
        }
    }

    @Test
    void aGuestSendsInItsOwnNameOnly() {
        segment(Segment.Flooding.NONE, FrameRules.ANY, true);
        passes(ALL + OWN + UNKNOWN_IN_TEST + "1234");
        dropped(FrameCount.SPOOFED_MAC, ALL + OTHER + UNKNOWN_IN_TEST + "1234");

        passes(ALL + OWN + ARP + "0001" + OWN + OWN_4 + "000000000000" + OTHER_4);
        passes(ALL + OWN + ARP + "0001" + OWN + "00000000" + "000000000000" + OWN_4);
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ARP + "0002" + OWN + OTHER_4 + OTHER + OTHER_4);
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ARP + "0002" + OTHER + OWN_4 + OTHER + OTHER_4);
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + "0806 0001");

        passes(ALL + OWN + ipv4(OWN_4, "ffffffff", 1, "0800f7ff00000000"));
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv4(OTHER_4, "ffffffff", 1, "0800f7ff00000000"));
        passes(ALL + OWN + ipv4("00000000", "ffffffff", 17, "0044004300080000"));
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv4("00000000", "ffffffff", 17, "0044003500080000"));

        passes(ALL + OWN + ipv6(OWN_6, 17, "0035003500080000"));
        passes(ALL + OWN + ipv6(LINK_LOCAL, 17, "0035003500080000"));
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv6(OTHER_6, 17, "0035003500080000"));
        passes(ALL + OWN + ipv6("00".repeat(16), 58, "87000000 00000000" + OWN_6));
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv6("00".repeat(16), 17, "0035003500080000"));
        passes(ALL + OWN + ipv6(OWN_6, 58, "88000000 20000000" + OWN_6));
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv6(OWN_6, 58, "88000000 20000000" + OTHER_6));
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv6(LINK_LOCAL, 58, "88000000 20000000" + OTHER_6));
    }

    /// A router, or a guest that speaks no IP: its MAC is all that is known of it.
    @Test
    void aPortWithoutAddressesMaySendFromAny() {
        segment(Segment.Flooding.NONE, FrameRules.ANY, false);
        passes(ALL + OWN + ipv4(OTHER_4, "ffffffff", 1, "0800f7ff00000000"));
        passes(ALL + OWN + ipv6(OTHER_6, 17, "0035003500080000"));
        dropped(FrameCount.SPOOFED_MAC, ALL + OTHER + ipv6(OTHER_6, 17, "0035003500080000"));
    }

    @Test
    void aGuestIsNoBridge() {
        segment(Segment.Flooding.FULL, FrameRules.ANY, true);
        for (int last = 0; last < 16; last++) {
            if (last != 1 && last != 14) { // PAUSE and LLDP frames go no further than the bridge in any case
                dropped(FrameCount.BPDU, "0180c200000" + Integer.toHexString(last) + OWN + "0026 424203");
            }
        }
    }

    @Test
    void aGuestUsesTheVlansThatTheSegmentTakes() {
        segment(Segment.Flooding.NONE, new FrameRules(List.of(new NumberRange(100, 199)), null), true);
        for (String tag : List.of("0064", "00c7", "e064")) {
            passes(ALL + OWN + "8100" + tag + "0800" + "1234");
        }
        for (String tag : List.of("0063", "00c8", "0000", "e000", "0fff")) {
            dropped(FrameCount.VLAN, ALL + OWN + "8100" + tag + "0800" + "1234");
        }
        dropped(FrameCount.VLAN, ALL + OWN + "88a8" + "0064" + "0800" + "1234");
        dropped(FrameCount.SPOOFED_MAC, ALL + OTHER + "8100" + "0064" + "0800" + "1234");
        segment(Segment.Flooding.NONE, FrameRules.ANY, true);
        passes(ALL + OWN + "8100" + "0fff" + "0800" + "1234");
        dropped(FrameCount.VLAN, ALL + OWN + "8100" + "0000" + ARP + "0002" + OWN + OTHER_4 + OTHER + OTHER_4);
    }

    /// What judges IP is another module's: here a table that does so, or not.
    @Test
    void ipOfAPortWithGroupsPassesOnlyAsFarAsItWasJudged() {
        segment(Segment.Flooding.NONE, FrameRules.ANY, true, true);
        String v4 = ALL + OWN + ipv4(OWN_4, "ffffffff", 1, "0800f7ff00000000");
        String v6 = ALL + OWN + ipv6(OWN_6, 17, "0035003500080000");
        dropped(FrameCount.UNJUDGED, v4);
        dropped(FrameCount.UNJUDGED, v6);
        passes(ALL + OWN + UNKNOWN_IN_TEST + "1234");
        passes(ALL + OWN + ARP + "0001" + OWN + OWN_4 + "000000000000" + OTHER_4);
        dropped(FrameCount.VLAN, ALL + OWN + "8100" + "0064" + "0800" + "1234");
        dropped(FrameCount.SPOOFED_ADDRESS, ALL + OWN + ipv4(OTHER_4, "ffffffff", 1, "0800f7ff00000000"));

        judge("iifname g0 meta mark set 0x10000001");
        Command.run(
                "nft",
                "add table bridge seen; add chain bridge seen c { type filter hook postrouting priority 0; };"
                        + " add rule bridge seen c oifname g2 meta mark != 1 ether type {ip, ip6} drop");
        passes(v4); // and what is not ours of its mark is as it was
        passes(v6);
        judge("iifname g0 meta mark set 0x20000000"); // as to a guest, which is another question
        dropped(FrameCount.UNJUDGED, v4);
    }

    @Test
    void ipToAPortWithGroupsPassesOnlyAsFarAsItWasJudged() {
        segment(Segment.Flooding.NONE, FrameRules.ANY, true, false, true);
        String v4 = ALL + OWN + ipv4(OWN_4, "ffffffff", 1, "0800f7ff00000000");
        String v6 = ALL + OWN + ipv6(OWN_6, 17, "0035003500080000");
        dropped(FrameCount.UNJUDGED, v4);
        dropped(FrameCount.UNJUDGED, v6);
        dropped(FrameCount.VLAN, ALL + OWN + "8100" + "0064" + "0800" + "1234");
        passes(ALL + OWN + UNKNOWN_IN_TEST + "1234");
        judge("oifname g2 meta mark set 0x20000000");
        passes(v4);
        passes(v6);
    }

    private static void judge(String rule) {
        Command.tryRun("nft", "delete", "table", "bridge", "judge");
        Command.run(
                "nft",
                "add table bridge judge; add chain bridge judge c { type filter hook forward priority -2; };"
                        + " add rule bridge judge c " + rule);
    }

    @Test
    void aStormIsCutAndCounted() {
        segment(Segment.Flooding.NONE, new FrameRules(List.of(FrameRules.ALL_VLANS), 10), true);
        long before = delivered();
        for (int i = 0; i < 500; i++) {
            send(ALL + OWN + UNKNOWN_IN_TEST + "1234");
        }
        await(() -> delivered() - before + count(FrameCount.STORM) == 500);
        assertThat(count(FrameCount.STORM)).isGreaterThan(300);
        assertThat(delivered() - before).isGreaterThanOrEqualTo(10);
    }

    /// Two guests of the same segment talk meanwhile, and lose nothing.
    @Test
    void tenThousandMacsOfOneGuestAreDroppedAndLeaveNothing() throws Exception {
        Command.run("sh", "-ec", """
                for n in 4 6; do
                  ip netns add %1$s$n; ip link add g$n type veth peer name e0 netns %1$s$n address 02:00:00:00:00:0$n
                  sysctl -qw net.ipv6.conf.g$n.disable_ipv6=1
                  ip -n %1$s$n addr add 192.0.2.$n/24 dev e0; ip -n %1$s$n link set e0 up; ip link set g$n up
                done""".formatted(others));
        segment(Segment.Flooding.FULL, FrameRules.ANY, true);
        var ports = List.of(
                new Port(DEVICE, GUEST, List.of(IpAddress.parse("192.0.2.1")), false), neighbor(4), neighbor(6));
        plane.put(new Segment("blue", BLUE, Segment.Flooding.FULL, 1450, ports));
        ports.forEach(port -> plane.desire(
                new EvpnAction.Forward(new MacKey(BLUE, port.mac()), new Destination.Local(port.device()))));
        assertThat(pass()).isEmpty();
        await(() -> forwarding("g4") && forwarding("g6"));
        Process ping = new ProcessBuilder(
                        "ip", "netns", "exec", others + 4, "ping", "-q", "-c", "100", "-i", "0.01", "192.0.2.6")
                .start();
        await(() -> statistic("g6", 9) > 3);
        String entries = Command.run("bridge", "fdb", "show");
        for (int i = 0; i < 10_000; i++) {
            send(ALL + "02aa0000%04x".formatted(i) + UNKNOWN_IN_TEST + "1234");
            assertThat(i > 0 || ping.isAlive()).isTrue();
        }
        await(() -> count(FrameCount.SPOOFED_MAC) == 10_000);
        assertThat(Command.run("bridge", "fdb", "show")).isEqualTo(entries);
        assertThat(ping.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(new String(ping.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("100 received, 0% packet loss");
    }

    private static Port neighbor(int number) {
        return new Port(
                new InterfaceName("g" + number),
                new MacAddress(GUEST.value() + number - 1),
                List.of(IpAddress.parse("192.0.2." + number)),
                false);
    }

    /// Broadcast to other nodes, by the segment's flooding, and the questions that the bridge answers itself.
    @Test
    void whatLeavesTheNodeIsAsTheSegmentFloods() {
        String question = ALL + OWN + ARP + "0001" + OWN + OWN_4 + "000000000000" + "c0000209";
        String answered = ALL + OWN + ARP + "0001" + OWN + OWN_4 + "000000000000" + OTHER_4;
        String other = ALL + OWN + UNKNOWN_IN_TEST + "1234";
        for (Segment.Flooding flooding : Segment.Flooding.values()) {
            segment(flooding, FrameRules.ANY, true);
            var far = MacAddress.parse("02:00:00:00:00:09");
            plane.desire(new EvpnAction.Forward(
                    new MacKey(BLUE, far), new Destination.Remote(IpAddress.parse("10.0.0.12"))));
            plane.desire(new EvpnAction.Answer(BLUE, IpAddress.parse("192.0.2.2"), far));
            assertThat(pass()).isEmpty();
            long floodedBefore = count(FrameCount.FLOODED);
            long suppressedBefore = count(FrameCount.SUPPRESSED);
            long unansweredBefore = count(FrameCount.UNANSWERED);
            long questionsBefore = count(FrameCount.QUESTIONS);
            send(question);
            send(answered);
            send(other);
            int flooded = switch (flooding) {
                case NONE -> 0;
                case ARP -> 1;
                case FULL -> 2;
            };
            await(() ->
                    count(FrameCount.FLOODED) - floodedBefore + count(FrameCount.SUPPRESSED) - suppressedBefore == 2);
            assertThat(count(FrameCount.FLOODED) - floodedBefore)
                    .as("%s", flooding)
                    .isEqualTo(flooded);
            assertThat(count(FrameCount.QUESTIONS) - questionsBefore).isEqualTo(2);
            assertThat(count(FrameCount.UNANSWERED) - unansweredBefore).isEqualTo(1);
        }
    }

    /// The host has an address that it would answer for on any interface (arp_ignore 0).
    @Test
    void theHostIsInNoSegment() {
        segment(Segment.Flooding.FULL, FrameRules.ANY, false);
        long before = statistic("e0", 1);
        passes(ALL + OWN + ARP + "0001" + OWN + OWN_4 + "000000000000" + "0a00000b");
        passes(ALL + OWN + UNKNOWN_IN_TEST + "1234");
        assertThat(statistic("e0", 1)).isEqualTo(before);
    }

    @Test
    void whatAnEarlierRunLeftIsTakenAsItIs() {
        segment(Segment.Flooding.ARP, new FrameRules(List.of(new NumberRange(7, 9)), 100), true);
        dropped(FrameCount.SPOOFED_MAC, ALL + OTHER + UNKNOWN_IN_TEST + "1234");
        plane = plane();
        segment(Segment.Flooding.ARP, new FrameRules(List.of(new NumberRange(7, 9)), 100), true);
        plane.inSync();
        assertThat(pass()).isEmpty();
        assertThat(count(FrameCount.SPOOFED_MAC)).isEqualTo(1);
        dropped(FrameCount.SPOOFED_MAC, ALL + OTHER + UNKNOWN_IN_TEST + "1234");
        plane.segments(List.of());
        assertThat(pass()).isEmpty();
        assertThat(pass()).isEmpty();
        assertThat(Command.run("nft", "list", "table", "bridge", "slash32")).doesNotContain("g0", "v32-100");
    }

    private void segment(Segment.Flooding flooding, FrameRules frames, boolean addresses) {
        segment(flooding, frames, addresses, false);
    }

    private void segment(Segment.Flooding flooding, FrameRules frames, boolean addresses, boolean grouped) {
        segment(flooding, frames, addresses, grouped, false);
    }

    private void segment(
            Segment.Flooding flooding, FrameRules frames, boolean addresses, boolean grouped, boolean otherGrouped) {
        List<IpAddress> own = addresses ? List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("fd00::1")) : List.of();
        var other = new Port(
                new InterfaceName("g2"),
                MacAddress.parse("02:00:00:00:00:02"),
                List.of(),
                false,
                otherGrouped,
                List.of());
        plane.put(new Segment(
                "blue",
                BLUE,
                flooding,
                1450,
                Encapsulation.DEFAULT,
                frames,
                List.of(new Port(DEVICE, GUEST, own, false, grouped, List.of()), other)));
        plane.desire(new EvpnAction.Forward(new MacKey(BLUE, GUEST), new Destination.Local(DEVICE)));
        assertThat(pass()).isEmpty();
        await(() -> forwarding("g0") && forwarding("g2")); // which the kernel finds out by and by
        assertThat(plane.isInForce()).isTrue();
    }

    private List<String> pass() {
        now += 1_000_000_000L;
        return plane.pass(now);
    }

    private static boolean forwarding(String port) {
        return Command.run("bridge", "link", "show", "dev", port).contains("state forwarding");
    }

    private void passes(String frame) {
        long before = delivered();
        send(frame);
        await(() -> delivered() == before + 1);
    }

    /// A frame that passes is sent behind it.
    private void dropped(FrameCount why, String frame) {
        long before = delivered();
        long counted = count(why);
        send(frame);
        send(ALL + OWN + UNKNOWN_IN_TEST + "1234");
        await(() -> delivered() > before);
        assertThat(delivered()).as(frame).isEqualTo(before + 1);
        assertThat(count(why)).as(frame).isEqualTo(counted + 1);
    }

    /// With a checksum, which br_netfilter looks at where it is in the kernel.
    private static String ipv4(String source, String destination, int protocol, String payload) {
        String before = "4500%04x0000000040%02x".formatted(20 + payload.length() / 2, protocol);
        int sum = 0;
        for (String word : (before + source + destination).split("(?<=\\G.{4})", -1)) {
            sum += word.isEmpty() ? 0 : Integer.parseInt(word, 16);
        }
        int folded = (sum & 0xffff) + (sum >>> 16);
        return "0800" + before + "%04x".formatted(~(folded + (folded >>> 16)) & 0xffff) + source + destination
                + payload;
    }

    private static String ipv6(String source, int protocol, String payload) {
        return "86dd60000000%04x%02xff".formatted(payload.replace(" ", "").length() / 2, protocol)
                + source
                + ALL_6
                + payload;
    }

    private void send(String frame) {
        byte[] bytes = Bytes.fromHex(frame.replace(" ", "")).toArray();
        try {
            Objects.requireNonNull(packets)
                    .send(
                            guest,
                            ByteBuffer.allocate(Math.max(bytes.length, 14))
                                    .put(bytes)
                                    .array());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Frames that the other guest was sent.
    private static long delivered() {
        return statistic("g2", 9);
    }

    /// @param column of /proc/net/dev: 1 for frames received, 9 for frames sent
    private static long statistic(String device, int column) {
        try {
            return Files.readAllLines(Path.of("/proc/thread-self/net/dev")).stream()
                    .map(String::strip)
                    .filter(line -> line.startsWith(device + ":"))
                    .map(line -> line.substring(line.indexOf(':') + 1).strip().split("\\s+"))
                    .mapToLong(columns -> Long.parseLong(columns[column]))
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long count(FrameCount what) {
        try {
            return plane.counts().getOrDefault(what, 0L);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void await(BooleanSupplier condition) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
            LockSupport.parkNanos(1_000_000L);
        }
    }
}
