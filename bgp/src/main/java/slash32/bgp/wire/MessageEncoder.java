package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Encodes messages. Each result is a whole message with its header, a fresh array.
public final class MessageEncoder {
    private MessageEncoder() {}

    public static byte[] encode(Message message) {
        var body = new ByteArrayOutputStream(64);
        int type = switch (message) {
            case Message.Open open -> {
                open(open, body);
                yield Message.OPEN;
            }
            case Message.Keepalive() -> Message.KEEPALIVE;
            case Message.Notification(int code, int subcode, Bytes value) -> {
                body.write(code);
                body.write(subcode);
                body.writeBytes(value.toArray());
                yield Message.NOTIFICATION;
            }
            case Message.RouteRefresh(AddressFamily family, int subtype) -> {
                u16(family.afi(), body);
                body.write(subtype);
                body.write(family.safi());
                yield Message.ROUTE_REFRESH;
            }
        };
        return framed(type, body.toByteArray());
    }

    /// End-of-RIB for {@code family} (RFC 4724 §2).
    public static byte[] endOfRib(AddressFamily family) {
        var body = new ByteArrayOutputStream(12);
        u16(0, body);
        if (family.equals(AddressFamily.IPV4_UNICAST)) {
            u16(0, body);
        } else {
            u16(6, body);
            body.write(AttributeCode.OPTIONAL);
            body.write(AttributeCode.MP_UNREACH_NLRI);
            body.write(3);
            u16(family.afi(), body);
            body.write(family.safi());
        }
        return framed(Message.UPDATE, body.toByteArray());
    }

    static byte[] framed(int type, byte[] body) {
        byte[] message = new byte[Framer.HEADER_BYTES + body.length];
        Arrays.fill(message, 0, 16, (byte) 0xff);
        message[16] = (byte) (message.length >>> 8);
        message[17] = (byte) message.length;
        message[18] = (byte) type;
        System.arraycopy(body, 0, message, Framer.HEADER_BYTES, body.length);
        return message;
    }

    private static void open(Message.Open open, ByteArrayOutputStream body) {
        body.write(Message.VERSION);
        u16((int) (open.asn().fitsTwoOctets() ? open.asn() : Asn.TRANS).value(), body);
        u16(open.holdSeconds(), body);
        i32(open.identifier().value(), body);
        var capabilities = new ByteArrayOutputStream(64);
        open.capabilities().forEach(capability -> capability(capability, capabilities));
        if (capabilities.size() > 253) {
            throw new IllegalArgumentException("capabilities of " + capabilities.size() + " octets fit no parameter");
        }
        if (capabilities.size() == 0) {
            body.write(0);
            return;
        }
        body.write(capabilities.size() + 2);
        body.write(2);
        body.write(capabilities.size());
        body.writeBytes(capabilities.toByteArray());
    }

    private static void capability(Capability capability, ByteArrayOutputStream out) {
        switch (capability) {
            case Capability.Multiprotocol(AddressFamily family) -> {
                out.write(Capability.CODE_MULTIPROTOCOL);
                out.write(4);
                u16(family.afi(), out);
                out.write(0);
                out.write(family.safi());
            }
            case Capability.RouteRefresh() -> {
                out.write(Capability.CODE_ROUTE_REFRESH);
                out.write(0);
            }
            case Capability.FourOctetAs(Asn asn) -> {
                out.write(Capability.CODE_FOUR_OCTET_AS);
                out.write(4);
                i32((int) asn.value(), out);
            }
            case Capability.GracefulRestart restart -> {
                out.write(Capability.CODE_GRACEFUL_RESTART);
                out.write(2 + 4 * restart.forwarding().size());
                int flags = (restart.restarted() ? 0x8000 : 0) | (restart.notifications() ? 0x4000 : 0);
                u16(flags | restart.restartSeconds(), out);
                restart.forwarding().entrySet().stream()
                        .sorted(Map.Entry.comparingByKey())
                        .forEach(entry -> {
                            u16(entry.getKey().afi(), out);
                            out.write(entry.getKey().safi());
                            out.write(entry.getValue() ? 0x80 : 0);
                        });
            }
            case Capability.EnhancedRouteRefresh() -> {
                out.write(Capability.CODE_ENHANCED_ROUTE_REFRESH);
                out.write(0);
            }
            case Capability.LongLivedGracefulRestart(var families) -> {
                out.write(Capability.CODE_LONG_LIVED_GRACEFUL_RESTART);
                out.write(7 * families.size());
                families.entrySet().stream().sorted(Map.Entry.comparingByKey()).forEach(entry -> {
                    u16(entry.getKey().afi(), out);
                    out.write(entry.getKey().safi());
                    out.write(entry.getValue().forwarding() ? 0x80 : 0);
                    out.write(entry.getValue().staleSeconds() >>> 16);
                    u16(entry.getValue().staleSeconds(), out);
                });
            }
            case Capability.Role(PeerRole role) -> {
                out.write(Capability.CODE_ROLE);
                out.write(1);
                out.write(role.code());
            }
            case Capability.Unknown(int code, Bytes value) -> {
                out.write(code);
                out.write(value.length());
                out.writeBytes(value.toArray());
            }
        }
    }

