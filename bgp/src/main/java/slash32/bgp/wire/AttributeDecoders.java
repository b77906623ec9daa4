package slash32.bgp.wire;

import static slash32.bgp.wire.AttributeCode.OPTIONAL;
import static slash32.bgp.wire.AttributeCode.TRANSITIVE;
import static slash32.bgp.wire.NotificationCode.ATTRIBUTE_LENGTH_ERROR;
import static slash32.bgp.wire.NotificationCode.INVALID_NEXT_HOP;
import static slash32.bgp.wire.NotificationCode.INVALID_ORIGIN;
import static slash32.bgp.wire.NotificationCode.MALFORMED_AS_PATH;
import static slash32.bgp.wire.NotificationCode.OPTIONAL_ATTRIBUTE_ERROR;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// The path attributes that we decode, a row each: its code, its flags, and what RFC 7606 §7 makes of a malformed
/// one. MP_REACH_NLRI and MP_UNREACH_NLRI are {@link UpdateDecoder}'s.
final class AttributeDecoders {
    private static final int WELL_KNOWN = TRANSITIVE;
    private static final int OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;

    private AttributeDecoders() {}

    /// Decodes a value into a builder.
    interface Decoder {
        /// Decodes {@code value}; null if all is well.
        @Nullable
        AttributeFault decode(Reader value, Attributes into);
    }

    /// How one attribute is decoded.
    ///
    /// @param flags the Optional and Transitive bits that it must have
    /// @param wrongFlags its fate with others (RFC 7606 §3 c)
    record Row(int type, int flags, Fate wrongFlags, Decoder decoder) {
        Row(int type, int flags, Decoder decoder) {
            this(type, flags, Fate.TREAT_AS_WITHDRAW, decoder);
        }
    }

    /// Attributes under construction.
    static final class Attributes {
        final Terms terms;
        /// Of the attribute that is being decoded, the Extended Length bit clear.
        int flags;

        final PathAttributes.Builder builder = PathAttributes.builder();

        @Nullable
        AsPath asPath;

        @Nullable
        AsPath as4Path;

        /// AGGREGATOR in its four-octet form.
        @Nullable
        Bytes aggregator;

        int aggregatorFlags;

        @Nullable
        Bytes as4Aggregator;

        Attributes(Terms terms) {
            this.terms = terms;
        }

        /// Settles AS_PATH and AGGREGATOR with what AS4_PATH and AS4_AGGREGATOR say of them (RFC 6793 §4.2.3).
        void mergeAs4() {
            boolean aggregatedSince = aggregator != null && as4Aggregator != null && !isTrans(aggregator);
            if (asPath != null) {
                builder.asPath(as4Path == null || aggregatedSince ? asPath : As4.merge(asPath, as4Path));
            }
            if (aggregator != null) {
                Bytes value = as4Aggregator == null || aggregatedSince ? aggregator : as4Aggregator;
                builder.other(aggregatorFlags, AttributeCode.AGGREGATOR, value);
            }
        }

        private static boolean isTrans(Bytes aggregator) {
            int high = aggregator.unsignedAt(0) << 8 | aggregator.unsignedAt(1);
            return high == 0 && (aggregator.unsignedAt(2) << 8 | aggregator.unsignedAt(3)) == Asn.TRANS.value();
        }
    }

