package slash32.bgp.speaker;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.Nlri;

/// Which route targets each peer wants: of all paths to a membership, not only of the best (RFC 4684 §3.2). On thread
/// {@code bgp}.
final class Memberships {
    private final Map<Integer, Set<Integer>> peersOf = new HashMap<>();
    private final Map<Integer, Set<Nlri.Membership>> ofPeer = new HashMap<>();

    /// Some memberships changed.
    ///
    /// @return the peers that want others now
    Set<Integer> change(RibDelta delta, LocRib rib, NlriNumbers numbers) {
        var changed = new TreeSet<Integer>();
        for (int i = 0; i < delta.size(); i++) {
            int number = (int) delta.high(i);
            if (numbers.route(number) instanceof Nlri.Membership membership) {
                var now = new HashSet<Integer>();
                rib.forEachPath(number, 0, 0, (peer, _, _) -> now.add(peer));
                Set<Integer> before = now.isEmpty() ? peersOf.remove(number) : peersOf.put(number, now);
                note(membership, before == null ? Set.of() : before, now, changed);
            }
        }
        return changed;
    }

    private void note(Nlri.Membership membership, Set<Integer> before, Set<Integer> now, Set<Integer> changed) {
        for (int peer : before) {
            if (!now.contains(peer)) {
                ofPeer.computeIfPresent(peer, (_, some) -> some.remove(membership) && some.isEmpty() ? null : some);
                changed.add(peer);
            }
        }
        for (int peer : now) {
            if (!before.contains(peer)) {
                ofPeer.computeIfAbsent(peer, _ -> new HashSet<>()).add(membership);
                changed.add(peer);
            }
        }
    }

    /// What the peer of this number wants.
    WantedTargets of(int peer) {
        Set<Nlri.Membership> all = ofPeer.get(peer);
        return all == null ? WantedTargets.NONE : WantedTargets.of(all);
    }
}
