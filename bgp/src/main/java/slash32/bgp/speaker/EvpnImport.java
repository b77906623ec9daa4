package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.PathAttributes;

/// The EVPN routes that are imported here: those with a route target that somebody wants (RFC 7432 §7.10). The others
/// are held, so that a segment that is made later has its routes at once. On thread {@code bgp}.
final class EvpnImport {
    private Set<ExtendedCommunity> targets = Set.of();

    Set<ExtendedCommunity> targets() {
        return targets;
    }

    boolean imports(@Nullable PathAttributes attributes) {
        return attributes != null && matches(attributes, targets);
    }

    private static boolean matches(PathAttributes attributes, Set<ExtendedCommunity> some) {
        for (ExtendedCommunity community : attributes.extendedCommunities()) {
            if (some.contains(community)) {
                return true;
            }
        }
        return false;
    }

    /// What importers are told of these changes.
    List<EvpnChange> changes(RibDelta delta, NlriNumbers numbers) {
        var changes = new ArrayList<EvpnChange>();
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes now = delta.attributes(i);
            boolean imported = imports(now);
            if (imported || imports(delta.before(i))) {
                changes.add(change(numbers.route((int) delta.high(i)), imported ? now : null));
            }
        }
        return changes;
    }

    /// Imports by other targets from now on; costs the table.
    ///
    /// @return what is imported besides, or no longer
    List<EvpnChange> retarget(Set<ExtendedCommunity> wanted, LocRib rib, NlriNumbers numbers) {
        Set<ExtendedCommunity> before = targets;
        targets = wanted;
        var changes = new ArrayList<EvpnChange>();
        rib.forEachBest((number, _, _, attributes, _) -> {
            boolean imported = matches(attributes, wanted);
            if (imported != matches(attributes, before)) {
                changes.add(change(numbers.route((int) number), imported ? attributes : null));
            }
        });
        return changes;
    }

    /// Our own routes and the best paths of others; costs the table.
    List<Speaker.BestEvpn> best(Map<Nlri, PathAttributes> own, LocRib rib, NlriNumbers numbers) {
        var found = new ArrayList<Speaker.BestEvpn>();
        own.forEach((key, attributes) -> found.add(new Speaker.BestEvpn(path(key, attributes), null, true)));
        rib.forEachBest((number, _, _, attributes, from) -> found.add(new Speaker.BestEvpn(
                path(numbers.route((int) number), attributes), from.address(), imports(attributes))));
        return found;
    }

    private static EvpnChange change(Nlri key, @Nullable PathAttributes now) {
        return new EvpnChange(route(key), now == null ? null : path(key, now));
    }

    /// The route of {@code key} as it came.
    private static EvpnPath path(Nlri key, PathAttributes attributes) {
        return new EvpnPath(route(NlriParts.joined(key, attributes.nlriData(), 0)), attributes);
    }

    private static EvpnRoute route(Nlri nlri) {
        if (nlri instanceof Nlri.Evpn(int _, EvpnRoute route)) {
            return route;
        }
        throw new IllegalArgumentException("not a route of EVPN: " + nlri);
    }
}
