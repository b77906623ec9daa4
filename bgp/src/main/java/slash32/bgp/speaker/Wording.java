package slash32.bgp.speaker;

import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.UpdateEncoder;

/// Puts the route of a number into a message.
interface Wording {
    /// Adds the prefix of {@code number} to what {@code encoder} began.
    ///
    /// @param pathId left out in a session without path identifiers
    /// @param attributes it is announced with; null if it is withdrawn
    void add(
            AddressFamily family,
            int number,
            int pathId,
            Offers offers,
            @Nullable PathAttributes attributes,
            UpdateEncoder encoder);
}
