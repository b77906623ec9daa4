package slash32.tap.gateway;

import org.jspecify.annotations.Nullable;
import slash32.net.MacAddress;

/// The guest asks who routes (RFC 4861 §4.1).
///
/// @param sourceMac of the Source Link-layer Address option; null if there is none
record RouterSolicitation(
        Icmpv6.Envelope envelope, @Nullable MacAddress sourceMac) implements GuestFrame {

    /// Reads and validates the message after its ICMPv6 header (RFC 4861 §6.1.1).
    static GuestFrame decode(Icmpv6.Envelope envelope, byte[] frame, int at, int end) {
        Icmpv6.Options options = Icmpv6.options(frame, at, end);
        if (options == null
                || envelope.source().isMulticast()
                || (envelope.source().isUnspecified() && options.sourceMac() != null)) {
            return new Unread(Refusal.MALFORMED);
        }
        return new RouterSolicitation(envelope, options.sourceMac());
    }
}
