package slash32.bgp.rib;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;

/// Every peer's Adj-RIB-In and the Loc-RIB of one family, in flat arrays: a prefix has a chain of paths, one a peer and
/// path identifier, and a best one. A path costs 21 octets and a reference besides its prefix; attributes are shared.
///
/// Peers are small numbers that the caller gives. Losing a peer costs its routes: the paths of a peer are chained
/// too. Every change of a best path goes to the delta that is passed in, and nothing else does. The arrays shrink
/// with the table. Owned by one thread.
public final class LocRib {
    private static final int NONE = -1;
    private static final byte STALE = 1;
    private static final int SMALL = 16;
    /// Tables with less room than this for paths are left as they are.
    private static final int COMPACTED_MIN = 4_096;

    private final AddressFamily family;
    private final PrefixIndex prefixes;
    private final int maximumPaths;
    private Reports reports;

    private @Nullable PathListener listener;
    /// How often prefixes got new numbers.
    private int compactions;

    private int[] firstPath = filled(SMALL);
    private int[] bestPath = filled(SMALL);

    private int[] pathNext = new int[SMALL];
    private int[] pathPrefix = new int[SMALL];
    private int[] pathPeer = new int[SMALL];
    /// Without room while no path has an identifier but 0.
    private int[] pathId = new int[0];

    private int[] peerNext = new int[SMALL];
    private int[] peerPrevious = new int[SMALL];
    private byte[] pathFlags = new byte[SMALL];
    private @Nullable PathAttributes[] pathAttributes = new PathAttributes[SMALL];
    private int pathsUsed;
    private int paths;
    private int freePath = NONE;

    private @Nullable Contender[] contenders = new Contender[4];
    private int[] peerFirst = filled(4);
    private int[] peerCount = new int[4];

    /// Which changes go to a delta.
    public enum Reports {
        /// Of the best path's attributes.
        BEST,
        /// These, and when it is another peer's.
        SOURCE,
        /// Of any path.
        EVERY_PATH
    }

    /// A table with one best path a prefix.
    public LocRib(AddressFamily family) {
        this(family, 1);
    }

    /// A table that says, besides the best path, which others are as good.
    ///
    /// @param maximumPaths of a prefix in a delta, the best one included
    public LocRib(AddressFamily family, int maximumPaths) {
        this(family, maximumPaths, Reports.BEST);
    }

    /// A table that says what a reflector must know.
    public LocRib(AddressFamily family, Reports reports) {
        this(family, 1, reports);
    }

    private LocRib(AddressFamily family, int maximumPaths, Reports reports) {
        this.family = family;
        this.maximumPaths = maximumPaths;
        this.reports = reports;
        prefixes = new PrefixIndex(!family.equals(AddressFamily.IPV4_UNICAST));
    }

    public AddressFamily family() {
        return family;
    }

    /// Prefixes with a path.
    public int size() {
        return prefixes.size();
    }

    /// Paths of all peers.
    public int paths() {
        return paths;
    }

    /// Paths from this peer.
    public int size(int peer) {
        return peer < peerCount.length ? peerCount[peer] : 0;
    }

    /// States who {@code peer} is, before its first path.
    public void peer(int peer, Contender contender) {
        if (peer >= contenders.length) {
            int before = contenders.length;
            int larger = Math.max(2 * before, peer + 1);
            contenders = Arrays.copyOf(contenders, larger);
            peerFirst = Arrays.copyOf(peerFirst, larger);
            peerCount = Arrays.copyOf(peerCount, larger);
            Arrays.fill(peerFirst, before, larger, NONE);
        }
        contenders[peer] = contender;
    }

    /// {@code peer} announces the prefix; replaces what it announced before with this path identifier.
    ///
    /// @param id the peer's path identifier (RFC 7911 §3); 0 in a session without them
    public void announce(
            int peer, int id, long high, long low, int length, PathAttributes attributes, RibDelta.Builder delta) {
        int prefix = prefixes.add(high, low, length);
        growPrefixes();
        int path = find(prefix, peer, id);
        if (path == NONE) {
            path = newPath(prefix, peer, id);
        }
        pathFlags[path] = 0;
        replace(path, attributes, delta);
    }

