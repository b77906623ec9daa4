package slash32.bgp.wire;

import java.util.Set;

/// What two OPENs agreed on, as far as reading and writing messages depends on it.
///
/// @param families those that both sides listed; NLRI of another family are ignored
public record Negotiated(AsWidth asWidth, PeerKind peerKind, Set<AddressFamily> families) {
    /// Octets of a message, without RFC 8654 (RFC 4271 §4.1).
    public static final int MAX_MESSAGE_BYTES = 4096;

    public Negotiated {
        families = Set.copyOf(families);
    }
}
