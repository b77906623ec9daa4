package slash32.agent.status;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.overlay.pki.RevocationList;

/// What this node proves itself with to nodes of other sites, and judges them by.
///
/// @param end of this node's certificate; null before it was read
/// @param clockAhead how far the wall clock was set ahead of the time that peers are judged by; zero unless it was set
/// @param refused what IKE refused, by reason
public record Proofs(
        @Nullable Instant end, List<RevocationList> lists, Duration clockAhead, Map<String, Long> refused) {
    /// Of a node that has read nothing.
    public static final Proofs NONE = new Proofs(null, List.of(), Duration.ZERO, Map.of());

    public Proofs {
        lists = List.copyOf(lists);
        refused = Map.copyOf(refused);
    }
}