    /// {@code peer} withdraws the prefix; nothing happens if it has not announced it.
    public void withdraw(int peer, int id, long high, long low, int length, RibDelta.Builder delta) {
        int prefix = prefixes.find(high, low, length);
        int path = prefix == NONE ? NONE : find(prefix, peer, id);
        if (path != NONE) {
            remove(path, delta);
            compactIfMostlyEmpty();
        }
    }

    /// Marks all paths of {@code peer} stale: they stay in use until {@link #sweep}, or until announced again.
    public void markStale(int peer) {
        for (int path = firstOf(peer); path != NONE; path = peerNext[path]) {
            pathFlags[path] = STALE;
        }
    }

    /// Withdraws the paths of {@code peer} that are still stale.
    public void sweep(int peer, RibDelta.Builder delta) {
        removeAll(peer, true, delta);
    }

    /// Withdraws all paths of {@code peer}.
    public void peerDown(int peer, RibDelta.Builder delta) {
        removeAll(peer, false, delta);
    }

    /// Gives the paths of {@code peer} that are still stale other attributes; null withdraws one.
    ///
    /// @param relabel called once for attributes that paths share
    public void relabelStale(
            int peer, Function<PathAttributes, @Nullable PathAttributes> relabel, RibDelta.Builder delta) {
        var relabelled = new IdentityHashMap<PathAttributes, Optional<PathAttributes>>();
        int path = firstOf(peer);
        while (path != NONE) {
            int next = peerNext[path];
            if (pathFlags[path] == STALE) {
                PathAttributes now = relabelled
                        .computeIfAbsent(attributes(path), before -> Optional.ofNullable(relabel.apply(before)))
                        .orElse(null);
                if (now == null) {
                    remove(path, delta);
                } else {
                    replace(path, now, delta);
                }
            }
            path = next;
        }
        compactIfMostlyEmpty();
    }

    private void replace(int path, PathAttributes attributes, RibDelta.Builder delta) {
        if (!attributes.equals(pathAttributes[path])) {
            PathAttributes before = best(pathPrefix[path]);
            List<PathAttributes> others = asGood(pathPrefix[path]);
            pathAttributes[path] = attributes;
            tell(path, attributes);
            choose(pathPrefix[path], before, others, delta);
        }
    }

    /// Hears every change of a path, whether a best one or not.
    public interface PathListener {
        /// {@code peer}'s path has these attributes now; null if it is gone.
        void changed(int peer, int id, long high, long low, int length, @Nullable PathAttributes attributes);
    }

    /// Has {@code newListener} hear what changes from now on; null for nobody.
    public void listen(@Nullable PathListener newListener) {
        listener = newListener;
    }

    private void tell(int path, @Nullable PathAttributes attributes) {
        if (listener != null) {
            int prefix = pathPrefix[path];
            listener.changed(
                    pathPeer[path],
                    idOf(path),
                    prefixes.high(prefix),
                    prefixes.low(prefix),
                    prefixes.length(prefix),
                    attributes);
        }
    }

    /// Takes a path.
    public interface PathVisitor {
        /// Called for each path; those of a prefix follow each other.
        ///
        /// @param best the prefix's best path
        void path(int peer, int id, long high, long low, int length, PathAttributes attributes, boolean best);
    }

    /// Goes through all paths, some prefixes at a time, while the table changes: a prefix that is there all the while
    /// is visited, perhaps twice.
    public final class Walk {
        private int next;
        private int numbering = compactions;

        /// Hands the paths of the next prefixes to {@code visitor}.
        ///
        /// @param count how many places of the table are looked at
        /// @return false if there are no more
        public boolean advance(int count, PathVisitor visitor) {
            if (numbering != compactions) {
                numbering = compactions;
                next = 0;
            }
            int to = Math.min(next + count, prefixes.capacity());
            for (int prefix = next; prefix < to; prefix++) {
                visit(prefix, visitor);
            }
            next = to;
            return to < prefixes.capacity();
        }
    }

    /// A walk from the beginning.
    public Walk walk() {
        return new Walk();
    }

