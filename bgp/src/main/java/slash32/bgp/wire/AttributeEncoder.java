package slash32.bgp.wire;

import static slash32.bgp.wire.AttributeCode.OPTIONAL;
import static slash32.bgp.wire.AttributeCode.TRANSITIVE;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// The path attributes but MP_REACH_NLRI and MP_UNREACH_NLRI as bytes, in the order of their codes (RFC 4271 §5 asks
/// senders for that).
public final class AttributeEncoder {
    private static final int OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;

    private final PathAttributes attributes;
    private final List<RawAttribute> rows;

    private AttributeEncoder(PathAttributes attributes) {
        this.attributes = attributes;
        rows = new ArrayList<>(attributes.others());
    }

    /// The attributes for a session of these terms.
    ///
    /// @param nextHop NEXT_HOP; null when MP_REACH_NLRI carries it
    static byte[] encode(PathAttributes attributes, Terms terms, @Nullable IpAddress nextHop) {
        var encoder = new AttributeEncoder(attributes);
        if (!terms.fourOctetAs()) {
            encoder.narrowAggregator();
        }
        encoder.path(terms, nextHop);
        encoder.communities();
        encoder.rows.sort(Comparator.comparingInt(RawAttribute::type));
        var out = new ByteArrayOutputStream(128);
        for (RawAttribute row : encoder.rows) {
            header(row.flags(), row.type(), row.value().length(), out);
            out.writeBytes(row.value().toArray());
        }
        return out.toByteArray();
    }

    /// The attributes as a table dump has them: AS numbers of four octets, and of MP_REACH_NLRI only the next hop (RFC
    /// 6396 §4.3.4).
    public static byte[] forTable(AddressFamily family, PathAttributes attributes) {
        IpAddress nextHop = attributes.nextHop();
        boolean classic = family.equals(AddressFamily.IPV4_UNICAST) && nextHop != null && nextHop.isIpv4();
        var terms = new Terms(attributes.localPref() != PathAttributes.ABSENT, true, Set.of(family));
        byte[] others = encode(attributes, terms, classic ? nextHop : null);
        if (classic) {
            return others;
        }
        byte[] field = NextHop.encode(family, attributes).toArray();
        var out = new ByteArrayOutputStream(others.length + field.length + 4);
        header(OPTIONAL, AttributeCode.MP_REACH_NLRI, 1 + field.length, out);
        out.write(field.length);
        out.writeBytes(field);
        out.writeBytes(others);
        return out.toByteArray();
    }

    private void path(Terms terms, @Nullable IpAddress nextHop) {
        add(TRANSITIVE, AttributeCode.ORIGIN, new byte[] {
            (byte) attributes.origin().code()
        });
        add(TRANSITIVE, AttributeCode.AS_PATH, asPath(attributes.asPath(), terms.fourOctetAs()));
        if (!terms.fourOctetAs() && needsAs4(attributes.asPath())) {
            add(OPTIONAL_TRANSITIVE, AttributeCode.AS4_PATH, asPath(attributes.asPath(), true));
        }
        if (nextHop != null) {
            add(TRANSITIVE, AttributeCode.NEXT_HOP, nextHop.toArray());
        }
        if (attributes.med() != PathAttributes.ABSENT) {
            words(OPTIONAL, AttributeCode.MULTI_EXIT_DISC, List.of((int) attributes.med()));
        }
        if (attributes.atomicAggregate()) {
            add(TRANSITIVE, AttributeCode.ATOMIC_AGGREGATE, new byte[0]);
        }
        if (attributes.onlyToCustomer() != PathAttributes.ABSENT) {
            words(OPTIONAL_TRANSITIVE, AttributeCode.ONLY_TO_CUSTOMER, List.of((int) attributes.onlyToCustomer()));
        }
        if (!terms.internal()) {
            return;
        }
        long localPref = attributes.localPref() == PathAttributes.ABSENT ? 100 : attributes.localPref();
        words(TRANSITIVE, AttributeCode.LOCAL_PREF, List.of((int) localPref));
        if (attributes.originatorId() != null) {
            words(
                    OPTIONAL,
                    AttributeCode.ORIGINATOR_ID,
                    List.of(attributes.originatorId().value()));
        }
        words(OPTIONAL, AttributeCode.CLUSTER_LIST, attributes.clusterList());
    }

