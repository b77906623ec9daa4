package slash32.bgp.wire;

import slash32.net.Bytes;

/// A path attribute passed on as the bytes it came in.
///
/// @param flags the Optional, Transitive and Partial bits; Partial is set on one that we do not recognize (RFC 4271 §5)
/// @param type 1 to 255
public record RawAttribute(int flags, int type, Bytes value) {
    @Override
    public String toString() {
        return "attribute-%d-0x%02x:%s".formatted(type, flags, value);
    }
}