    private void visit(int prefix, PathVisitor visitor) {
        for (int path = firstPath[prefix]; path != NONE; path = pathNext[path]) {
            visitor.path(
                    pathPeer[path],
                    idOf(path),
                    prefixes.high(prefix),
                    prefixes.low(prefix),
                    prefixes.length(prefix),
                    attributes(path),
                    bestPath[prefix] == path);
        }
    }

    /// Takes a best path.
    public interface BestVisitor {
        /// Called for each prefix, in no order.
        void best(long high, long low, int length, PathAttributes attributes, Contender from);
    }

    /// Hands every best path to {@code visitor}; costs the table.
    public void forEachBest(BestVisitor visitor) {
        for (int path = 0; path < pathsUsed; path++) {
            PathAttributes attributes = pathAttributes[path];
            int prefix = pathPrefix[path];
            if (attributes != null && bestPath[prefix] == path) {
                visitor.best(
                        prefixes.high(prefix),
                        prefixes.low(prefix),
                        prefixes.length(prefix),
                        attributes,
                        contender(path));
            }
        }
    }

    /// The best path to the prefix; null if there is none.
    public @Nullable PathAttributes best(long high, long low, int length) {
        int prefix = prefixes.find(high, low, length);
        return prefix == NONE ? null : best(prefix);
    }

    /// The peer whose the best path to the prefix is; -1 if there is none.
    public int bestPeer(long high, long low, int length) {
        int prefix = prefixes.find(high, low, length);
        return prefix == NONE || bestPath[prefix] == NONE ? NONE : pathPeer[bestPath[prefix]];
    }

    /// Says from now on what {@code wanted} asks for.
    public void report(Reports wanted) {
        reports = wanted;
    }

    /// Takes a path to a prefix that the caller names.
    public interface PeerPathVisitor {
        /// Called for each path.
        void path(int peer, int id, PathAttributes attributes);
    }

    /// Hands every path to the prefix to {@code visitor}, in no order.
    public void forEachPath(long high, long low, int length, PeerPathVisitor visitor) {
        int prefix = prefixes.find(high, low, length);
        for (int path = prefix == NONE ? NONE : firstPath[prefix]; path != NONE; path = pathNext[path]) {
            visitor.path(pathPeer[path], idOf(path), attributes(path));
        }
    }

    /// What the tables occupy, without the attributes.
    public long octets() {
        long ofPrefixes = prefixes.octets() + 8L * firstPath.length;
        return ofPrefixes + 25L * pathNext.length + 4L * pathId.length;
    }

    private @Nullable PathAttributes best(int prefix) {
        return bestPath[prefix] == NONE ? null : pathAttributes[bestPath[prefix]];
    }

    private int firstOf(int peer) {
        return peer < peerFirst.length ? peerFirst[peer] : NONE;
    }

    private void removeAll(int peer, boolean onlyStale, RibDelta.Builder delta) {
        int path = firstOf(peer);
        while (path != NONE) {
            int next = peerNext[path];
            if (!onlyStale || pathFlags[path] == STALE) {
                remove(path, delta);
            }
            path = next;
        }
        compactIfMostlyEmpty();
    }

    private int find(int prefix, int peer, int id) {
        int path = firstPath[prefix];
        while (path != NONE && (pathPeer[path] != peer || idOf(path) != id)) {
            path = pathNext[path];
        }
        return path;
    }

    private int idOf(int path) {
        return pathId.length == 0 ? 0 : pathId[path];
    }

    private void setId(int path, int id) {
        if (id != 0 && pathId.length == 0) {
            pathId = new int[pathNext.length];
        }
        if (pathId.length > 0) {
            pathId[path] = id;
        }
    }

    private int newPath(int prefix, int peer, int id) {
        int path = freePath;
        if (path != NONE) {
            freePath = pathNext[path];
        } else {
            path = pathsUsed++;
            growPaths();
        }
        pathNext[path] = firstPath[prefix];
        firstPath[prefix] = path;
        pathPrefix[path] = prefix;
        pathPeer[path] = peer;
        setId(path, id);
        peerPrevious[path] = NONE;
        peerNext[path] = peerFirst[peer];
        if (peerFirst[peer] != NONE) {
            peerPrevious[peerFirst[peer]] = path;
        }
        peerFirst[peer] = path;
        peerCount[peer]++;
        paths++;
        return path;
    }

