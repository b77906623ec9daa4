package slash32.bgp.rib;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// The Adj-RIBs-In and the Loc-RIB as RFC 4271 tells them: every step of §9.1.2.2 removes routes from a set, and the
/// Loc-RIB is worked out from nothing each time it is asked for.
final class NaiveRib {
    private record Path(Contender peer, int id, PathAttributes attributes, boolean stale) {}

    private record Key(int peer, int id) {}

    private final List<Contender> contenders;
    private final Map<Prefix, Map<Key, Path>> paths = new TreeMap<>();

    NaiveRib(List<Contender> contenders) {
        this.contenders = contenders;
    }

    void announce(int peer, int id, Prefix prefix, PathAttributes attributes) {
        paths.computeIfAbsent(prefix, _ -> new HashMap<>())
                .put(new Key(peer, id), new Path(contenders.get(peer), id, attributes, false));
    }

    void withdraw(int peer, int id, Prefix prefix) {
        paths.getOrDefault(prefix, new HashMap<>()).remove(new Key(peer, id));
    }

    void peerDown(int peer) {
        paths.values().forEach(ofPrefix -> ofPrefix.keySet().removeIf(key -> key.peer() == peer));
    }

    void markStale(int peer) {
        paths.values()
                .forEach(ofPrefix -> ofPrefix.replaceAll((key, path) ->
                        key.peer() == peer ? new Path(path.peer(), path.id(), path.attributes(), true) : path));
    }

    void sweep(int peer) {
        paths.values()
                .forEach(ofPrefix -> ofPrefix.entrySet()
                        .removeIf(path ->
                                path.getKey().peer() == peer && path.getValue().stale()));
    }

    void relabelStale(int peer, Function<PathAttributes, @Nullable PathAttributes> relabel) {
        for (Map<Key, Path> ofPrefix : paths.values()) {
            for (Key key : List.copyOf(ofPrefix.keySet())) {
                ofPrefix.computeIfPresent(key, (_, path) -> {
                    if (key.peer() != peer || !path.stale()) {
                        return path;
                    }
                    PathAttributes now = relabel.apply(path.attributes());
                    return now == null ? null : new Path(path.peer(), path.id(), now, true);
                });
            }
        }
    }

    int size(int peer) {
        return paths.values().stream()
                .mapToInt(ofPrefix -> (int) ofPrefix.keySet().stream()
                        .filter(key -> key.peer() == peer)
                        .count())
                .sum();
    }

    Map<Prefix, PathAttributes> best() {
        var best = new HashMap<Prefix, PathAttributes>();
        best(1).forEach((prefix, paths) -> best.put(prefix, paths.getFirst()));
        return best;
    }

    /// The best path of each prefix, and up to {@code max} in all that tie with it but for who sent them and have other
    /// next hops.
    Map<Prefix, List<PathAttributes>> best(int max) {
        var best = new HashMap<Prefix, List<PathAttributes>>();
        paths.forEach((prefix, ofPrefix) -> {
            if (!ofPrefix.isEmpty()) {
                best.put(prefix, decide(List.copyOf(ofPrefix.values()), max));
            }
        });
        return best;
    }

    private static List<PathAttributes> decide(List<Path> candidates, int max) {
        List<Path> left = keepLowest(candidates, path -> isStale(path) ? 1 : 0); // RFC 9494 §4.3
        left = keepLowest(left, path -> -localPref(path)); // §9.1.1, §9.1.2 a
        left = keepLowest(left, path -> path.attributes().asPath().length()); // §9.1.2.2 a
        left = keepLowest(left, path -> path.attributes().origin().code()); // b
        left = keepByMed(left); // c
        left = keepLowest(left, path -> path.peer().internal() ? 1 : 0); // d; e does not apply
        var chosen = new ArrayList<PathAttributes>();
        left.stream()
                .sorted(Comparator.comparingLong(NaiveRib::identifier) // f, with RFC 4456 §9
                        .thenComparing(path -> path.attributes().clusterList().size()) // RFC 4456 §9
                        .thenComparing(path -> path.peer().address()) // g
                        .thenComparing(Path::id))
                .map(Path::attributes)
                .filter(path -> chosen.size() < max
                        && chosen.stream().noneMatch(taken -> Objects.equals(taken.nextHop(), path.nextHop())))
                .forEach(chosen::add);
        return chosen;
    }

    private static boolean isStale(Path path) {
        return path.attributes().communities().contains(0xffff_0006);
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