    /// The path attributes but MP_REACH_NLRI and MP_UNREACH_NLRI, in the order of their codes (RFC 4271 §5 asks
    /// senders
    /// for that).
    ///
    /// @param nextHop NEXT_HOP; null when MP_REACH_NLRI carries it
    static byte[] attributes(PathAttributes attributes, Terms terms, @Nullable IpAddress nextHop) {
        var out = new ByteArrayOutputStream(128);
        header(AttributeCode.TRANSITIVE, AttributeCode.ORIGIN, 1, out);
        out.write(attributes.origin().code());
        byte[] path = asPath(attributes.asPath(), terms.fourOctetAs());
        attribute(AttributeCode.TRANSITIVE, AttributeCode.AS_PATH, path, out);
        if (nextHop != null) {
            attribute(AttributeCode.TRANSITIVE, AttributeCode.NEXT_HOP, nextHop.toArray(), out);
        }
        if (attributes.med() != PathAttributes.ABSENT) {
            header(AttributeCode.OPTIONAL, AttributeCode.MULTI_EXIT_DISC, 4, out);
            i32((int) attributes.med(), out);
        }
        if (terms.internal()) {
            header(AttributeCode.TRANSITIVE, AttributeCode.LOCAL_PREF, 4, out);
            i32((int) (attributes.localPref() == PathAttributes.ABSENT ? 100 : attributes.localPref()), out);
        }
        if (attributes.atomicAggregate()) {
            header(AttributeCode.TRANSITIVE, AttributeCode.ATOMIC_AGGREGATE, 0, out);
        }
        others(attributes, 0, AttributeCode.COMMUNITIES, terms, out);
        if (!attributes.communities().isEmpty()) {
            words(
                    AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE,
                    AttributeCode.COMMUNITIES,
                    attributes.communities(),
                    out);
        }
        if (terms.internal() && attributes.originatorId() != null) {
            words(
                    AttributeCode.OPTIONAL,
                    AttributeCode.ORIGINATOR_ID,
                    List.of(attributes.originatorId().value()),
                    out);
        }
        if (terms.internal() && !attributes.clusterList().isEmpty()) {
            words(AttributeCode.OPTIONAL, AttributeCode.CLUSTER_LIST, attributes.clusterList(), out);
        }
        others(attributes, AttributeCode.COMMUNITIES, AttributeCode.AS4_PATH, terms, out);
        if (!terms.fourOctetAs() && needsAs4(attributes.asPath())) {
            attribute(
                    AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE,
                    AttributeCode.AS4_PATH,
                    asPath(attributes.asPath(), true),
                    out);
        }
        others(attributes, AttributeCode.AS4_PATH, AttributeCode.LARGE_COMMUNITY, terms, out);
        if (!attributes.largeCommunities().isEmpty()) {
            header(
                    AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE,
                    AttributeCode.LARGE_COMMUNITY,
                    12 * attributes.largeCommunities().size(),
                    out);
            attributes.largeCommunities().forEach(community -> {
                i32((int) community.administrator(), out);
                i32((int) community.function(), out);
                i32((int) community.value(), out);
            });
        }
        others(attributes, AttributeCode.LARGE_COMMUNITY, 256, terms, out);
        return out.toByteArray();
    }

    private static void others(
            PathAttributes attributes, int after, int before, Terms terms, ByteArrayOutputStream out) {
        for (RawAttribute other : attributes.others()) {
            if (other.type() <= after || other.type() >= before) {
                continue;
            }
            byte[] value = other.value().toArray();
            boolean narrowed = other.type() == AttributeCode.AGGREGATOR && !terms.fourOctetAs();
            attribute(other.flags(), other.type(), narrowed ? twoOctetAggregator(value) : value, out);
        }
    }

    /// RFC 6793 §4.2.2: AS_TRANS stands for a number that does not fit.
    private static byte[] twoOctetAggregator(byte[] four) {
        boolean fits = four[0] == 0 && four[1] == 0;
        byte[] two = Arrays.copyOfRange(four, 2, 8);
        if (!fits) {
            two[0] = (byte) (Asn.TRANS.value() >>> 8);
            two[1] = (byte) Asn.TRANS.value();
        }
        return two;
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
                    i32((int) number, out);
                } else {
                    u16((int) (number > 0xffff ? Asn.TRANS.value() : number), out);
                }
            }
        }
        return out.toByteArray();
    }

    private static void words(int flags, int type, List<Integer> words, ByteArrayOutputStream out) {
        header(flags, type, 4 * words.size(), out);
        words.forEach(word -> i32(word, out));
    }

    static void attribute(int flags, int type, byte[] value, ByteArrayOutputStream out) {
        header(flags, type, value.length, out);
        out.writeBytes(value);
    }

    static void header(int flags, int type, int length, ByteArrayOutputStream out) {
        boolean extended = length > 255;
        out.write(flags | (extended ? AttributeCode.EXTENDED_LENGTH : 0));
        out.write(type);
        if (extended) {
            u16(length, out);
        } else {
            out.write(length);
        }
    }

    static void u16(int value, ByteArrayOutputStream out) {
        out.write(value >>> 8);
        out.write(value);
    }

    static void i32(int value, ByteArrayOutputStream out) {
        u16(value >>> 16, out);
        u16(value, out);
    }
}