    private void remove(int path, RibDelta.Builder delta) {
        int prefix = pathPrefix[path];
        PathAttributes before = best(prefix);
        List<PathAttributes> others = asGood(prefix);
        if (firstPath[prefix] == path) {
            firstPath[prefix] = pathNext[path];
        } else {
            int previous = firstPath[prefix];
            while (pathNext[previous] != path) {
                previous = pathNext[previous];
            }
            pathNext[previous] = pathNext[path];
        }
        int peer = pathPeer[path];
        if (peerPrevious[path] == NONE) {
            peerFirst[peer] = peerNext[path];
        } else {
            peerNext[peerPrevious[path]] = peerNext[path];
        }
        if (peerNext[path] != NONE) {
            peerPrevious[peerNext[path]] = peerPrevious[path];
        }
        peerCount[peer]--;
        paths--;
        pathAttributes[path] = null;
        tell(path, null);
        pathNext[path] = freePath;
        freePath = path;
        choose(prefix, before, others, delta);
        if (firstPath[prefix] == NONE) {
            prefixes.remove(prefix);
        }
    }

    /// Decides anew, and says what is best now unless that is as before.
    ///
    /// All paths of the prefix are looked at, pair by pair: there are as many as peers that know it, so a few.
    private void choose(
            int prefix, @Nullable PathAttributes before, List<PathAttributes> othersBefore, RibDelta.Builder delta) {
        int sourceBefore = bestPath[prefix] == NONE ? NONE : pathPeer[bestPath[prefix]];
        int best = NONE;
        for (int path = firstPath[prefix]; path != NONE; path = pathNext[path]) {
            if (isLeft(prefix, path) && (best == NONE || isBetterOfLeft(path, best))) {
                best = path;
            }
        }
        bestPath[prefix] = best;
        PathAttributes now = best(prefix);
        int source = best == NONE ? NONE : pathPeer[best];
        List<PathAttributes> others = asGood(prefix);
        boolean reported = reports == Reports.EVERY_PATH || (reports == Reports.SOURCE && source != sourceBefore);
        if (reported || !Objects.equals(now, before) || !others.equals(othersBefore)) {
            long high = prefixes.high(prefix);
            delta.add(high, prefixes.low(prefix), prefixes.length(prefix), before, now, source);
            delta.asGood(others);
        }
    }

    /// What the decision process has left besides the best path before it looks at who sent it (RFC 4271 §9.1.2.2 f),
    /// each with a next hop of its own, the better ones first.
    private List<PathAttributes> asGood(int prefix) {
        int best = bestPath[prefix];
        if (maximumPaths == 1 || best == NONE || pathNext[firstPath[prefix]] == NONE) {
            return List.of();
        }
        var left = new ArrayList<Integer>();
        for (int path = firstPath[prefix]; path != NONE; path = pathNext[path]) {
            if (path != best
                    && pathAttributes[path] != null
                    && isLeft(prefix, path)
                    && contender(path).internal() == contender(best).internal()) {
                left.add(path);
            }
        }
        left.sort((one, other) -> isBetterOfLeft(one, other) ? -1 : isBetterOfLeft(other, one) ? 1 : 0);
        var taken = new HashSet<@Nullable IpAddress>();
        taken.add(attributes(best).nextHop());
        var others = new ArrayList<PathAttributes>();
        for (int path : left) {
            if (others.size() + 1 < maximumPaths && taken.add(attributes(path).nextHop())) {
                others.add(attributes(path));
            }
        }
        return others;
    }

    private boolean isLeft(int prefix, int path) {
        for (int other = firstPath[prefix]; other != NONE; other = pathNext[other]) {
            if (other != path
                    && pathAttributes[other] != null
                    && Decision.removes(attributes(other), attributes(path))) {
                return false;
            }
        }
        return true;
    }

    private boolean isBetterOfLeft(int left, int right) {
        int order = Decision.compareLeft(attributes(left), contender(left), attributes(right), contender(right));
        return order != 0 ? order < 0 : Integer.compareUnsigned(idOf(left), idOf(right)) < 0;
    }

