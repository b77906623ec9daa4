package slash32.tap.gateway;

import org.jspecify.annotations.Nullable;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;

/// A question for the MAC of {@code target} (RFC 4861 §4.3).
///
/// @param sourceMac of the Source Link-layer Address option; null if there is none
record NeighborSolicitation(
        Icmpv6.Envelope envelope,
        Ipv6Address target,
        @Nullable MacAddress sourceMac) implements GuestFrame {

    /// Reads and validates the message after its ICMPv6 header (RFC 4861 §7.1.1).
    static GuestFrame decode(Icmpv6.Envelope envelope, byte[] frame, int at, int end) {
        if (end - at < 16) {
            return new Unread(Refusal.MALFORMED);
        }
        Ipv6Address target = Icmpv6.ipv6(frame, at);
        Icmpv6.Options options = Icmpv6.options(frame, at + 16, end);
        if (options == null || target.isMulticast() || envelope.source().isMulticast()) {
            return new Unread(Refusal.MALFORMED);
        }
        if (envelope.source().isUnspecified()
                && (options.sourceMac() != null || !envelope.destination().equals(solicitedNode(target)))) {
            return new Unread(Refusal.MALFORMED);
        }
        return new NeighborSolicitation(envelope, target, options.sourceMac());
    }

    /// Sent by the guest to find out whether {@code target} is free (RFC 4862 §5.4.2).
    boolean isProbe() {
        return envelope.source().isUnspecified();
    }

    /// Sent to the group or the address at which the holder of {@code target} listens.
    boolean reachesTarget() {
        return envelope.destination().equals(target) || envelope.destination().equals(solicitedNode(target));
    }

    /// ff02::1:ffXX:XXXX (RFC 4291 §2.7.1).
    private static Ipv6Address solicitedNode(Ipv6Address target) {
        return new Ipv6Address(0xff02L << 48, 0x1_ff00_0000L | (target.low() & 0xff_ffffL));
    }
}
