package slash32.bgp.wire;

import slash32.net.Bytes;

/// A path attribute that is kept as bytes and passed on as its flags require (RFC 4271 §5).
///
/// @param flags as received, with the Extended Length bit clear
public record RawAttribute(int flags, int type, Bytes value) {
    public boolean isTransitive() {
        return (flags & AttributeCode.TRANSITIVE) != 0;
    }
}
