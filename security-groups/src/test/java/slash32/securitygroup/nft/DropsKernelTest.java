package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.securitygroup.Direction.EGRESS;
import static slash32.securitygroup.Direction.INGRESS;
import static slash32.securitygroup.nft.GuestAndFabric.guest;
import static slash32.securitygroup.nft.GuestAndFabric.outside;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.Bytes;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.netfilter.LoggedPacket;
import slash32.netlink.netfilter.PacketLog;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.PacketSummary;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.DropRules;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.InNetns;

/// Every reason for which packets are dropped: each is counted and, but for a flood, logged with what it was.
@InNetns
@ExtendWith(ConformanceExtension.class)
class DropsKernelTest {
    private static final String TAP = "tapa";
    private static final String OTHER_TAP = "tapb";
    private static final String OUTSIDE = "up0";
    private static final String STRANGER = "s32x";
    private static final MacAddress MAC = MacAddress.parse("52:54:00:00:00:0a");
    private static final MacAddress OTHER_MAC = MacAddress.parse("52:54:00:00:00:0f");
    private static final GroupId GROUP = new GroupId(7);
    private static final IpAddress GATEWAY = IpAddress.parse("169.254.1.1");

    private final BlockingQueue<LoggedPacket> logged = new LinkedBlockingQueue<>();
    private Wire wire;
    private Firewall firewall;
    private Subscription log;
    private DropCounters counters;

    @BeforeEach
    void connect() throws IOException {
        wire = new Wire();
        wire.attach(TAP, MAC, guest(false), guest(true));
        wire.attach(OTHER_TAP, MAC, IpAddress.parse("10.0.0.2"), IpAddress.parse("2001:db8::2"));
        wire.attach(OUTSIDE, OTHER_MAC, outside(false), outside(true));
        wire.attach(STRANGER, OTHER_MAC, IpAddress.parse("10.0.0.3"));
        firewall = Firewall.open(new RulesetCompiler(List.of("s32"), List.of(GATEWAY, IpAddress.parse("fe80::1"))));
        counters = DropCounters.open();
        log = Subscription.openWith(
                NetlinkProtocol.NETFILTER, 1 << 20, PacketLog.bind(DropRules.LOG_GROUP, DropRules.COPY_BYTES));
        Thread.ofPlatform().daemon(true).start(this::collect);
    }

