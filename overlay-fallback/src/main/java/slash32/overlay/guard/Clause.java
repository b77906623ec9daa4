package slash32.overlay.guard;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import slash32.net.Bytes;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Expression.Compare.Operator;
import slash32.netlink.netfilter.Expression.Payload.Header;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.PacketLimit;
import slash32.netlink.netfilter.Verdict;

/// Writes one rule of the guard, as {@code nft} would translate the words in its comments. Not thread-safe.
final class Clause {
    static final int UDP = 17;
    static final int TCP = 6;
    static final int ESP = 50;
    static final int ICMP = 1;
    static final int ICMPV6 = 58;

    private static final byte[] LINK_LOCAL = {(byte) 0xfe, (byte) 0x80, 0, 0, 0, 0, 0, 0};

    private static final int TCP_FLAGS_AT = 13;
    private static final byte TCP_SYN = 0x02;
    private static final byte TCP_RST = 0x04;

    private static final int NAME_BYTES = 16;
    private static final int NFPROTO_IPV4 = 2;
    private static final int NFPROTO_IPV6 = 10;

    /// Conntrack's states established and related as bits.
    private static final int ESTABLISHED_OR_RELATED = 0x6;

    private static final int STATE_BYTES = 4;

    private final List<Expression> expressions = new ArrayList<>();

    /// {@code iifname name}, or {@code iifname "prefix*"}
    Clause from(Way way) {
        return equal(new Expression.Meta(Expression.Meta.Key.INPUT_NAME, 0), name(way));
    }

    /// {@code oifname name}, or {@code oifname "prefix*"}
    Clause to(Way way) {
        return equal(new Expression.Meta(Expression.Meta.Key.OUTPUT_NAME, 0), name(way));
    }

    /// {@code iifname "prefix*"}
    Clause from(Inside inside) {
        return equal(new Expression.Meta(Expression.Meta.Key.INPUT_NAME, 0), name(inside.prefix()));
    }

    /// {@code oifname "prefix*"}
    Clause to(Inside inside) {
        return equal(new Expression.Meta(Expression.Meta.Key.OUTPUT_NAME, 0), name(inside.prefix()));
    }

    private static byte[] name(String prefix) {
        return prefix.getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] name(Way way) {
        return switch (way) {
            case Way.Device(InterfaceName name) ->
                Arrays.copyOf(name.value().getBytes(StandardCharsets.US_ASCII), NAME_BYTES);
            case Way.KernelIpsec(String prefix) -> name(prefix);
        };
    }

    /// {@code rt ipsec exists}
    Clause sealedByRoute() {
        return equal(new Expression.SealedByRoute(0), (byte) 1);
    }

    /// {@code meta nfproto ipv4}, or the other family
    Clause ip(boolean ipv4) {
        family(ipv4);
        return this;
    }

    /// {@code tcp flags & (syn | rst) == syn tcp option maxseg size set most}, which only lowers it
    NftRule segmentSize(int most, String chain) {
        protocol(TCP);
        expressions.add(new Expression.Payload(Header.TRANSPORT, TCP_FLAGS_AT, 1, 0));
        expressions.add(new Expression.Mask(0, Bytes.copyOf(new byte[] {TCP_SYN | TCP_RST})));
        expressions.add(new Expression.Compare(0, Operator.EQUAL, Bytes.copyOf(new byte[] {TCP_SYN})));
        expressions.add(new Expression.Constant(Bytes.copyOf(new byte[] {(byte) (most >>> 8), (byte) most}), 0));
        expressions.add(new Expression.LowerSegmentSize(0));
        return new NftRule(GuardRules.TABLE, chain, expressions, "");
    }

    /// {@code ip saddr @set} or {@code ip6 saddr @set}
    Clause sourceIn(String set, boolean ipv4) {
        return in(set, ipv4, ipv4 ? 12 : 8);
    }

    /// {@code ip daddr @set} or {@code ip6 daddr @set}
    Clause destinationIn(String set, boolean ipv4) {
        return in(set, ipv4, ipv4 ? 16 : 24);
    }

    private Clause in(String set, boolean ipv4, int offset) {
        family(ipv4);
        expressions.add(new Expression.Payload(Header.NETWORK, offset, ipv4 ? 4 : 16, 0));
        expressions.add(new Expression.InSet(set, 0));
        return this;
    }

    /// {@code ip saddr address}
    Clause source(Ipv4Address address) {
        family(true);
        return equal(new Expression.Payload(Header.NETWORK, 12, 4, 0), address.toArray());
    }

    /// {@code ip daddr address}
    Clause destination(Ipv4Address address) {
        family(true);
        return equal(new Expression.Payload(Header.NETWORK, 16, 4, 0), address.toArray());
    }

