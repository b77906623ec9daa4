package slash32.bgp.wire;

import org.jspecify.annotations.Nullable;

/// The prefixes of one family in a message, checked but not decoded: visiting them allocates nothing.
///
/// Valid as long as the message's bytes are.
public final class NlriSlice {
    private final AddressFamily family;
    private final byte[] bytes;
    private final int from;
    private final int to;
    private final boolean pathIds;

    private NlriSlice(AddressFamily family, boolean pathIds, byte[] bytes, int from, int to) {
        this.family = family;
        this.pathIds = pathIds;
        this.bytes = bytes;
        this.from = from;
        this.to = to;
    }

    /// Takes a prefix. IPv4 addresses are the upper half of {@code high}.
    public interface Visitor {
        /// Called for each prefix in order; bits past {@code length} are clear.
        ///
        /// @param pathId the path identifier (RFC 7911 §3); 0 in a session without them
        /// @param length 0 to 32 or 128
        void prefix(int pathId, long high, long low, int length);
    }

    /// What remains of {@code reader} as prefixes of {@code family}, a unicast one.
    ///
    /// @param pathIds each prefix has a path identifier before it
    /// @return null if a prefix is longer than its family allows or is cut short (RFC 7606 §5.3)
    static @Nullable NlriSlice check(AddressFamily family, boolean pathIds, Reader reader) {
        byte[] bytes = reader.array();
        int longest = family.afi() == 1 ? 32 : 128;
        int at = reader.position();
        while (at < reader.limit()) {
            at += pathIds ? 4 : 0;
            if (at >= reader.limit()) {
                return null;
            }
            int length = bytes[at] & 0xff;
            at += 1 + (length + 7) / 8;
            if (length > longest || at > reader.limit()) {
                return null;
            }
        }
        return new NlriSlice(family, pathIds, bytes, reader.position(), reader.limit());
    }

    public AddressFamily family() {
        return family;
    }

    public boolean isEmpty() {
        return from == to;
    }

    /// Hands every prefix to {@code visitor}.
    public void forEach(Visitor visitor) {
        int at = from;
        while (at < to) {
            int pathId = 0;
            if (pathIds) {
                pathId = (int) (word(at, 4) >>> 32);
                at += 4;
            }
            int length = bytes[at++] & 0xff;
            int octets = (length + 7) / 8;
            long high = word(at, Math.min(octets, 8));
            long low = octets > 8 ? word(at + 8, octets - 8) : 0;
            visitor.prefix(pathId, high & mask(Math.min(length, 64)), low & mask(Math.max(length - 64, 0)), length);
            at += octets;
        }
    }

    private long word(int at, int octets) {
        long word = 0;
        for (int i = 0; i < octets; i++) {
            word |= (bytes[at + i] & 0xffL) << (56 - 8 * i);
        }
        return word;
    }

    private static long mask(int length) {
        return length == 0 ? 0 : -1L << (64 - length);
    }
}
