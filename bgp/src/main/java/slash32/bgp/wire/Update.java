package slash32.bgp.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;

/// An UPDATE of one family as a value, for tests, tools and small messages (RFC 4271 §4.3, RFC 4760).
///
/// Tables of routes are read with {@link UpdateDecoder} and written with {@link UpdateWriter}, without this.
///
/// @param attributes of {@code announced}; null if and only if that is empty
public record Update(
        AddressFamily family,
        List<Prefix> withdrawn,
        List<Prefix> announced,
        @Nullable PathAttributes attributes) implements Message {
    public Update {
        withdrawn = List.copyOf(withdrawn);
        announced = List.copyOf(announced);
        if (announced.isEmpty() != (attributes == null)) {
            throw new IllegalArgumentException("announced prefixes and path attributes go together");
        }
    }

    public static Update announce(AddressFamily family, PathAttributes attributes, List<Prefix> prefixes) {
        return new Update(family, List.of(), prefixes, attributes);
    }

    public static Update withdraw(AddressFamily family, List<Prefix> prefixes) {
        return new Update(family, prefixes, List.of(), null);
    }

    /// The marker that the initial exchange of {@code family} is complete (RFC 4724 §2).
    public static Update endOfRib(AddressFamily family) {
        return new Update(family, List.of(), List.of(), null);
    }

    public boolean isEndOfRib() {
        return withdrawn.isEmpty() && announced.isEmpty();
    }
}
