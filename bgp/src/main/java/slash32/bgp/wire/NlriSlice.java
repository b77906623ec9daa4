package slash32.bgp.wire;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The routes of one family in a message. Those of unicast and multicast are checked but not decoded: visiting them
/// allocates nothing.
///
/// Valid as long as the message's bytes are.
public final class NlriSlice {
    private final AddressFamily family;
    private final byte[] bytes;
    private final int from;
    private final int to;
    private final boolean pathIds;
    /// The routes of a family that is not plain prefixes; else null.
    private final @Nullable List<Nlri> decoded;

    private NlriSlice(AddressFamily family, List<Nlri> decoded) {
        this.family = family;
        this.decoded = decoded;
        pathIds = false;
        bytes = new byte[0];
        from = 0;
        to = 0;
    }

    private NlriSlice(AddressFamily family, boolean pathIds, byte[] bytes, int from, int to) {
        this.family = family;
        this.pathIds = pathIds;
        decoded = null;
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

    /// What remains of {@code reader} as routes of {@code family}.
    ///
    /// @param pathIds each route has a path identifier before it
    /// @param withdrawn they are withdrawn
    /// @return null if a route is malformed or cut short (RFC 7606 §5.3)
    static @Nullable NlriSlice check(AddressFamily family, boolean pathIds, boolean withdrawn, Reader reader) {
        if (family.kind() != AddressFamily.Kind.PREFIX) {
            List<Nlri> routes = NlriCodec.decode(family, pathIds, withdrawn, reader);
            return routes == null ? null : new NlriSlice(family, List.copyOf(routes));
        }
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
        return decoded == null ? from == to : decoded.isEmpty();
    }

    /// Every route as a value, whatever the family.
    public List<Nlri> routes() {
        if (decoded != null) {
            return decoded;
        }
        List<Nlri> routes = NlriCodec.decode(family, pathIds, false, new Reader(bytes, from, to));
        return Objects.requireNonNull(routes, "a checked slice decodes");
    }

    /// Hands every prefix of a unicast or multicast family to {@code visitor}; of others there are none.
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
