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

/// The path attributes that we decode, a row each: its code, its flags, and what becomes of a malformed one by which
/// clause. MP_REACH_NLRI and MP_UNREACH_NLRI are {@link UpdateDecoder}'s.
final class AttributeDecoders {
    private static final int WELL_KNOWN = TRANSITIVE;
    private static final int OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;

    private AttributeDecoders() {}

    /// Decodes a value into a builder.
    interface Decoder {
        /// Decodes {@code value}; null if all is well, else what is wrong with it.
        @Nullable
        NotificationCode decode(Reader value, Attributes into);
    }

    /// How one attribute is decoded.
    ///
    /// @param flags the Optional and Transitive bits that it must have
    /// @param wrongFlags its fate with others (RFC 7606 §3 c)
    /// @param malformed its fate with a value that can't be
    /// @param onlyInternal from an external peer it is discarded, whatever it says
    /// @param clause that says so
    record Row(
            int type,
            int flags,
            Fate wrongFlags,
            Fate malformed,
            boolean onlyInternal,
            String clause,
            Decoder decoder) {}

    private static Row withdrawn(int type, int flags, String clause, Decoder decoder) {
        return new Row(type, flags, Fate.TREAT_AS_WITHDRAW, Fate.TREAT_AS_WITHDRAW, false, clause, decoder);
    }

    private static Row internal(int type, int flags, String clause, Decoder decoder) {
        return new Row(type, flags, Fate.TREAT_AS_WITHDRAW, Fate.TREAT_AS_WITHDRAW, true, clause, decoder);
    }

