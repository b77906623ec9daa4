package slash32.securitygroup.compile;

import static slash32.netlink.netfilter.Expression.Flow.Field.DESTINATION_PORT;
import static slash32.netlink.netfilter.Expression.Flow.Field.DIRECTION;
import static slash32.netlink.netfilter.Expression.Flow.Field.PROTOCOL;
import static slash32.netlink.netfilter.Expression.Flow.Field.SOURCE_PORT;
import static slash32.netlink.netfilter.Expression.Meta.Key.INPUT_BRIDGE;
import static slash32.netlink.netfilter.Expression.Meta.Key.INPUT_NAME;
import static slash32.netlink.netfilter.Expression.Meta.Key.INPUT_TYPE;
import static slash32.netlink.netfilter.Expression.Meta.Key.MARK;
import static slash32.netlink.netfilter.Expression.Meta.Key.NETWORK_PROTOCOL;
import static slash32.netlink.netfilter.Expression.Meta.Key.OUTPUT_NAME;
import static slash32.netlink.netfilter.Expression.Meta.Key.PRIORITY;
import static slash32.netlink.netfilter.Expression.Meta.Key.TRANSPORT_PROTOCOL;
import static slash32.netlink.netfilter.Expression.Payload.Header.LINK;
import static slash32.netlink.netfilter.Expression.Payload.Header.NETWORK;
import static slash32.netlink.netfilter.Expression.Payload.Header.TRANSPORT;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Expression.Compare.Operator;
import slash32.netlink.netfilter.JudgedMark;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.PacketLimit;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.netfilter.Verdict;
import slash32.securitygroup.Direction;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.IpProtocol;

/// Writes one rule: each method adds a match or an action, as {@code nft} would translate the words in its comment.
/// Of a rule about flows, addresses, ports and protocol are {@code ct original} ones: those of the flow's first packet,
/// so that the rule says the same of an answer. Not thread-safe.
final class Statements {
    /// Conntrack's states as bits (NF_CT_STATE_BIT).
    static final int ESTABLISHED_OR_RELATED = 0x6;

    static final int INVALID = 0x1;

    static final int JUDGED = JudgedMark.FROM_GUEST | JudgedMark.TO_GUEST;

    /// The queueing priority of a packet that no rule let pass yet.
    private static final int UNDECIDED = -1;

    private static final int IPS_CONFIRMED = 0x8;
    private static final int ARPHRD_ETHER = 1;
    static final int NFPROTO_IPV4 = 2;
    private static final int NFPROTO_IPV6 = 10;

    /// Offsets in the key of a set: the interface's name takes four registers, a MAC two.
    private static final int FIRST = 0;

    static final int AFTER_NAME = 16;
    static final int AFTER_NAME_AND_MAC = 24;

    private static final int ANSWER = 1;

    private final List<Expression> expressions = new ArrayList<>();
    private final boolean ofFlow;
    private @Nullable EtherType stated;

    /// Begins a rule about packets.
    static Statements rule() {
        return new Statements();
    }

    /// Begins a rule about packets' flows.
    static Statements flow() {
        return new Statements(true);
    }

    /// A rule about packets.
    Statements() {
        this(false);
    }

    /// @param ofFlow whether the rule is about the packet's flow
    Statements(boolean ofFlow) {
        this.ofFlow = ofFlow;
    }

