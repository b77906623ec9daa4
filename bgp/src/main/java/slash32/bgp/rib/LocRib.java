package slash32.bgp.rib;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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
import slash32.net.PrefixIndex;

/// Every peer's Adj-RIB-In and the Loc-RIB of one family, in flat columns: a prefix has a best path and others, one a
/// peer and path identifier.
///
/// Peers are small numbers that the caller gives. Losing a peer costs the pages of the table that have paths of it.
/// Every change of a best path goes to the delta that is passed in, and nothing else does. The columns shrink with the
/// table. Owned by one thread.
public final class LocRib {
    private static final int NONE = PathTable.NONE;

    private final AddressFamily family;
    private final PrefixIndex prefixes;
    private final PathTable paths;
    private final int maximumPaths;
    /// Paths without a route target are for nobody.
    private final boolean byTarget;

    private Reports reports;

    private @Nullable PathListener listener;
    private @Nullable Contender[] contenders = new Contender[4];

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
        byTarget = family.equals(AddressFamily.L2VPN_EVPN);
        prefixes = new PrefixIndex(!family.equals(AddressFamily.IPV4_UNICAST));
        paths = new PathTable(prefixes);
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
        return paths.size();
    }

    /// Paths from this peer.
    public int size(int peer) {
        return paths.size(peer);
    }

    /// States who {@code peer} is, before its first path.
    public void peer(int peer, Contender contender) {
        if (peer >= contenders.length) {
            contenders = Arrays.copyOf(contenders, Math.max(2 * contenders.length, peer + 1));
        }
        contenders[peer] = contender;
    }

    /// {@code peer} announces the prefix; replaces what it announced before with this path identifier.
    ///
    /// @param id the peer's path identifier (RFC 7911 §3); 0 in a session without them
    public void announce(
            int peer, int id, long high, long low, int length, PathAttributes attributes, RibDelta.Builder delta) {
        int prefix = prefixes.add(high, low, length);
        int path = paths.find(prefix, peer, id);
        if (path != NONE) {
            paths.stale(path, false);
            if (attributes.equals(paths.attributes(path))) {
                return;
            }
        }
        int sourceBefore = paths.bestPeer(prefix);
        PathAttributes before = paths.best(prefix);
        List<PathAttributes> asGoodBefore = asGood(prefix);
        if (path == NONE) {
            path = paths.add(prefix, peer, id, attributes);
        } else {
            paths.set(path, attributes);
        }
        tell(prefix, path, attributes);
        choose(prefix, before, sourceBefore, asGoodBefore, delta);
    }

    /// {@code peer} withdraws the prefix; nothing happens if it has not announced it.
    public void withdraw(int peer, int id, long high, long low, int length, RibDelta.Builder delta) {
        int prefix = prefixes.find(high, low, length);
        int path = prefix == NONE ? NONE : paths.find(prefix, peer, id);
        if (path == NONE) {
            return;
        }
        int sourceBefore = paths.bestPeer(prefix);
        PathAttributes before = paths.best(prefix);
        List<PathAttributes> asGoodBefore = asGood(prefix);
        tell(prefix, path, null);
        paths.remove(prefix, path);
        choose(prefix, before, sourceBefore, asGoodBefore, delta);
        paths.compactIfMostlyEmpty();
    }

    /// Marks all paths of {@code peer} stale: they stay in use until {@link #sweep}, or until announced again.
    public void markStale(int peer) {
        paths.markStale(peer);
    }

    /// Withdraws the paths of {@code peer} that are still stale.
    public void sweep(int peer, RibDelta.Builder delta) {
        changeAll(peer, true, _ -> null, delta);
    }

    /// Withdraws all paths of {@code peer}.
    public void peerDown(int peer, RibDelta.Builder delta) {
        changeAll(peer, false, _ -> null, delta);
    }

    /// Gives the paths of {@code peer} that are still stale other attributes; null withdraws one.
    ///
    /// @param relabel called once for attributes that paths share
    public void relabelStale(
            int peer, Function<PathAttributes, @Nullable PathAttributes> relabel, RibDelta.Builder delta) {
        var relabelled = new IdentityHashMap<PathAttributes, Optional<PathAttributes>>();
        changeAll(
                peer,
                true,
                before -> relabelled
                        .computeIfAbsent(before, path -> Optional.ofNullable(relabel.apply(path)))
                        .orElse(null),
                delta);
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

    private void tell(int prefix, int path, @Nullable PathAttributes attributes) {
        if (listener != null) {
            listener.changed(
                    paths.peer(path),
                    paths.id(path),
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
        private int numbering = paths.compactions();

        /// Hands the paths of the next prefixes to {@code visitor}.
        ///
        /// @param count how many places of the table are looked at
        /// @return false if there are no more
        public boolean advance(int count, PathVisitor visitor) {
            if (numbering != paths.compactions()) {
                numbering = paths.compactions();
                next = 0;
            }
            int to = Math.min(next + count, prefixes.used());
            for (int prefix = next; prefix < to; prefix++) {
                visit(prefix, visitor);
            }
            next = to;
            return to < prefixes.used();
        }
    }

    /// A walk from the beginning.
    public Walk walk() {
        return new Walk();
    }

    private void visit(int prefix, PathVisitor visitor) {
        for (int path = paths.first(prefix); path != NONE; path = paths.after(prefix, path)) {
            visitor.path(
                    paths.peer(path),
                    paths.id(path),
                    prefixes.high(prefix),
                    prefixes.low(prefix),
                    prefixes.length(prefix),
                    paths.attributes(path),
                    path == prefix);
        }
    }

    /// Takes a best path.
    public interface BestVisitor {
        /// Called for each prefix, in no order.
        void best(long high, long low, int length, PathAttributes attributes, Contender from);
    }

    /// Hands every best path to {@code visitor}; costs the table.
    public void forEachBest(BestVisitor visitor) {
        for (int prefix = 0; prefix < prefixes.used(); prefix++) {
            PathAttributes attributes = paths.best(prefix);
            if (attributes != null) {
                visitor.best(
                        prefixes.high(prefix),
                        prefixes.low(prefix),
                        prefixes.length(prefix),
                        attributes,
                        contender(prefix));
            }
        }
    }

    /// The best path to the prefix; null if there is none.
    public @Nullable PathAttributes best(long high, long low, int length) {
        int prefix = prefixes.find(high, low, length);
        return prefix == NONE ? null : paths.best(prefix);
    }

    /// The peer whose the best path to the prefix is; -1 if there is none.
    public int bestPeer(long high, long low, int length) {
        int prefix = prefixes.find(high, low, length);
        return prefix == NONE ? NONE : paths.bestPeer(prefix);
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
        for (int path = prefix == NONE ? NONE : paths.first(prefix); path != NONE; path = paths.after(prefix, path)) {
            visitor.path(paths.peer(path), paths.id(path), paths.attributes(path));
        }
    }

    /// What the tables occupy, without the attributes.
    public long octets() {
        return prefixes.octets() + paths.octets();
    }

    /// Changes the paths of {@code peer}.
    ///
    /// @param now the attributes that one is to have; null for none
    private void changeAll(
            int peer,
            boolean onlyStale,
            Function<PathAttributes, @Nullable PathAttributes> now,
            RibDelta.Builder delta) {
        // the prefixes first: a path may move while another one of its prefix changes
        BitSet its = paths.prefixesOf(peer);
        for (int prefix = its.nextSetBit(0); prefix >= 0; prefix = its.nextSetBit(prefix + 1)) {
            change(prefix, peer, onlyStale, now, delta);
        }
        paths.compactIfMostlyEmpty();
    }

    private void change(
            int prefix,
            int peer,
            boolean onlyStale,
            Function<PathAttributes, @Nullable PathAttributes> now,
            RibDelta.Builder delta) {
        int sourceBefore = paths.bestPeer(prefix);
        PathAttributes before = paths.best(prefix);
        List<PathAttributes> asGoodBefore = asGood(prefix);
        boolean changed = false;
        int path = paths.first(prefix);
        while (path != NONE) {
            PathAttributes current = paths.attributes(path);
            boolean concerned = paths.peer(path) == peer && (!onlyStale || paths.isStale(path));
            PathAttributes wanted = concerned ? now.apply(current) : current;
            if (wanted == null) {
                tell(prefix, path, null);
                path = paths.remove(prefix, path);
                changed = true;
                continue;
            }
            if (!wanted.equals(current)) {
                paths.set(path, wanted);
                tell(prefix, path, wanted);
                changed = true;
            }
            path = paths.after(prefix, path);
        }
        if (changed) {
            choose(prefix, before, sourceBefore, asGoodBefore, delta);
        }
    }

    /// Decides anew, and says what is best now unless that is as before.
    ///
    /// All paths of the prefix are looked at, pair by pair: there are as many as peers that know it, so a few.
    private void choose(
            int prefix,
            @Nullable PathAttributes before,
            int sourceBefore,
            List<PathAttributes> asGoodBefore,
            RibDelta.Builder delta) {
        int best = NONE;
        for (int path = paths.first(prefix); path != NONE; path = paths.after(prefix, path)) {
            if (isLeft(prefix, path) && (best == NONE || isBetterOfLeft(path, best))) {
                best = path;
            }
        }
        if (best != NONE) {
            paths.makeBest(prefix, best);
        }
        PathAttributes now = paths.best(prefix);
        int source = paths.bestPeer(prefix);
        List<PathAttributes> asGood = asGood(prefix);
        boolean reported = reports == Reports.EVERY_PATH || (reports == Reports.SOURCE && source != sourceBefore);
        if (reported || !Objects.equals(now, before) || !asGood.equals(asGoodBefore)) {
            long high = prefixes.high(prefix);
            delta.add(high, prefixes.low(prefix), prefixes.length(prefix), before, now, source);
            delta.asGood(asGood);
        }
        if (now == null) {
            prefixes.remove(prefix);
        }
    }

    /// What the decision process has left besides the best path before it looks at who sent it (RFC 4271 §9.1.2.2 f),
    /// each with a next hop of its own, the better ones first.
    private List<PathAttributes> asGood(int prefix) {
        PathAttributes best = paths.best(prefix);
        if (maximumPaths == 1 || best == null || paths.after(prefix, prefix) == NONE) {
            return List.of();
        }
        var left = new ArrayList<Integer>();
        for (int path = paths.after(prefix, prefix); path != NONE; path = paths.after(prefix, path)) {
            if (isLeft(prefix, path)
                    && contender(path).internal() == contender(prefix).internal()) {
                left.add(path);
            }
        }
        left.sort((one, other) -> isBetterOfLeft(one, other) ? -1 : isBetterOfLeft(other, one) ? 1 : 0);
        var taken = new HashSet<@Nullable IpAddress>();
        taken.add(best.nextHop());
        var others = new ArrayList<PathAttributes>();
        for (int path : left) {
            PathAttributes attributes = paths.attributes(path);
            if (others.size() + 1 < maximumPaths && taken.add(attributes.nextHop())) {
                others.add(attributes);
            }
        }
        return others;
    }

    private boolean isLeft(int prefix, int path) {
        for (int other = paths.first(prefix); other != NONE; other = paths.after(prefix, other)) {
            if (other != path && removes(paths.attributes(other), paths.attributes(path))) {
                return false;
            }
        }
        return true;
    }

    /// Of two reflectors, one that strips communities must not hide what the other says.
    private boolean removes(PathAttributes other, PathAttributes path) {
        boolean targeted = !byTarget || path.hasImportTarget();
        boolean otherTargeted = !byTarget || other.hasImportTarget();
        return targeted == otherTargeted ? Decision.removes(other, path) : otherTargeted;
    }

    private boolean isBetterOfLeft(int left, int right) {
        int order = Decision.compareLeft(
                paths.attributes(left), contender(left), paths.attributes(right), contender(right));
        return order != 0 ? order < 0 : Integer.compareUnsigned(paths.id(left), paths.id(right)) < 0;
    }

    private Contender contender(int path) {
        Contender contender = contenders[paths.peer(path)];
        if (contender == null) {
            throw new IllegalStateException("peer " + paths.peer(path) + " announced and nobody said who it is");
        }
        return contender;
    }
}