    private PathAttributes attributes(int path) {
        PathAttributes attributes = pathAttributes[path];
        if (attributes == null) {
            throw new IllegalStateException("path " + path + " is in a chain and has no attributes");
        }
        return attributes;
    }

    private Contender contender(int path) {
        Contender contender = contenders[pathPeer[path]];
        if (contender == null) {
            throw new IllegalStateException("peer " + pathPeer[path] + " announced and nobody said who it is");
        }
        return contender;
    }

    private void growPrefixes() {
        int before = firstPath.length;
        if (prefixes.capacity() > before) {
            firstPath = Arrays.copyOf(firstPath, prefixes.capacity());
            bestPath = Arrays.copyOf(bestPath, prefixes.capacity());
            Arrays.fill(firstPath, before, firstPath.length, NONE);
            Arrays.fill(bestPath, before, bestPath.length, NONE);
        }
    }

    private void growPaths() {
        if (pathsUsed > pathNext.length) {
            resizePaths(pathNext.length + (pathNext.length >> 1));
        }
    }

    private void resizePaths(int capacity) {
        pathNext = Arrays.copyOf(pathNext, capacity);
        pathPrefix = Arrays.copyOf(pathPrefix, capacity);
        pathPeer = Arrays.copyOf(pathPeer, capacity);
        if (pathId.length > 0) {
            pathId = Arrays.copyOf(pathId, capacity);
        }
        peerNext = Arrays.copyOf(peerNext, capacity);
        peerPrevious = Arrays.copyOf(peerPrevious, capacity);
        pathFlags = Arrays.copyOf(pathFlags, capacity);
        pathAttributes = Arrays.copyOf(pathAttributes, capacity);
    }

    /// Costs the capacity, which as many removals have paid for.
    private void compactIfMostlyEmpty() {
        if (pathNext.length >= COMPACTED_MIN && paths < pathNext.length / 4) {
            int[] newPath = compactPaths();
            compactPrefixes(newPath);
        }
    }

    private int[] compactPaths() {
        int[] moved = filled(pathsUsed);
        int next = 0;
        for (int path = 0; path < pathsUsed; path++) {
            if (pathAttributes[path] != null) {
                moved[path] = next++;
            }
        }
        for (int path = 0; path < pathsUsed; path++) {
            int to = moved[path];
            if (to != NONE) {
                pathNext[to] = renumbered(moved, pathNext[path]);
                pathPrefix[to] = pathPrefix[path];
                pathPeer[to] = pathPeer[path];
                setId(to, idOf(path));
                peerNext[to] = renumbered(moved, peerNext[path]);
                peerPrevious[to] = renumbered(moved, peerPrevious[path]);
                pathFlags[to] = pathFlags[path];
                pathAttributes[to] = pathAttributes[path];
            }
        }
        Arrays.fill(pathAttributes, next, pathsUsed, null);
        pathsUsed = next;
        freePath = NONE;
        resizePaths(Math.max(SMALL, next + (next >> 1)));
        for (int peer = 0; peer < peerFirst.length; peer++) {
            peerFirst[peer] = renumbered(moved, peerFirst[peer]);
        }
        return moved;
    }

    private void compactPrefixes(int[] newPath) {
        int[] moved = prefixes.compact();
        compactions++;
        for (int prefix = 0; prefix < moved.length; prefix++) {
            if (moved[prefix] != NONE) {
                firstPath[moved[prefix]] = renumbered(newPath, firstPath[prefix]);
                bestPath[moved[prefix]] = renumbered(newPath, bestPath[prefix]);
            }
        }
        Arrays.fill(firstPath, prefixes.size(), firstPath.length, NONE);
        Arrays.fill(bestPath, prefixes.size(), bestPath.length, NONE);
        firstPath = Arrays.copyOf(firstPath, prefixes.capacity());
        bestPath = Arrays.copyOf(bestPath, prefixes.capacity());
        for (int path = 0; path < pathsUsed; path++) {
            pathPrefix[path] = moved[pathPrefix[path]];
        }
    }

    private static int renumbered(int[] moved, int old) {
        return old == NONE ? NONE : moved[old];
    }

    private static int[] filled(int length) {
        int[] array = new int[length];
        Arrays.fill(array, NONE);
        return array;
    }
}
