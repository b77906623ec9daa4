package slash32.bgp.wire;

import static slash32.bgp.wire.AttributeCode.OPTIONAL;
import static slash32.bgp.wire.AttributeCode.TRANSITIVE;
import static slash32.bgp.wire.Fate.ATTRIBUTE_DISCARD;
import static slash32.bgp.wire.Fate.TREAT_AS_WITHDRAW;

import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import slash32.bgp.wire.AttributeDecoders.Row;
import slash32.net.Bytes;

/// The path attributes that we judge as their RFCs want and carry as bytes, without using them.
final class OpaqueAttributes {
    private static final int OPTIONAL_TRANSITIVE = OPTIONAL | TRANSITIVE;

    private OpaqueAttributes() {}

    static Stream<Row> rows() {
        return Stream.of(
                kept(
                        AttributeCode.PMSI_TUNNEL,
                        TREAT_AS_WITHDRAW,
                        "RFC 6514 §5",
                        value -> PmsiTunnel.decode(value) != null),
                kept(
                        AttributeCode.TUNNEL_ENCAPSULATION,
                        TREAT_AS_WITHDRAW,
                        "RFC 9012 §13",
                        OpaqueAttributes::areTunnels),
                ignored(AttributeCode.AIGP, "RFC 7311 §3.2", value -> value.remaining() > 0 && areTlvs(value, 1, 3)),
                ignored(AttributeCode.BGP_LS, "RFC 7752 §6.2.2", value -> areTlvs(value, 2, 0)),
                kept(AttributeCode.PREFIX_SID, ATTRIBUTE_DISCARD, "RFC 8669 §6", value -> areTlvs(value, 1, 0)));
    }

    private static Row kept(int type, Fate malformed, String clause, Predicate<Reader> shape) {
        return new Row(type, OPTIONAL_TRANSITIVE, malformed, malformed, false, clause, (value, into) -> {
            Bytes bytes = value.rest();
            if (!shape.test(value)) {
                return NotificationCode.OPTIONAL_ATTRIBUTE_ERROR;
            }
            into.builder.other(into.flags, type, bytes);
            return null;
        });
    }

    /// Belongs to something that we never enable: dropped even if well-formed, as any non-transitive one that is not
    /// recognized (RFC 4271 §5).
    private static Row ignored(int type, String clause, Predicate<Reader> shape) {
        return new Row(
                type,
                OPTIONAL,
                ATTRIBUTE_DISCARD,
                ATTRIBUTE_DISCARD,
                false,
                clause,
                (value, _) -> shape.test(value) ? null : NotificationCode.OPTIONAL_ATTRIBUTE_ERROR);
    }

    /// At least one (RFC 9012 §13).
    private static boolean areTunnels(Reader value) {
        List<Tunnel> tunnels = Tunnel.decode(value);
        return tunnels != null && !tunnels.isEmpty();
    }

    /// True if type-length-value elements fill {@code in}: a type of some octets, two octets of length.
    ///
    /// @param headerInLength how many octets of its own header a length counts
    private static boolean areTlvs(Reader in, int typeBytes, int headerInLength) {
        while (in.remaining() > 0) {
            if (in.remaining() < typeBytes + 2) {
                return false;
            }
            in.slice(typeBytes);
            int length = in.u16() - headerInLength;
            if (length < 0 || length > in.remaining()) {
                return false;
            }
            in.slice(length);
        }
        return true;
    }
}
