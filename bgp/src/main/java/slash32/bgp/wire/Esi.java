package slash32.bgp.wire;

import slash32.net.Bytes;

/// An Ethernet Segment Identifier (RFC 7432 §5).
///
/// @param octets ten of them
public record Esi(Bytes octets) {
    static final int BYTES = 10;
    /// A segment with one attachment.
    public static final Esi ZERO = new Esi(Bytes.copyOf(new byte[BYTES]));

    public Esi {
        if (octets.length() != BYTES) {
            throw new IllegalArgumentException("an ESI has 10 octets, got " + octets.length());
        }
    }

    /// "00:11:22:33:44:55:66:77:88:99".
    @Override
    public String toString() {
        return octets.toString().replaceAll("..(?!$)", "$0:");
    }
}