    /// {@code ip saddr prefix}
    Clause sourceWithin(Prefix prefix) {
        return within(prefix, 12);
    }

    /// {@code ip daddr prefix}
    Clause destinationWithin(Prefix prefix) {
        return within(prefix, 16);
    }

    private Clause within(Prefix prefix, int offset) {
        family(true);
        expressions.add(new Expression.Payload(Header.NETWORK, offset, 4, 0));
        int mask = -1 << (Integer.SIZE - prefix.length());
        expressions.add(new Expression.Mask(0, Bytes.copyOf(new Ipv4Address(mask).toArray())));
        return compare(Operator.EQUAL, prefix.address().toArray());
    }

    /// {@code ip saddr != address}
    Clause notSource(Ipv4Address address) {
        family(true);
        expressions.add(new Expression.Payload(Header.NETWORK, 12, 4, 0));
        return compare(Operator.NOT_EQUAL, address.toArray());
    }

    /// {@code ip daddr != address}
    Clause notDestination(Ipv4Address address) {
        family(true);
        expressions.add(new Expression.Payload(Header.NETWORK, 16, 4, 0));
        return compare(Operator.NOT_EQUAL, address.toArray());
    }

    private void family(boolean ipv4) {
        equal(new Expression.Meta(Expression.Meta.Key.NETWORK_PROTOCOL, 0), (byte)
                (ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6));
    }

    /// {@code meta l4proto protocol}
    Clause protocol(int protocol) {
        return equal(new Expression.Meta(Expression.Meta.Key.TRANSPORT_PROTOCOL, 0), (byte) protocol);
    }

    /// {@code ip6 saddr fe80::/64 icmpv6 type type}
    Clause linkLocalIcmpv6(int type) {
        family(false);
        equal(new Expression.Payload(Header.NETWORK, 8, 8, 0), LINK_LOCAL);
        protocol(ICMPV6);
        return equal(new Expression.Payload(Header.TRANSPORT, 0, 1, 0), (byte) type);
    }

    /// {@code icmp type type}
    Clause icmp(int type) {
        protocol(ICMP);
        return equal(new Expression.Payload(Header.TRANSPORT, 0, 1, 0), (byte) type);
    }

    /// {@code tcp sport port}
    Clause sourcePort(int protocol, int port) {
        protocol(protocol);
        return equal(new Expression.Payload(Header.TRANSPORT, 0, 2, 0), (byte) (port >>> 8), (byte) port);
    }

    /// {@code udp dport port}, or of TCP
    Clause port(int protocol, int port) {
        protocol(protocol);
        return equal(new Expression.Payload(Header.TRANSPORT, 2, 2, 0), (byte) (port >>> 8), (byte) port);
    }

    /// {@code ct state established,related}
    Clause ofKnownFlow() {
        expressions.add(new Expression.ConntrackState(0));
        expressions.add(new Expression.Mask(0, word(ESTABLISHED_OR_RELATED)));
        expressions.add(new Expression.Compare(0, Operator.NOT_EQUAL, word(0)));
        return this;
    }

    private static Bytes word(int value) {
        return Bytes.copyOf(java.nio.ByteBuffer.allocate(STATE_BYTES)
                .order(java.nio.ByteOrder.nativeOrder())
                .putInt(value)
                .array());
    }

    /// {@code limit rate perSecond/second burst burst packets}
    Clause within(long perSecond, int burst) {
        expressions.add(new Expression.Limit(new PacketLimit(perSecond, burst, false)));
        return this;
    }

    NftRule accept(String chain) {
        return then(new Verdict.Accept(), chain, "");
    }

    NftRule goBack(String chain) {
        return then(new Verdict.Return(), chain, "");
    }

    NftRule jump(String chain, String to) {
        return then(new Verdict.Jump(to), chain, "");
    }

    /// Counts what it drops.
    ///
    /// @param reason its name in metrics
    NftRule drop(String chain, String reason) {
        expressions.add(new Expression.CountHere());
        return then(new Verdict.Drop(), chain, reason);
    }

    private NftRule then(Verdict verdict, String chain, String comment) {
        expressions.add(new Expression.Immediate(verdict));
        return new NftRule(GuardRules.TABLE, chain, expressions, comment);
    }

    private Clause equal(Expression loaded, byte... value) {
        expressions.add(loaded);
        return compare(Operator.EQUAL, value);
    }

    private Clause compare(Operator operator, byte... value) {
        expressions.add(new Expression.Compare(0, operator, Bytes.copyOf(value)));
        return this;
    }
}
