package slash32.overlay.probe;

import org.jspecify.annotations.Nullable;

/// A path at a moment.
///
/// @param sinceNanos when it came into its state
/// @param fullBytes of an IP packet that has to pass
/// @param fitsBytes of the largest that is known to pass, if that is less; 0 while it is not known
/// @param why the last packet could not even be sent; null if it could
public record PathStatus(
        ProbedPath path,
        PathState state,
        long sinceNanos,
        int fullBytes,
        int fitsBytes,
        @Nullable String why) {}
