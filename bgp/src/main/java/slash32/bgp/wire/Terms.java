package slash32.bgp.wire;

import java.util.Set;

/// What a codec must know of the session: what both ends agreed on.
///
/// @param internal iBGP
/// @param fourOctetAs AS numbers are four octets (RFC 6793)
/// @param families both ends speak these
/// @param addPathReceived families whose NLRI the peer sends with path identifiers (RFC 7911)
/// @param addPathSent families whose NLRI we send with path identifiers
/// @param extendedMessages both ends take messages of up to 65535 octets (RFC 8654)
/// @param extendedNextHops IPv4 families whose next hop may be an IPv6 address (RFC 8950)
public record Terms(
        boolean internal,
        boolean fourOctetAs,
        Set<AddressFamily> families,
        Set<AddressFamily> addPathReceived,
        Set<AddressFamily> addPathSent,
        boolean extendedMessages,
        Set<AddressFamily> extendedNextHops) {
    public Terms {
        families = Set.copyOf(families);
        addPathReceived = Set.copyOf(addPathReceived);
        addPathSent = Set.copyOf(addPathSent);
        extendedNextHops = Set.copyOf(extendedNextHops);
    }

    /// Terms without path identifiers, extended messages and extended next hops.
    public Terms(boolean internal, boolean fourOctetAs, Set<AddressFamily> families) {
        this(internal, fourOctetAs, families, Set.of(), Set.of(), false, Set.of());
    }

    /// These terms with path identifiers both ways for {@code families}.
    public Terms withAddPath(Set<AddressFamily> pathFamilies) {
        return new Terms(
                internal, fourOctetAs, families, pathFamilies, pathFamilies, extendedMessages, extendedNextHops);
    }

    /// These terms for some of the families.
    public Terms with(Set<AddressFamily> some) {
        return new Terms(internal, fourOctetAs, some, addPathReceived, addPathSent, extendedMessages, extendedNextHops);
    }

    /// The longest message either end may send: 4096 or 65535 octets.
    public int maxMessageBytes() {
        return extendedMessages ? Framer.MAX_EXTENDED_BYTES : Framer.MAX_BYTES;
    }
}