    /// {@code iifname vmap @map}
    Statements inputVerdict(String map) {
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.VerdictFrom(map, FIRST));
        return this;
    }

    /// {@code meta priority set oifname map @group_1}, of what is sent {@code iifname}
    Statements groupAt(Direction direction, int position) {
        expressions.add(new Expression.Meta(direction == Direction.INGRESS ? OUTPUT_NAME : INPUT_NAME, FIRST));
        expressions.add(new Expression.ValueFrom(Layout.GROUP_AT + position, FIRST, FIRST));
        expressions.add(new Expression.StorePriority(FIRST));
        return this;
    }

    /// {@code meta priority . ip saddr & mask . meta l4proto . th dport & mask @shape meta priority set 0}
    Statements inShape(Shape shape) {
        networkProtocol(shape.family());
        expressions.add(new Expression.Meta(PRIORITY, FIRST));
        int register = remote(shape);
        if (shape.match() != Shape.Match.EVERYTHING) {
            expressions.add(
                    ofFlow
                            ? new Expression.Flow(PROTOCOL, register)
                            : new Expression.Meta(TRANSPORT_PROTOCOL, register));
            register += Integer.BYTES;
        }
        if (shape.match().hasValue()) {
            int offset = shape.match() == Shape.Match.PORT ? 2 : 0;
            expressions.add(
                    ofFlow
                            ? new Expression.Flow(DESTINATION_PORT, register)
                            : new Expression.Payload(TRANSPORT, offset, 2, register));
            mask(register, 2, shape.valueBits());
        }
        expressions.add(new Expression.InSet(shape.toString(), FIRST));
        return noPriority();
    }

    /// The same for an answer of DCCP, whose ports conntrack does not know from Linux 6.17 on: {@code meta l4proto 33
    /// meta priority . ct original ip saddr . meta l4proto . th sport @shape}
    Statements inShapeOfDccp(Shape shape) {
        protocol(IpProtocol.DCCP);
        networkProtocol(shape.family());
        expressions.add(new Expression.Meta(PRIORITY, FIRST));
        int register = remote(shape);
        expressions.add(new Expression.Flow(PROTOCOL, register));
        register += Integer.BYTES;
        expressions.add(new Expression.Payload(TRANSPORT, 0, 2, register));
        mask(register, 2, shape.valueBits());
        expressions.add(new Expression.InSet(shape.toString(), FIRST));
        return noPriority();
    }

    /// Loads the address of a shape that counts behind the group; gives back the register after it.
    private int remote(Shape shape) {
        int register = FIRST + Integer.BYTES;
        if (shape.remoteBits() == 0) {
            return register;
        }
        boolean source = shape.direction() == Direction.INGRESS;
        int bytes = shape.family() == EtherType.IPV4 ? 4 : 16;
        if (ofFlow) {
            expressions.add(AddressField.ofFlow(shape.family(), source, register));
        } else {
            expressions.add(AddressField.ofPacket(shape.family(), source, register));
        }
        mask(register, bytes, shape.remoteBits());
        return register + bytes;
    }

    /// {@code meta priority @set}
    Statements groupIn(String set) {
        expressions.add(new Expression.Meta(PRIORITY, FIRST));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code meta priority vmap @map}
    Statements groupVerdict(String map) {
        expressions.add(new Expression.Meta(PRIORITY, FIRST));
        expressions.add(new Expression.VerdictFrom(map, FIRST));
        return this;
    }

    /// {@code meta priority set 0}: a rule lets the packet pass
    Statements noPriority() {
        return priority(0);
    }

    /// {@code meta priority set 0xffffffff}: no rule has let the packet pass yet
    Statements undecided() {
        return priority(UNDECIDED);
    }

    private Statements priority(int value) {
        expressions.add(new Expression.Constant(hostOrder(value, 4), FIRST));
        expressions.add(new Expression.StorePriority(FIRST));
        return this;
    }

    /// {@code meta priority 0}: a rule let the packet pass
    Statements decided() {
        expressions.add(new Expression.Meta(PRIORITY, FIRST));
        expressions.add(new Expression.Compare(FIRST, Operator.EQUAL, hostOrder(0, 4)));
        return this;
    }

    private void mask(int register, int bytes, int bits) {
        if (bits < bytes * Byte.SIZE) {
            byte[] mask = new byte[bytes];
            for (int bit = 0; bit < bits; bit++) {
                mask[bit / 8] |= (byte) (0x80 >>> (bit % 8));
            }
            expressions.add(new Expression.Mask(register, Bytes.copyOf(mask)));
        }
    }

    /// {@code iifname "name"}
    Statements inputIs(String name) {
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        return equal(Arrays.copyOf(name.getBytes(StandardCharsets.UTF_8), Layout.INTERFACE_NAME_BYTES));
    }

    /// {@code iifname "prefix*"}
    Statements inputPrefix(String prefix) {
        return namePrefix(INPUT_NAME, prefix);
    }

    /// {@code oifname "prefix*"}
    Statements outputPrefix(String prefix) {
        return namePrefix(OUTPUT_NAME, prefix);
    }

    private Statements namePrefix(Expression.Meta.Key key, String prefix) {
        expressions.add(new Expression.Meta(key, FIRST));
        return equal(prefix.getBytes(StandardCharsets.UTF_8));
    }

    /// {@code iifname . ether saddr @macs}
    Statements inputMacIn(String set) {
        ethernet();
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.Payload(LINK, 6, 6, AFTER_NAME));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code iifname . ether saddr . ip saddr @set}, or {@code ip6 saddr}
    Statements inputSourceIn(EtherType family, String set) {
        ethernet();
        networkProtocol(family);
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.Payload(LINK, 6, 6, AFTER_NAME));
        expressions.add(AddressField.ofPacket(family, true, AFTER_NAME_AND_MAC));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code iifname . ip daddr @set}, or {@code ip6 daddr}
    Statements inputDestinationIn(EtherType family, String set) {
        networkProtocol(family);
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(AddressField.ofPacket(family, false, AFTER_NAME));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code ether daddr mac}, where all is Ethernet
    Statements destinationMac(MacAddress mac) {
        expressions.add(new Expression.Payload(LINK, 0, 6, FIRST));
        return equal(mac.toArray());
    }

    /// {@code iifname . ether saddr . @th,64,128 @set}: the target of a neighbor solicitation or advertisement.
    Statements inputNeighborTargetIn(String set) {
        ethernet();
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.Payload(LINK, 6, 6, AFTER_NAME));
        expressions.add(new Expression.Payload(TRANSPORT, 8, 16, AFTER_NAME_AND_MAC));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code @th,64,128 & mask == prefix}: the target of a neighbor solicitation or advertisement.
    Statements neighborTargetIn(Prefix prefix) {
        expressions.add(new Expression.Payload(TRANSPORT, 8, 16, FIRST));
        return prefix(prefix);
    }

    /// {@code iifname . arp saddr ether . arp saddr ip @set}
    Statements arpSenderIn(String set) {
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.Payload(NETWORK, 8, 6, AFTER_NAME));
        expressions.add(new Expression.Payload(NETWORK, 14, 4, AFTER_NAME_AND_MAC));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code ether saddr mac}
    Statements sourceMac(MacAddress mac) {
        ethernet();
        expressions.add(new Expression.Payload(LINK, 6, 6, FIRST));
        return equal(mac.toArray());
    }

    /// {@code arp saddr ether mac arp saddr ip prefix}
    Statements arpSender(MacAddress mac, Prefix prefix) {
        expressions.add(new Expression.Payload(NETWORK, 8, 6, FIRST));
        equal(mac.toArray());
        expressions.add(new Expression.Payload(NETWORK, 14, 4, FIRST));
        return prefix(prefix);
    }

    /// {@code meta nfproto ipv4}, or {@code ipv6}
    Statements family(EtherType family) {
        networkProtocol(family);
        return this;
    }

    /// {@code ip saddr prefix}, or {@code ip6 saddr prefix}
    Statements sourceIn(Prefix prefix) {
        EtherType family = EtherType.of(prefix.address());
        networkProtocol(family);
        expressions.add(stated(family, true));
        return prefix(prefix);
    }

    /// {@code ip daddr prefix}, or {@code ip6 daddr prefix}
    Statements destinationIn(Prefix prefix) {
        EtherType family = EtherType.of(prefix.address());
        networkProtocol(family);
        expressions.add(stated(family, false));
        return prefix(prefix);
    }

    /// {@code ip saddr @set}, or {@code ip6 saddr @set}
    Statements sourceIn(EtherType family, String set) {
        networkProtocol(family);
        expressions.add(stated(family, true));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code ip daddr @set}, or {@code ip6 daddr @set}
    Statements destinationIn(EtherType family, String set) {
        networkProtocol(family);
        expressions.add(stated(family, false));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code meta ibrname . ip saddr @set}, or {@code ip daddr}, {@code ip6 saddr}, {@code ip6 daddr}
    Statements inBridge(EtherType family, boolean source, String set) {
        networkProtocol(family);
        expressions.add(new Expression.Meta(INPUT_BRIDGE, FIRST));
        expressions.add(
                ofFlow
                        ? AddressField.ofFlow(family, source, AFTER_NAME)
                        : AddressField.ofPacket(family, source, AFTER_NAME));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code meta l4proto protocol}
    Statements protocol(IpProtocol protocol) {
        expressions.add(ofFlow ? new Expression.Flow(PROTOCOL, FIRST) : new Expression.Meta(TRANSPORT_PROTOCOL, FIRST));
        return equal((byte) protocol.number());
    }

    /// {@code tcp dport min-max}, with the protocol's own name
    Statements destinationPorts(IpProtocol protocol, int min, int max) {
        protocol(protocol);
        expressions.add(
                ofFlow ? new Expression.Flow(DESTINATION_PORT, FIRST) : new Expression.Payload(TRANSPORT, 2, 2, FIRST));
        return portIn(min, max);
    }

    private Statements portIn(int min, int max) {
        if (min == max) {
            return equal(be16(min));
        }
        expressions.add(new Expression.Compare(FIRST, Operator.AT_LEAST, Bytes.copyOf(be16(min))));
        expressions.add(new Expression.Compare(FIRST, Operator.AT_MOST, Bytes.copyOf(be16(max))));
        return this;
    }

    /// {@code udp sport source udp dport destination}
    Statements udp(int source, int destination) {
        protocol(IpProtocol.UDP);
        expressions.add(
                ofFlow ? new Expression.Flow(SOURCE_PORT, FIRST) : new Expression.Payload(TRANSPORT, 0, 2, FIRST));
        equal(be16(source));
        expressions.add(
                ofFlow ? new Expression.Flow(DESTINATION_PORT, FIRST) : new Expression.Payload(TRANSPORT, 2, 2, FIRST));
        return equal(be16(destination));
    }

    /// {@code tcp dport destination}
    Statements tcpTo(int destination) {
        protocol(IpProtocol.TCP);
        expressions.add(new Expression.Payload(TRANSPORT, 2, 2, FIRST));
        return equal(be16(destination));
    }

    /// {@code icmp type type}, or {@code icmpv6 type type}
    Statements icmpType(IpProtocol protocol, int type) {
        protocol(protocol);
        // a flow's destination port is its type, and then its code
        expressions.add(
                ofFlow ? new Expression.Flow(DESTINATION_PORT, FIRST) : new Expression.Payload(TRANSPORT, 0, 1, FIRST));
        return equal((byte) type);
    }

    /// {@code icmp type type icmp code code}, or {@code icmpv6 ...}
    Statements icmp(IpProtocol protocol, int type, int code) {
        if (ofFlow) {
            protocol(protocol);
            expressions.add(new Expression.Flow(DESTINATION_PORT, FIRST));
            return equal((byte) type, (byte) code);
        }
        icmpType(protocol, type);
        expressions.add(new Expression.Payload(TRANSPORT, 1, 1, FIRST));
        return equal((byte) code);
    }

    /// {@code ct direction original}
    Statements original() {
        expressions.add(new Expression.Flow(DIRECTION, FIRST));
        return equal((byte) 0);
    }

    /// {@code ct direction reply}
    Statements answer() {
        expressions.add(new Expression.Flow(DIRECTION, FIRST));
        return equal((byte) ANSWER);
    }

    /// {@code ct mark @set}
    Statements flowMarkIn(String set) {
        expressions.add(new Expression.Flow(Expression.Flow.Field.MARK, FIRST));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code ct mark set meta nfproto map @map}
    Statements stampFlow(String map) {
        expressions.add(new Expression.Meta(NETWORK_PROTOCOL, FIRST));
        expressions.add(new Expression.ValueFrom(map, FIRST, FIRST));
        expressions.add(new Expression.StoreFlowMark(FIRST));
        return this;
    }

    /// {@code dccp dport min-max}, and {@code sport} of an answer. From Linux 6.17 on, conntrack does not know DCCP's
    /// ports.
    static List<Statements> dccpPorts(Supplier<Statements> start, int min, int max) {
        Statements first = start.get().protocol(IpProtocol.DCCP).original();
        first.expressions.add(new Expression.Payload(TRANSPORT, 2, 2, FIRST));
        Statements answer = start.get().protocol(IpProtocol.DCCP).answer();
        answer.expressions.add(new Expression.Payload(TRANSPORT, 0, 2, FIRST));
        return List.of(first.portIn(min, max), answer.portIn(min, max));
    }

    /// {@code ct state ...}: any of the states in the mask
    Statements state(int mask) {
        expressions.add(new Expression.ConntrackState(FIRST));
        expressions.add(new Expression.Mask(FIRST, hostOrder(mask, 4)));
        expressions.add(new Expression.Compare(FIRST, Operator.NOT_EQUAL, hostOrder(0, 4)));
        return this;
    }

    /// {@code ct status confirmed}: of a flow whose first packet went its way
    Statements confirmed() {
        expressions.add(new Expression.Flow(Expression.Flow.Field.STATUS, FIRST));
        expressions.add(new Expression.Mask(FIRST, hostOrder(IPS_CONFIRMED, 4)));
        expressions.add(new Expression.Compare(FIRST, Operator.NOT_EQUAL, hostOrder(0, 4)));
        return this;
    }

    /// Which bit of {@link JudgedMark} is about this direction.
    static int judged(Direction direction) {
        return direction == Direction.EGRESS ? JudgedMark.FROM_GUEST : JudgedMark.TO_GUEST;
    }

    /// {@code meta mark set meta mark | bits}
    Statements judged(int bits) {
        expressions.add(new Expression.Meta(MARK, FIRST));
        expressions.add(new Expression.SetBits(FIRST, hostOrder(bits, 4)));
        expressions.add(new Expression.StoreMark(FIRST));
        return this;
    }

    /// {@code meta mark & bit == 0}
    Statements ifNotJudged(Direction direction) {
        expressions.add(new Expression.Meta(MARK, FIRST));
        expressions.add(new Expression.Mask(FIRST, hostOrder(judged(direction), 4)));
        expressions.add(new Expression.Compare(FIRST, Operator.EQUAL, hostOrder(0, 4)));
        return this;
    }

    /// {@code meta mark set meta mark & ~JUDGED}
    Statements forgetJudged() {
        expressions.add(new Expression.Meta(MARK, FIRST));
        expressions.add(new Expression.Mask(FIRST, hostOrder(~JUDGED, 4)));
        expressions.add(new Expression.StoreMark(FIRST));
        return this;
    }

    /// {@code ct zone set meta ibrname map @map}
    Statements zoneOfBridge(String map) {
        expressions.add(new Expression.Meta(INPUT_BRIDGE, FIRST));
        expressions.add(new Expression.ValueFrom(map, FIRST, FIRST));
        expressions.add(new Expression.StoreZone(FIRST));
        return this;
    }

    /// {@code iifname @set}
    Statements inputIn(String set) {
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code oifname @set}
    Statements outputIn(String set) {
        expressions.add(new Expression.Meta(OUTPUT_NAME, FIRST));
        expressions.add(new Expression.InSet(set, FIRST));
        return this;
    }

    /// {@code counter}
    Statements count() {
        expressions.add(new Expression.CountHere());
        return this;
    }

    /// {@code counter name iifname map @map}
    Statements countByInput(String map) {
        expressions.add(new Expression.Meta(INPUT_NAME, FIRST));
        expressions.add(new Expression.CountFrom(map, FIRST));
        return this;
    }

    /// {@code counter name oifname map @map}
    Statements countByOutput(String map) {
        expressions.add(new Expression.Meta(OUTPUT_NAME, FIRST));
        expressions.add(new Expression.CountFrom(map, FIRST));
        return this;
    }

    /// {@code limit rate ...}
    Statements limit(PacketLimit limit) {
        expressions.add(new Expression.Limit(limit));
        return this;
    }

    /// {@code log prefix "..." group ... snaplen ... queue-threshold 1}
    Statements log(int group, String prefix, int copyBytes) {
        expressions.add(new Expression.Log(group, prefix, copyBytes));
        return this;
    }

    NftRule accept(TableId table, String chain) {
        return rule(table, chain, new Verdict.Accept(), "");
    }

    /// Lets it go on to what else this chain's caller asks.
    NftRule pass(TableId table, String chain) {
        return rule(table, chain, new Verdict.Return(), "");
    }

    NftRule drop(TableId table, String chain) {
        return rule(table, chain, new Verdict.Drop(), "");
    }

    /// Ends the packet for a reason; see {@link DropRules}.
    NftRule drop(TableId table, String chain, DropReason reason, Direction direction) {
        return rule(table, chain, DropRules.because(reason, direction), "");
    }

    NftRule rule(TableId table, String chain, Verdict verdict, String comment) {
        expressions.add(new Expression.Immediate(verdict));
        return new NftRule(table, chain, expressions, comment);
    }

    /// A rule that ends with its last match, such as a lookup of a verdict.
    NftRule rule(TableId table, String chain) {
        return new NftRule(table, chain, expressions, "");
    }

    private void ethernet() {
        expressions.add(new Expression.Meta(INPUT_TYPE, FIRST));
        expressions.add(new Expression.Compare(FIRST, Operator.EQUAL, hostOrder(ARPHRD_ETHER, 2)));
    }

    private void networkProtocol(EtherType family) {
        if (family == stated) {
            return;
        }
        stated = family;
        expressions.add(new Expression.Meta(NETWORK_PROTOCOL, FIRST));
        equal((byte) (family == EtherType.IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
    }

    private Expression stated(EtherType family, boolean source) {
        return ofFlow ? AddressField.ofFlow(family, source, FIRST) : AddressField.ofPacket(family, source, FIRST);
    }

    private Statements prefix(Prefix prefix) {
        mask(FIRST, prefix.address().bits() / 8, prefix.length());
        return equal(prefix.address().toArray());
    }

    private Statements equal(byte... value) {
        expressions.add(new Expression.Compare(FIRST, Operator.EQUAL, Bytes.copyOf(value)));
        return this;
    }

    private static byte[] be16(int value) {
        return new byte[] {(byte) (value >>> 8), (byte) value};
    }

    static Bytes hostOrder(int value, int bytes) {
        ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.nativeOrder());
        if (bytes == 2) {
            buffer.putShort((short) value);
        } else {
            buffer.putInt(value);
        }
        return Bytes.copyOf(buffer.array());
    }
}