    static final Map<Integer, Row> ROWS = Stream.concat(
                    OpaqueAttributes.rows(),
                    Stream.of(
                            new Row(AttributeCode.ORIGIN, WELL_KNOWN, AttributeDecoders::origin),
                            new Row(AttributeCode.AS_PATH, WELL_KNOWN, AttributeDecoders::asPath),
                            new Row(AttributeCode.NEXT_HOP, WELL_KNOWN, AttributeDecoders::nextHop),
                            new Row(AttributeCode.MULTI_EXIT_DISC, OPTIONAL, AttributeDecoders::med),
                            new Row(AttributeCode.LOCAL_PREF, WELL_KNOWN, AttributeDecoders::localPref),
                            new Row(AttributeCode.ATOMIC_AGGREGATE, WELL_KNOWN, AttributeDecoders::atomicAggregate),
                            new Row(AttributeCode.AGGREGATOR, OPTIONAL_TRANSITIVE, AttributeDecoders::aggregator),
                            new Row(AttributeCode.COMMUNITIES, OPTIONAL_TRANSITIVE, AttributeDecoders::communities),
                            new Row(AttributeCode.ORIGINATOR_ID, OPTIONAL, AttributeDecoders::originatorId),
                            new Row(AttributeCode.CLUSTER_LIST, OPTIONAL, AttributeDecoders::clusterList),
                            new Row(
                                    AttributeCode.EXTENDED_COMMUNITIES,
                                    OPTIONAL_TRANSITIVE,
                                    AttributeDecoders::extendedCommunities),
                            new Row(
                                    AttributeCode.IPV6_EXTENDED_COMMUNITIES,
                                    OPTIONAL_TRANSITIVE,
                                    AttributeDecoders::ipv6ExtendedCommunities),
                            new Row(
                                    AttributeCode.ONLY_TO_CUSTOMER,
                                    OPTIONAL_TRANSITIVE,
                                    AttributeDecoders::onlyToCustomer),
                            new Row(AttributeCode.AS4_PATH, OPTIONAL_TRANSITIVE, AttributeDecoders::as4Path),
                            new Row(
                                    AttributeCode.AS4_AGGREGATOR,
                                    OPTIONAL_TRANSITIVE,
                                    AttributeDecoders::as4Aggregator),
                            new Row(
                                    AttributeCode.LARGE_COMMUNITY,
                                    OPTIONAL_TRANSITIVE,
                                    AttributeDecoders::largeCommunity)))
            .collect(Collectors.toUnmodifiableMap(Row::type, Function.identity()));

    /// RFC 7606 §7.1.
    private static @Nullable AttributeFault origin(Reader value, Attributes into) {
        if (value.remaining() != 1) {
            return AttributeFault.withdraw(AttributeCode.ORIGIN, ATTRIBUTE_LENGTH_ERROR);
        }
        Origin origin = Origin.of(value.u8());
        if (origin == null) {
            return AttributeFault.withdraw(AttributeCode.ORIGIN, INVALID_ORIGIN);
        }
        into.builder.origin(origin);
        return null;
    }

    /// RFC 7606 §7.2; confederation segments from outside a confederation are malformed too (RFC 5065 §5).
    private static @Nullable AttributeFault asPath(Reader value, Attributes into) {
        into.asPath = segments(value, into.terms.fourOctetAs(), false);
        return into.asPath == null ? AttributeFault.withdraw(AttributeCode.AS_PATH, MALFORMED_AS_PATH) : null;
    }

    /// RFC 6793 §6: from a speaker of four octets it is discarded, and a malformed one as well.
    private static @Nullable AttributeFault as4Path(Reader value, Attributes into) {
        if (into.terms.fourOctetAs()) {
            return AttributeFault.discard(AttributeCode.AS4_PATH, OPTIONAL_ATTRIBUTE_ERROR);
        }
        into.as4Path = segments(value, true, true);
        return into.as4Path == null ? AttributeFault.discard(AttributeCode.AS4_PATH, MALFORMED_AS_PATH) : null;
    }

    private static @Nullable AsPath segments(Reader value, boolean fourOctets, boolean dropConfederations) {
        int width = fourOctets ? 4 : 2;
        var segments = new ArrayList<AsPath.Segment>();
        while (value.remaining() > 0) {
            if (value.remaining() < 2) {
                return null;
            }
            AsPath.SegmentType type = AsPath.SegmentType.of(value.u8());
            int count = value.u8();
            if (type == null || count == 0 || count * width > value.remaining()) {
                return null;
            }
            var numbers = new ArrayList<Long>(count);
            for (int i = 0; i < count; i++) {
                numbers.add(fourOctets ? value.u32() : value.u16());
            }
            if (numbers.contains(0L)) {
                return null; // RFC 7607 §2
            }
            boolean confederation = type.isConfederation();
            if (confederation && !dropConfederations) {
                return null;
            }
            if (!confederation) {
                segments.add(new AsPath.Segment(type, numbers));
            }
        }
        return segments.isEmpty() ? AsPath.EMPTY : new AsPath(segments);
    }

