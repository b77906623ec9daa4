package slash32.agent.status;

import org.jspecify.annotations.Nullable;

/// A file of {@code endpoints.d}.
///
/// @param endpoints that it states, as it was taken last
/// @param groups likewise
/// @param problem why what it says now is not taken; null if it is
public record FileView(
        String name, int endpoints, int groups, @Nullable String problem) {}
