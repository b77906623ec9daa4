package slash32.securitygroup.compile;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Field;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Rule;
import slash32.securitygroup.Traffic;

/// What a packet is looked up by: all rules that let pass by the same fields of it, to the same bit, are elements of
/// one hash set, whichever group they are of. A range of ports is the few aligned blocks that cover it.
///
/// @param remoteBits of the remote address that count; 0 for every address
/// @param match what counts beside the addresses
/// @param valueBits of the 16 bits of {@code match} that count; 0 unless it has them
public record Shape(Direction direction, EtherType family, int remoteBits, Match match, int valueBits)
        implements Comparable<Shape> {
    /// What of a packet beside its addresses counts.
    enum Match {
        EVERYTHING,
        PROTOCOL,
        /// Protocol and destination port.
        PORT,
        /// Protocol, and type and code of ICMP.
        ICMP;

        boolean hasValue() {
            return this == PORT || this == ICMP;
        }
    }

    private static final int VALUE_BITS = 16;
    private static final int TYPE_BITS = 8;
    private static final Set<Integer> USUAL_IPV4_BITS = Set.of(0, 8, 16, 24, 32);
    private static final Set<Integer> USUAL_IPV6_BITS = Set.of(0, 32, 48, 56, 64, 128);
    private static final Pattern NAME =
            Pattern.compile("(in|out)_([46])_net([0-9]{1,3})_(?:(any|protocol)|(port|icmp)([0-9]{1,2}))");
    private static final Comparator<Shape> ORDER = Comparator.comparing(Shape::direction)
            .thenComparing(Shape::family)
            .thenComparing(Shape::remoteBits)
            .thenComparing(Shape::match)
            .thenComparing(Comparator.comparing(Shape::valueBits).reversed());

    /// One element of a shape's set.
    public record Entry(Shape shape, SetElement element) {
        /// The name of the set.
        public String set() {
            return shape.toString();
        }
    }

    /// The entries of a rule whose remote is {@code prefix}, or is every address.
    ///
    /// @param prefix null for every address
    static List<Entry> entries(GroupId group, Rule rule, @Nullable Prefix prefix) {
        var entries = new ArrayList<Entry>();
        switch (rule.traffic()) {
            case Traffic.Any() -> entries.add(entry(group, rule, prefix, Match.EVERYTHING, 0, 0));
            case Traffic.OfProtocol _ -> entries.add(entry(group, rule, prefix, Match.PROTOCOL, 0, 0));
            case Traffic.Icmp(var _, int type, var code) ->
                entries.add(
                        code == null
                                ? entry(group, rule, prefix, Match.ICMP, type << TYPE_BITS, TYPE_BITS)
                                : entry(group, rule, prefix, Match.ICMP, (type << TYPE_BITS) | code, VALUE_BITS));
            case Traffic.Ports(var _, int min, int max) -> {
                for (int from = min; from <= max; ) {
                    int hostBits = Math.min(
                            Integer.numberOfTrailingZeros(from),
                            Integer.SIZE - 1 - Integer.numberOfLeadingZeros(max - from + 1));
                    entries.add(entry(group, rule, prefix, Match.PORT, from, VALUE_BITS - hostBits));
                    from += 1 << hostBits;
                }
            }
        }
        return entries;
    }

    private static Entry entry(
            GroupId group, Rule rule, @Nullable Prefix prefix, Match match, int value, int valueBits) {
        var shape =
                new Shape(rule.direction(), rule.etherType(), prefix == null ? 0 : prefix.length(), match, valueBits);
        IpProtocol protocol = rule.traffic().protocol();
        ByteBuffer key = ByteBuffer.allocate(shape.keyBytes()).order(ByteOrder.nativeOrder());
        key.putInt((int) group.number());
        if (prefix != null) {
            key.put(prefix.address().toArray());
        }
        if (protocol != null) {
            key.put((byte) protocol.number()).put(new byte[3]);
        }
        if (match.hasValue()) {
            key.put((byte) (value >>> 8)).put((byte) value);
        }
        return new Entry(shape, SetElement.of(Bytes.copyOf(key.array())));
    }

    /// True if it is one that packets of every group are looked up in; there are few of these. Others are ranges of
    /// ports and the prefix lengths that are seldom used: whose rules have them, pays for them.
    boolean isUsual() {
        boolean onePort = match != Match.PORT || valueBits == VALUE_BITS;
        return onePort && (family == EtherType.IPV4 ? USUAL_IPV4_BITS : USUAL_IPV6_BITS).contains(remoteBits);
    }

    /// The prefix that an element of its set is about; null if it is about every address.
    @Nullable
    Prefix remoteOf(SetElement element) {
        if (remoteBits == 0) {
            return null;
        }
        byte[] key = element.key().toArray();
        int from = Integer.BYTES;
        return Prefix.containing(
                IpAddress.of(Arrays.copyOfRange(key, from, from + addressBits() / Byte.SIZE)), remoteBits);
    }

    /// True if each element of its set is about one remote address.
    boolean isOfOneAddress() {
        return remoteBits == addressBits();
    }

    private int keyBytes() {
        return fields().stream().mapToInt(field -> (field.bytes + 3) & ~3).sum();
    }

    private List<Field> fields() {
        var fields = new ArrayList<Field>();
        fields.add(Field.MARK);
        if (remoteBits > 0) {
            fields.add(family == EtherType.IPV4 ? Field.IPV4_ADDRESS : Field.IPV6_ADDRESS);
        }
        if (match != Match.EVERYTHING) {
            fields.add(Field.TRANSPORT_PROTOCOL);
        }
        if (match.hasValue()) {
            fields.add(Field.PORT);
        }
        return fields;
    }

    /// Where its elements are.
    NftSet set() {
        return new NftSet(Layout.INET, toString(), new SetType(fields(), SetType.Content.COUNTED));
    }

    /// The shape whose set has this name; null if there is none.
    static @Nullable Shape parse(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            return null;
        }
        Match match = Match.EVERYTHING;
        int valueBits = 0;
        if (matcher.group(5) != null) {
            match = matcher.group(5).equals("port") ? Match.PORT : Match.ICMP;
            valueBits = Integer.parseInt(matcher.group(6));
        } else if (matcher.group(4).equals("protocol")) {
            match = Match.PROTOCOL;
        }
        var shape = new Shape(
                matcher.group(1).equals("in") ? Direction.INGRESS : Direction.EGRESS,
                matcher.group(2).equals("4") ? EtherType.IPV4 : EtherType.IPV6,
                Integer.parseInt(matcher.group(3)),
                match,
                valueBits);
        boolean possible = shape.remoteBits <= shape.addressBits() && valueBits <= VALUE_BITS;
        return possible && shape.toString().equals(name) ? shape : null;
    }

    /// Of an address of its family.
    private int addressBits() {
        return family == EtherType.IPV4
                ? IpAddress.parse("0.0.0.0").bits()
                : IpAddress.parse("::").bits();
    }

    /// In the order in which packets are looked up.
    @Override
    public int compareTo(Shape other) {
        return ORDER.compare(this, other);
    }

    /// The name of its set.
    @Override
    public String toString() {
        String what = switch (match) {
            case EVERYTHING -> "any";
            case PROTOCOL -> "protocol";
            case PORT -> "port" + valueBits;
            case ICMP -> "icmp" + valueBits;
        };
        return (direction == Direction.INGRESS ? "in_" : "out_")
                + (family == EtherType.IPV4 ? "4" : "6")
                + "_net" + remoteBits + "_" + what;
    }
}