    /// RFC 7606 §7.3; an address that cannot be a next hop makes the route unusable (RFC 4271 §6.3).
    private static @Nullable AttributeFault nextHop(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return AttributeFault.withdraw(AttributeCode.NEXT_HOP, ATTRIBUTE_LENGTH_ERROR);
        }
        var address = new Ipv4Address(value.i32());
        if (!isHost(address)) {
            return AttributeFault.withdraw(AttributeCode.NEXT_HOP, INVALID_NEXT_HOP);
        }
        into.builder.nextHop(address);
        return null;
    }

    /// False for an address that no other host can be reached by: 0.0.0.0/8, loopback, multicast, class E.
    static boolean isHost(IpAddress address) {
        boolean reserved = address instanceof Ipv4Address v4 && (v4.value() >>> 24 == 0 || v4.value() >>> 28 == 0xf);
        return !reserved && !address.isUnspecified() && !address.isLoopback() && !address.isMulticast();
    }

    /// RFC 7606 §7.4.
    private static @Nullable AttributeFault med(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return AttributeFault.withdraw(AttributeCode.MULTI_EXIT_DISC, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.med(value.u32());
        return null;
    }

    /// RFC 7606 §7.5.
    private static @Nullable AttributeFault localPref(Reader value, Attributes into) {
        if (!into.terms.internal()) {
            return AttributeFault.discard(AttributeCode.LOCAL_PREF, OPTIONAL_ATTRIBUTE_ERROR);
        }
        if (value.remaining() != 4) {
            return AttributeFault.withdraw(AttributeCode.LOCAL_PREF, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.localPref(value.u32());
        return null;
    }

    /// RFC 7606 §7.6.
    private static @Nullable AttributeFault atomicAggregate(Reader value, Attributes into) {
        if (value.remaining() != 0) {
            return AttributeFault.discard(AttributeCode.ATOMIC_AGGREGATE, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.atomicAggregate(true);
        return null;
    }

    /// RFC 7606 §7.7; an AS number of 0 is malformed too (RFC 7607 §2). Kept in its four-octet form.
    private static @Nullable AttributeFault aggregator(Reader value, Attributes into) {
        if (value.remaining() != (into.terms.fourOctetAs() ? 8 : 6)) {
            return AttributeFault.discard(AttributeCode.AGGREGATOR, ATTRIBUTE_LENGTH_ERROR);
        }
        byte[] four = new byte[8];
        byte[] given = value.rest().toArray();
        System.arraycopy(given, 0, four, 8 - given.length, given.length);
        if ((four[0] | four[1] | four[2] | four[3]) == 0) {
            return AttributeFault.discard(AttributeCode.AGGREGATOR, OPTIONAL_ATTRIBUTE_ERROR);
        }
        into.aggregator = Bytes.copyOf(four);
        into.aggregatorFlags = into.flags;
        return null;
    }

    /// RFC 6793 §6: from a speaker of four octets it is discarded, and a malformed one as well.
    private static @Nullable AttributeFault as4Aggregator(Reader value, Attributes into) {
        if (into.terms.fourOctetAs() || value.remaining() != 8) {
            return AttributeFault.discard(AttributeCode.AS4_AGGREGATOR, ATTRIBUTE_LENGTH_ERROR);
        }
        into.as4Aggregator = value.rest();
        return null;
    }

    /// RFC 7606 §7.8.
    private static @Nullable AttributeFault communities(Reader value, Attributes into) {
        List<Integer> words = words(value);
        if (words.isEmpty()) {
            return AttributeFault.withdraw(AttributeCode.COMMUNITIES, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.communities(words);
        return null;
    }

    /// RFC 7606 §7.9.
    private static @Nullable AttributeFault originatorId(Reader value, Attributes into) {
        if (!into.terms.internal()) {
            return AttributeFault.discard(AttributeCode.ORIGINATOR_ID, OPTIONAL_ATTRIBUTE_ERROR);
        }
        int identifier = value.remaining() == 4 ? value.i32() : 0;
        if (identifier == 0) {
            return AttributeFault.withdraw(AttributeCode.ORIGINATOR_ID, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.originatorId(new BgpIdentifier(identifier));
        return null;
    }

    /// RFC 7606 §7.10.
    private static @Nullable AttributeFault clusterList(Reader value, Attributes into) {
        if (!into.terms.internal()) {
            return AttributeFault.discard(AttributeCode.CLUSTER_LIST, OPTIONAL_ATTRIBUTE_ERROR);
        }
        List<Integer> words = words(value);
        if (words.isEmpty()) {
            return AttributeFault.withdraw(AttributeCode.CLUSTER_LIST, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.clusterList(words);
        return null;
    }

    /// RFC 7606 §7.14.
    private static @Nullable AttributeFault extendedCommunities(Reader value, Attributes into) {
        if (value.remaining() == 0 || value.remaining() % 8 != 0) {
            return AttributeFault.withdraw(AttributeCode.EXTENDED_COMMUNITIES, ATTRIBUTE_LENGTH_ERROR);
        }
        var communities = new ArrayList<ExtendedCommunity>(value.remaining() / 8);
        while (value.remaining() > 0) {
            communities.add(new ExtendedCommunity(value.i64()));
        }
        into.builder.extendedCommunities(communities);
        return null;
    }

    /// RFC 7606 §7.15.
    private static @Nullable AttributeFault ipv6ExtendedCommunities(Reader value, Attributes into) {
        if (value.remaining() == 0 || value.remaining() % Ipv6ExtendedCommunity.BYTES != 0) {
            return AttributeFault.withdraw(AttributeCode.IPV6_EXTENDED_COMMUNITIES, ATTRIBUTE_LENGTH_ERROR);
        }
        var communities = new ArrayList<Ipv6ExtendedCommunity>();
        while (value.remaining() > 0) {
            communities.add(Ipv6ExtendedCommunity.decode(value));
        }
        into.builder.ipv6ExtendedCommunities(communities);
        return null;
    }

    /// RFC 9234 §5.
    private static @Nullable AttributeFault onlyToCustomer(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return AttributeFault.withdraw(AttributeCode.ONLY_TO_CUSTOMER, ATTRIBUTE_LENGTH_ERROR);
        }
        into.builder.onlyToCustomer(value.u32());
        return null;
    }

    /// RFC 8092 §5; a community given twice counts once.
    private static @Nullable AttributeFault largeCommunity(Reader value, Attributes into) {
        if (value.remaining() == 0 || value.remaining() % 12 != 0) {
            return AttributeFault.withdraw(AttributeCode.LARGE_COMMUNITY, ATTRIBUTE_LENGTH_ERROR);
        }
        var communities = new java.util.LinkedHashSet<LargeCommunity>();
        while (value.remaining() > 0) {
            communities.add(new LargeCommunity(value.u32(), value.u32(), value.u32()));
        }
        into.builder.largeCommunities(List.copyOf(communities));
        return null;
    }

    /// 32-bit words; empty if there are none or the length is no multiple of four.
    private static List<Integer> words(Reader value) {
        if (value.remaining() % 4 != 0) {
            return List.of();
        }
        var words = new ArrayList<Integer>(value.remaining() / 4);
        while (value.remaining() > 0) {
            words.add(value.i32());
        }
        return words;
    }
}