    private void collect() {
        try {
            Subscription.Outcome outcome = Subscription.Outcome.EVENTS;
            while (outcome != Subscription.Outcome.CLOSED) {
                outcome = log.receive(message -> {
                    LoggedPacket packet = LoggedPacket.parse(message);
                    if (packet != null) {
                        logged.add(packet);
                    }
                });
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @AfterEach
    void disconnect() {
        log.close();
        counters.close();
        firewall.close();
        wire.close();
    }

    private void apply() {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private void put(GroupId... groups) {
        firewall.putEndpoint(new EndpointPolicy(
                new InterfaceName(TAP),
                MAC,
                Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()),
                List.of(groups),
                true));
        apply();
    }

    /// Sends a frame that must be dropped, counted and logged for this reason and no other.
    private LoggedPacket dropped(DropReason reason, Direction direction, String device, byte[] frame)
            throws IOException, InterruptedException {
        var drop = new Drop(reason, direction);
        long before = Objects.requireNonNull(counters.read().get(drop)).packets();
        wire.sendFrame(device, frame);
        assertThat(Objects.requireNonNull(counters.read().get(drop)).packets() - before)
                .as("%s, beside what the host's kernel says of itself", drop)
                .isPositive();
        while (true) {
            LoggedPacket packet = logged.poll(20, TimeUnit.SECONDS);
            assertThat(packet).as("a log of %s", drop).isNotNull();
            if (packet != null && ends(packet.packet().toArray()).equals(ends(frame))) {
                assertThat(packet.prefix()).isEqualTo(drop.mark());
                assertThat(index(direction, packet)).isEqualTo(Wire.index(direction == EGRESS ? device : TAP));
                return packet;
            }
        }
    }

    private static Bytes ends(byte[] packet) {
        return Bytes.copyOf(packet, Math.max(0, packet.length - 8), Math.min(8, packet.length));
    }

    private static @Nullable InterfaceIndex index(Direction direction, LoggedPacket packet) {
        return direction == EGRESS ? packet.input() : packet.output();
    }

    private static String text(LoggedPacket packet) {
        return PacketSummary.of(packet.etherType(), packet.packet()).toString();
    }

    private byte[] fromGuest(byte[] packet) {
        return Packets.frame(Wire.GATEWAY, MAC, packet);
    }

    private byte[] toGuest(byte[] packet) {
        return Packets.frame(Wire.GATEWAY, OTHER_MAC, packet);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatNoRuleAllows(boolean v6) throws IOException, InterruptedException {
        put(GROUP);
        byte[] out = Packets.udp(guest(v6), 4000, outside(v6), 53, wire.payload());
        String ends =
                v6 ? "[2001:db8::1]:4000 > [2001:db8:9::1]:53 length 56" : "10.0.0.1:4000 > 10.9.0.1:53 length 36";
        assertThat(text(dropped(DropReason.NO_RULE, EGRESS, TAP, fromGuest(out))))
                .isEqualTo("udp " + ends);
        byte[] in = Packets.tcp(outside(v6), 4000, guest(v6), 22, Packets.SYN, wire.payload());
        assertThat(text(dropped(DropReason.NO_RULE, INGRESS, OUTSIDE, toGuest(in))))
                .startsWith("tcp ");
    }

    @Test
    void whatIsForged() throws IOException, InterruptedException {
        put();
        byte[] packet = Packets.udp(IpAddress.parse("10.0.0.99"), 4000, outside(false), 53, wire.payload());
        LoggedPacket spoofed = dropped(DropReason.SPOOFED, EGRESS, TAP, fromGuest(packet));
        assertThat(text(spoofed)).startsWith("udp 10.0.0.99:4000 > ");
        assertThat(MacAddress.of(spoofed.linkHeader().toArray(), 6)).isEqualTo(MAC);
        byte[] arp = Packets.arp(MAC, 2, MAC, IpAddress.parse("10.0.0.99"), Wire.GATEWAY, GATEWAY);
        assertThat(text(dropped(DropReason.SPOOFED, EGRESS, TAP, arp)))
                .isEqualTo("arp 52:54:00:00:00:0a 10.0.0.99 > 169.254.1.1 operation 2");
        byte[] packet6 = Packets.udp(IpAddress.parse("2001:db8::99"), 4000, outside(true), 53, wire.payload());
        assertThat(text(dropped(DropReason.SPOOFED, EGRESS, TAP, fromGuest(packet6))))
                .startsWith("udp [2001:db8::99]:4000 > ");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsNoServiceOfTheHost(boolean v6) throws IOException, InterruptedException {
        put();
        IpAddress gateway = v6 ? IpAddress.parse("fe80::1") : GATEWAY;
        byte[] ssh = Packets.tcp(guest(v6), 4000, gateway, 22, Packets.SYN, wire.payload());
        dropped(DropReason.TO_HOST, EGRESS, TAP, fromGuest(ssh));
    }

    @Test
    void whatOnlyRoutersAndServersSend() throws IOException, InterruptedException {
        put();
        byte[] advertisement = Packets.icmp(guest(true), outside(true), 134, 0, new byte[16]);
        assertThat(text(dropped(DropReason.ROUTER_GUARD, EGRESS, TAP, fromGuest(advertisement))))
                .startsWith("icmpv6 type 134 code 0 ");
        byte[] offer = Packets.udp(guest(false), 67, outside(false), 68, wire.payload());
        dropped(DropReason.DHCP_GUARD, EGRESS, TAP, fromGuest(offer));
        byte[] offer6 = Packets.udp(guest(true), 547, outside(true), 546, wire.payload());
        dropped(DropReason.DHCP_GUARD, EGRESS, TAP, fromGuest(offer6));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsOfNoFlow(boolean v6) throws IOException, InterruptedException {
        put();
        dropped(DropReason.INVALID, EGRESS, TAP, fromGuest(echoReply(guest(v6), outside(v6))));
        dropped(DropReason.INVALID, INGRESS, OUTSIDE, toGuest(echoReply(outside(v6), guest(v6))));
    }

    private static byte[] echoReply(IpAddress from, IpAddress to) {
        return Packets.icmp(from, to, from.isIpv4() ? 0 : 129, 0, new byte[12]);
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void anAnswerToWhatIsNoLongerAllowed(boolean fromGuest, boolean v6) throws IOException, InterruptedException {
        Direction asked = fromGuest ? INGRESS : EGRESS;
        EtherType family = v6 ? EtherType.IPV6 : EtherType.IPV4;
        firewall.putGroup(new SecurityGroup(
                GROUP, "", List.of(new Rule("r", asked, family, new Traffic.Any(), new Remote.Anywhere()))));
        put(GROUP);
        IpAddress asking = fromGuest ? outside(v6) : guest(v6);
        IpAddress answering = fromGuest ? guest(v6) : outside(v6);
        byte[] question = Packets.udp(asking, 4000, answering, 53, wire.payload());
        assertThat(wire.sendFrame(fromGuest ? OUTSIDE : TAP, fromGuest ? toGuest(question) : fromGuest(question)))
                .containsExactly(fromGuest ? TAP : OUTSIDE);
        firewall.putGroup(new SecurityGroup(GROUP, "", List.of()));
        apply();
        byte[] answer = Packets.udp(answering, 53, asking, 4000, wire.payload());
        dropped(
                DropReason.ENDED,
                fromGuest ? EGRESS : INGRESS,
                fromGuest ? TAP : OUTSIDE,
                fromGuest ? fromGuest(answer) : toGuest(answer));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatIsOfNoEndpointOrOfABlockedOne(boolean v6) throws IOException, InterruptedException {
        firewall.blockEndpoint(new InterfaceName(TAP));
        apply();
        byte[] out = Packets.udp(guest(v6), 4000, outside(v6), 53, wire.payload());
        dropped(DropReason.NOT_IN_FORCE, EGRESS, TAP, fromGuest(out));
        byte[] in = Packets.udp(outside(v6), 4000, guest(v6), 53, wire.payload());
        dropped(DropReason.NOT_IN_FORCE, INGRESS, OUTSIDE, toGuest(in));
        dropped(DropReason.NO_ENDPOINT, EGRESS, STRANGER, toGuest(in));
        byte[] arp = Packets.arp(OTHER_MAC, 1, OTHER_MAC, IpAddress.parse("10.0.0.3"), Wire.GATEWAY, GATEWAY);
        dropped(DropReason.NO_ENDPOINT, EGRESS, STRANGER, arp);
    }

    @Test
    void aFloodIsCountedToTheLastPacketAndLoggedInSamples() throws IOException, InterruptedException {
        put();
        firewall.putEndpoint(new EndpointPolicy(
                new InterfaceName(OTHER_TAP),
                MAC,
                Set.of(IpAddress.parse("10.0.0.2").hostPrefix()),
                List.of(),
                true));
        apply();
        long began = System.nanoTime();
        for (int i = 0; i < 300; i++) {
            boolean v6 = i % 2 == 0;
            wire.send(TAP, MAC, Packets.udp(guest(v6), 4000, outside(v6), 53, wire.payload()));
        }
        byte[] other = Packets.udp(IpAddress.parse("10.0.0.2"), 4000, outside(false), 53, wire.payload());
        wire.send(OTHER_TAP, MAC, other);
        int samples = 0;
        LoggedPacket packet = Objects.requireNonNull(logged.poll(20, TimeUnit.SECONDS));
        while (!Wire.index(OTHER_TAP).equals(packet.input())) {
            samples++;
            packet = Objects.requireNonNull(logged.poll(20, TimeUnit.SECONDS), "the other endpoint's own sample");
        }
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began) + 1;
        assertThat(samples).isBetween(20, (int) (20 + 10 * seconds)).isLessThan(300);
        assertThat(Objects.requireNonNull(counters.read().get(new Drop(DropReason.NO_RULE, EGRESS)))
                        .packets())
                .isEqualTo(301);
        assertThat(Objects.requireNonNull(firewall.drops().get(new InterfaceName(TAP)))
                        .fromGuest())
                .as("what the host's kernel says of itself goes the other way")
                .isEqualTo(300);
    }
}
