package slash32.bgp.rib;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// The Adj-RIBs-In and the Loc-RIB as RFC 4271 tells them: every step of §9.1.2.2 removes routes from a set, and the
/// Loc-RIB is worked out from nothing each time it is asked for.
final class NaiveRib {
    private record Path(Contender peer, PathAttributes attributes, boolean stale) {}

    private final List<Contender> contenders;
    private final Map<Prefix, Map<Integer, Path>> paths = new TreeMap<>();

    NaiveRib(List<Contender> contenders) {
        this.contenders = contenders;
    }

    void announce(int peer, Prefix prefix, PathAttributes attributes) {
        paths.computeIfAbsent(prefix, _ -> new TreeMap<>())
                .put(peer, new Path(contenders.get(peer), attributes, false));
    }

    void withdraw(int peer, Prefix prefix) {
        paths.getOrDefault(prefix, new HashMap<>()).remove(peer);
    }

    void peerDown(int peer) {
        paths.values().forEach(ofPrefix -> ofPrefix.remove(peer));
    }

    void markStale(int peer) {
        paths.values()
                .forEach(ofPrefix ->
                        ofPrefix.computeIfPresent(peer, (_, path) -> new Path(path.peer(), path.attributes(), true)));
    }

    void sweep(int peer) {
        paths.values().forEach(ofPrefix -> ofPrefix.computeIfPresent(peer, (_, path) -> path.stale() ? null : path));
    }

    int size(int peer) {
        return (int) paths.values().stream()
                .filter(ofPrefix -> ofPrefix.containsKey(peer))
                .count();
    }

    Map<Prefix, PathAttributes> best() {
        var best = new HashMap<Prefix, PathAttributes>();
        paths.forEach((prefix, ofPrefix) -> {
            PathAttributes chosen = decide(ofPrefix.values().stream().toList());
            if (chosen != null) {
                best.put(prefix, chosen);
            }
        });
        return best;
    }

    private static @Nullable PathAttributes decide(List<Path> candidates) {
        List<Path> left = keepLowest(candidates, path -> -localPref(path)); // §9.1.1, §9.1.2 a
        left = keepLowest(left, path -> path.attributes().asPath().length()); // §9.1.2.2 a
        left = keepLowest(left, path -> path.attributes().origin().code()); // b
        left = keepByMed(left); // c
        left = keepLowest(left, path -> path.peer().internal() ? 1 : 0); // d; e does not apply
        left = keepLowest(left, NaiveRib::identifier); // f, with RFC 4456 §9
        left = keepLowest(left, path -> path.attributes().clusterList().size()); // RFC 4456 §9
        return left.stream()
                .min(Comparator.comparing(path -> path.peer().address())) // g
                .map(Path::attributes)
                .orElse(null);
    }

    private static List<Path> keepByMed(List<Path> candidates) {
        var left = new ArrayList<>(candidates);
        left.removeIf(m -> candidates.stream()
                .anyMatch(n -> m.attributes().asPath().neighborAs()
                                == n.attributes().asPath().neighborAs()
                        && med(n) < med(m)));
        return left;
    }

    private static List<Path> keepLowest(List<Path> candidates, java.util.function.ToLongFunction<Path> key) {
        long lowest = candidates.stream().mapToLong(key).min().orElse(0);
        return candidates.stream()
                .filter(path -> key.applyAsLong(path) == lowest)
                .toList();
    }

    private static long localPref(Path path) {
        long value = path.attributes().localPref();
        return value == PathAttributes.ABSENT ? 100 : value;
    }

    private static long med(Path path) {
        long value = path.attributes().med();
        return value == PathAttributes.ABSENT ? 0 : value;
    }

    private static long identifier(Path path) {
        BgpIdentifier originator = path.attributes().originatorId();
        return Integer.toUnsignedLong((originator == null ? path.peer().identifier() : originator).value());
    }
}
