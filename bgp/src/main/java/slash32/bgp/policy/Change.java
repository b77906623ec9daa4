package slash32.bgp.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// What a rule sets in a route.
public sealed interface Change {
    record LocalPref(long value) implements Change {}

    /// MULTI_EXIT_DISC.
    ///
    /// @param value 0 to 4294967295, or {@link PathAttributes#ABSENT} to take it away
    record Med(long value) implements Change {}

    /// A next hop of another family than the route's leaves the route as it is.
    record NextHop(IpAddress address) implements Change {}

    /// Puts {@code asn} before the AS_PATH so many times.
    record Prepend(Asn asn, int times) implements Change {}

    /// Takes communities away, then adds others.
    record Communities(Set<Integer> removed, boolean removesAll, List<Integer> added) implements Change {
        public Communities {
            removed = Set.copyOf(removed);
            added = List.copyOf(added);
        }
    }

    /// Takes extended communities away, then adds others.
    record ExtendedCommunities(Set<ExtendedCommunity> removed, boolean removesAll, List<ExtendedCommunity> added)
            implements Change {
        public ExtendedCommunities {
            removed = Set.copyOf(removed);
            added = List.copyOf(added);
        }
    }

    /// Takes large communities away, then adds others.
    record LargeCommunities(Set<LargeCommunity> removed, boolean removesAll, List<LargeCommunity> added)
            implements Change {
        public LargeCommunities {
            removed = Set.copyOf(removed);
            added = List.copyOf(added);
        }
    }

    /// The route with this change.
    default PathAttributes in(PathAttributes path) {
        return switch (this) {
            case LocalPref(long value) -> path.toBuilder().localPref(value).build();
            case Med(long value) -> path.toBuilder().med(value).build();
            case NextHop(IpAddress address) -> {
                IpAddress before = path.nextHop();
                boolean fits = before == null || before.isIpv4() == address.isIpv4();
                yield fits ? path.toBuilder().nextHop(address).build() : path;
            }
            case Prepend(Asn asn, int times) -> {
                AsPath longer = path.asPath();
                for (int i = 0; i < times; i++) {
                    longer = longer.prepend(asn);
                }
                yield path.toBuilder().asPath(longer).build();
            }
            case Communities(var removed, boolean all, var added) ->
                path.toBuilder()
                        .communities(changed(path.communities(), removed, all, added))
                        .build();
            case ExtendedCommunities(var removed, boolean all, var added) ->
                path.toBuilder()
                        .extendedCommunities(changed(path.extendedCommunities(), removed, all, added))
                        .build();
            case LargeCommunities(var removed, boolean all, var added) ->
                path.toBuilder()
                        .largeCommunities(changed(path.largeCommunities(), removed, all, added))
                        .build();
        };
    }

    private static <T> List<T> changed(List<T> before, Set<T> removed, boolean removesAll, List<T> added) {
        var kept = new LinkedHashSet<T>(removesAll ? List.of() : before);
        kept.removeAll(new HashSet<>(removed));
        kept.addAll(added);
        return new ArrayList<>(kept);
    }
}
