package slash32.agent.status;

import java.util.List;
import java.util.Map;
import slash32.overlay.probe.PathState;
import slash32.overlay.probe.PathStatus;

/// What is known of the ways to the nodes that this one has an overlay with.
///
/// @param paths in order of kind, local address and node
/// @param echoes that they were judged by, by what became of them
public record PathsView(List<PathStatus> paths, Map<String, Long> echoes) {
    public PathsView {
        paths = List.copyOf(paths);
        echoes = Map.copyOf(echoes);
    }

    /// True if there may be something to do about a path.
    public static boolean isTroubled(PathStatus path) {
        return path.state() != PathState.OPEN && path.state() != PathState.UNKNOWN;
    }
}