    private void communities() {
        words(OPTIONAL_TRANSITIVE, AttributeCode.COMMUNITIES, attributes.communities());
        var extended = new ByteArrayOutputStream(64);
        attributes.extendedCommunities().forEach(community -> {
            MessageEncoder.i32((int) (community.value() >>> 32), extended);
            MessageEncoder.i32((int) community.value(), extended);
        });
        addUnlessEmpty(AttributeCode.EXTENDED_COMMUNITIES, extended);
        var extended6 = new ByteArrayOutputStream(64);
        attributes.ipv6ExtendedCommunities().forEach(community -> {
            extended6.write(community.type());
            extended6.write(community.subtype());
            extended6.writeBytes(community.administrator().toArray());
            MessageEncoder.u16(community.number(), extended6);
        });
        addUnlessEmpty(AttributeCode.IPV6_EXTENDED_COMMUNITIES, extended6);
        var large = new ByteArrayOutputStream(64);
        attributes.largeCommunities().forEach(community -> {
            MessageEncoder.i32((int) community.administrator(), large);
            MessageEncoder.i32((int) community.function(), large);
            MessageEncoder.i32((int) community.value(), large);
        });
        addUnlessEmpty(AttributeCode.LARGE_COMMUNITY, large);
    }

    /// RFC 4271 §5: what came with the Partial bit keeps it.
    private void add(int flags, int type, byte[] value) {
        int partial = attributes.isPartial(type) ? AttributeCode.PARTIAL : 0;
        rows.add(new RawAttribute(flags | partial, type, Bytes.copyOf(value)));
    }

    private void addUnlessEmpty(int type, ByteArrayOutputStream value) {
        if (value.size() > 0) {
            add(OPTIONAL_TRANSITIVE, type, value.toByteArray());
        }
    }

    private void words(int flags, int type, List<Integer> words) {
        if (!words.isEmpty()) {
            var value = new ByteArrayOutputStream(4 * words.size());
            words.forEach(word -> MessageEncoder.i32(word, value));
            add(flags, type, value.toByteArray());
        }
    }

    /// RFC 6793 §4.2.2: in AGGREGATOR, AS_TRANS stands for a number that doesn't fit, which AS4_AGGREGATOR says.
    private void narrowAggregator() {
        for (RawAttribute attribute : attributes.others()) {
            if (attribute.type() == AttributeCode.AGGREGATOR) {
                byte[] four = attribute.value().toArray();
                byte[] two = Arrays.copyOfRange(four, 2, 8);
                if (four[0] != 0 || four[1] != 0) {
                    two[0] = (byte) (Asn.TRANS.value() >>> 8);
                    two[1] = (byte) Asn.TRANS.value();
                    add(OPTIONAL_TRANSITIVE, AttributeCode.AS4_AGGREGATOR, four);
                }
                rows.remove(attribute);
                rows.add(new RawAttribute(attribute.flags(), attribute.type(), Bytes.copyOf(two)));
            }
        }
    }

    private static boolean needsAs4(AsPath path) {
        return path.segments().stream()
                .anyMatch(segment -> segment.numbers().stream().anyMatch(n -> n > 0xffff));
    }

    private static byte[] asPath(AsPath path, boolean fourOctets) {
        var out = new ByteArrayOutputStream(16);
        for (AsPath.Segment segment : path.segments()) {
            out.write(segment.type().code());
            out.write(segment.numbers().size());
            for (long number : segment.numbers()) {
                if (fourOctets) {
                    MessageEncoder.i32((int) number, out);
                } else {
                    MessageEncoder.u16((int) (number > 0xffff ? Asn.TRANS.value() : number), out);
                }
            }
        }
        return out.toByteArray();
    }

    /// Flags, type and length; two octets of length where one is too short.
    static void header(int flags, int type, int length, ByteArrayOutputStream out) {
        boolean extended = length > 255;
        out.write(flags | (extended ? AttributeCode.EXTENDED_LENGTH : 0));
        out.write(type);
        if (extended) {
            MessageEncoder.u16(length, out);
        } else {
            out.write(length);
        }
    }
}
