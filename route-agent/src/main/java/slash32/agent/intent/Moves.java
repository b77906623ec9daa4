package slash32.agent.intent;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// Which addresses of this node's endpoints are on another node, because their guest moved there.
///
/// An address leaves when another node's route to it has a higher LOCAL_PREF than ours, and is back only when no other
/// node has a route to it: that the other node's preference falls when it has settled says nothing.
final class Moves {
    private final Set<Prefix> elsewhere = new HashSet<>();

    /// What changed, in no order.
    record Change(List<Prefix> left, List<Prefix> back) {
        static final Change NONE = new Change(List.of(), List.of());
    }

    /// Takes changes of best paths.
    ///
    /// @param ownPreference of an address of this node; null for any other
    Change take(RibDelta delta, Function<Prefix, @Nullable Long> ownPreference) {
        Map<Prefix, Boolean> before = Map.of();
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes path = delta.attributes(i);
            boolean preferred = path != null && path.localPref() > EndpointRole.ACTIVE.localPref();
            if (!preferred && elsewhere.isEmpty()) {
                continue; // nearly every route
            }
            Prefix prefix = delta.prefix(i);
            Long own = preferred ? ownPreference.apply(prefix) : null;
            boolean was = elsewhere.contains(prefix);
            boolean left = own != null && path != null && path.localPref() > own && elsewhere.add(prefix);
            boolean back = path == null && elsewhere.remove(prefix);
            if (left || back) {
                before = before.isEmpty() ? new HashMap<>() : before;
                before.putIfAbsent(prefix, was);
            }
        }
        return before.isEmpty() ? Change.NONE : change(before);
    }

    private Change change(Map<Prefix, Boolean> before) {
        return new Change(
                before.keySet().stream()
                        .filter(prefix -> elsewhere.contains(prefix) && Boolean.FALSE.equals(before.get(prefix)))
                        .toList(),
                before.keySet().stream()
                        .filter(prefix -> !elsewhere.contains(prefix) && Boolean.TRUE.equals(before.get(prefix)))
                        .toList());
    }

    boolean isElsewhere(Prefix prefix) {
        return elsewhere.contains(prefix);
    }

    /// These are this node's from now on, whatever was heard.
    ///
    /// @return those that were elsewhere
    List<Prefix> claim(Collection<Prefix> prefixes) {
        return prefixes.stream().filter(elsewhere::remove).toList();
    }
}