    private static Row discarded(int type, int flags, String clause, Decoder decoder) {
        return new Row(type, flags, Fate.TREAT_AS_WITHDRAW, Fate.ATTRIBUTE_DISCARD, false, clause, decoder);
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
                            withdrawn(AttributeCode.ORIGIN, WELL_KNOWN, "RFC 7606 §7.1", AttributeDecoders::origin),
                            withdrawn(AttributeCode.AS_PATH, WELL_KNOWN, "RFC 7606 §7.2", AttributeDecoders::asPath),
                            withdrawn(AttributeCode.NEXT_HOP, WELL_KNOWN, "RFC 7606 §7.3", AttributeDecoders::nextHop),
                            withdrawn(AttributeCode.MULTI_EXIT_DISC, OPTIONAL, "RFC 7606 §7.4", AttributeDecoders::med),
                            internal(
                                    AttributeCode.LOCAL_PREF,
                                    WELL_KNOWN,
                                    "RFC 7606 §7.5",
                                    AttributeDecoders::localPref),
                            discarded(
                                    AttributeCode.ATOMIC_AGGREGATE,
                                    WELL_KNOWN,
                                    "RFC 7606 §7.6",
                                    AttributeDecoders::atomicAggregate),
                            discarded(
                                    AttributeCode.AGGREGATOR,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 7606 §7.7",
                                    AttributeDecoders::aggregator),
                            withdrawn(
                                    AttributeCode.COMMUNITIES,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 7606 §7.8",
                                    AttributeDecoders::communities),
                            internal(
                                    AttributeCode.ORIGINATOR_ID,
                                    OPTIONAL,
                                    "RFC 7606 §7.9",
                                    AttributeDecoders::originatorId),
                            internal(
                                    AttributeCode.CLUSTER_LIST,
                                    OPTIONAL,
                                    "RFC 7606 §7.10",
                                    AttributeDecoders::clusterList),
                            withdrawn(
                                    AttributeCode.EXTENDED_COMMUNITIES,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 7606 §7.14",
                                    AttributeDecoders::extendedCommunities),
                            withdrawn(
                                    AttributeCode.IPV6_EXTENDED_COMMUNITIES,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 7606 §7.15",
                                    AttributeDecoders::ipv6ExtendedCommunities),
                            withdrawn(
                                    AttributeCode.ONLY_TO_CUSTOMER,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 9234 §5",
                                    AttributeDecoders::onlyToCustomer),
                            discarded(
                                    AttributeCode.AS4_PATH,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 6793 §6",
                                    AttributeDecoders::as4Path),
                            discarded(
                                    AttributeCode.AS4_AGGREGATOR,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 6793 §6",
                                    AttributeDecoders::as4Aggregator),
                            withdrawn(
                                    AttributeCode.LARGE_COMMUNITY,
                                    OPTIONAL_TRANSITIVE,
                                    "RFC 8092 §6",
                                    AttributeDecoders::largeCommunity)))
            .collect(Collectors.toUnmodifiableMap(Row::type, Function.identity()));

    /// RFC 7606 §7.1.
    private static @Nullable NotificationCode origin(Reader value, Attributes into) {
        if (value.remaining() != 1) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        Origin origin = Origin.of(value.u8());
        if (origin == null) {
            return INVALID_ORIGIN;
        }
        into.builder.origin(origin);
        return null;
    }

    /// RFC 7606 §7.2; confederation segments from outside a confederation are malformed too (RFC 5065 §5).
    private static @Nullable NotificationCode asPath(Reader value, Attributes into) {
        into.asPath = segments(value, into.terms.fourOctetAs(), false);
        return into.asPath == null ? MALFORMED_AS_PATH : null;
    }

    /// RFC 6793 §6: from a speaker of four octets it is discarded, and a malformed one as well.
    private static @Nullable NotificationCode as4Path(Reader value, Attributes into) {
        if (into.terms.fourOctetAs()) {
            return OPTIONAL_ATTRIBUTE_ERROR;
        }
        into.as4Path = segments(value, true, true);
        return into.as4Path == null ? MALFORMED_AS_PATH : null;
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
    private static @Nullable NotificationCode nextHop(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        var address = new Ipv4Address(value.i32());
        if (!isHost(address)) {
            return INVALID_NEXT_HOP;
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
    private static @Nullable NotificationCode med(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.med(value.u32());
        return null;
    }

    /// RFC 7606 §7.5.
    private static @Nullable NotificationCode localPref(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.localPref(value.u32());
        return null;
    }

    /// RFC 7606 §7.6.
    private static @Nullable NotificationCode atomicAggregate(Reader value, Attributes into) {
        if (value.remaining() != 0) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.atomicAggregate(true);
        return null;
    }

    /// RFC 7606 §7.7; an AS number of 0 is malformed too (RFC 7607 §2). Kept in its four-octet form.
    private static @Nullable NotificationCode aggregator(Reader value, Attributes into) {
        if (value.remaining() != (into.terms.fourOctetAs() ? 8 : 6)) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        byte[] four = new byte[8];
        byte[] given = value.rest().toArray();
        System.arraycopy(given, 0, four, 8 - given.length, given.length);
        if ((four[0] | four[1] | four[2] | four[3]) == 0) {
            return OPTIONAL_ATTRIBUTE_ERROR;
        }
        into.aggregator = Bytes.copyOf(four);
        into.aggregatorFlags = into.flags;
        return null;
    }

    /// RFC 6793 §6: from a speaker of four octets it is discarded, and a malformed one as well.
    private static @Nullable NotificationCode as4Aggregator(Reader value, Attributes into) {
        if (into.terms.fourOctetAs() || value.remaining() != 8) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.as4Aggregator = value.rest();
        return null;
    }

    /// RFC 7606 §7.8.
    private static @Nullable NotificationCode communities(Reader value, Attributes into) {
        List<Integer> words = words(value);
        if (words.isEmpty()) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.communities(words);
        return null;
    }

    /// RFC 7606 §7.9.
    private static @Nullable NotificationCode originatorId(Reader value, Attributes into) {
        int identifier = value.remaining() == 4 ? value.i32() : 0;
        if (identifier == 0) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.originatorId(new BgpIdentifier(identifier));
        return null;
    }

    /// RFC 7606 §7.10.
    private static @Nullable NotificationCode clusterList(Reader value, Attributes into) {
        List<Integer> words = words(value);
        if (words.isEmpty()) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.clusterList(words);
        return null;
    }

    /// RFC 7606 §7.14.
    private static @Nullable NotificationCode extendedCommunities(Reader value, Attributes into) {
        if (value.remaining() == 0 || value.remaining() % 8 != 0) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        var communities = new ArrayList<ExtendedCommunity>(value.remaining() / 8);
        while (value.remaining() > 0) {
            communities.add(new ExtendedCommunity(value.i64()));
        }
        into.builder.extendedCommunities(communities);
        return null;
    }

    /// RFC 7606 §7.15.
    private static @Nullable NotificationCode ipv6ExtendedCommunities(Reader value, Attributes into) {
        if (value.remaining() == 0 || value.remaining() % Ipv6ExtendedCommunity.BYTES != 0) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        var communities = new ArrayList<Ipv6ExtendedCommunity>();
        while (value.remaining() > 0) {
            communities.add(Ipv6ExtendedCommunity.decode(value));
        }
        into.builder.ipv6ExtendedCommunities(communities);
        return null;
    }

    /// RFC 9234 §5.
    private static @Nullable NotificationCode onlyToCustomer(Reader value, Attributes into) {
        if (value.remaining() != 4) {
            return ATTRIBUTE_LENGTH_ERROR;
        }
        into.builder.onlyToCustomer(value.u32());
        return null;
    }

    /// RFC 8092 §6; a community given twice counts once.
    private static @Nullable NotificationCode largeCommunity(Reader value, Attributes into) {
        if (value.remaining() == 0 || value.remaining() % 12 != 0) {
            return ATTRIBUTE_LENGTH_ERROR;
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
