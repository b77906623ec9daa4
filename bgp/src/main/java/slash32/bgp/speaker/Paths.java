package slash32.bgp.speaker;

import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;

/// All paths that there are to a prefix, for peers that take more than one (RFC 7911).
interface Paths {
    /// Takes a path as others get it.
    interface Visitor {
        /// Called for each path.
        ///
        /// @param id our path identifier
        /// @param source the number of the peer that it is from; {@link Offers#OWN} for ours
        void path(int id, PathAttributes attributes, int source, Offers.Origin origin);
    }

    /// Hands every path to the prefix of {@code number} to {@code visitor}.
    void forEach(AddressFamily family, Offers offers, int number, Visitor visitor);
}
