package slash32.bgp.rib;

import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IntColumn;
import slash32.net.PrefixIndex;

/// The paths of numbered prefixes: a best one each, which costs 8 octets, and a chain of others, which cost 20. Which
/// one is best is the caller's to say; a prefix with any path has a best one.
///
/// A path is known by a number that holds until a path of its prefix is added, removed or made the best one: that of
/// its prefix if it is the best one, and else one that counts down from -2 by its row among the others.
final class PathTable {
    static final int NONE = PathColumns.NONE;
    /// Columns with no more room than this are left as they are.
    private static final int COMPACTED_MIN = 4_096;

    private final PrefixIndex prefixes;
    /// By prefix.
    private final PathColumns best = new PathColumns();

    private final PathColumns others = new PathColumns();
    /// By prefix its first other path, plus one; without room while no prefix has any.
    private final IntColumn firstOther = new IntColumn();
    /// By other path the next one of its prefix, plus one; of a free row the next free one.
    private final IntColumn nextOther = new IntColumn();
    /// By other path.
    private final IntColumn prefixOfOther = new IntColumn();

    private int othersUsed;
    private int othersCount;
    private int freeOther = NONE;
    private int compactions;
    private int[] peerCount = new int[4];

    /// @param prefixes the caller's; numbered anew by {@link #compactIfMostlyEmpty}
    PathTable(PrefixIndex prefixes) {
        this.prefixes = prefixes;
    }

    /// All paths.
    int size() {
        return prefixes.size() + othersCount;
    }

    int size(int peer) {
        return peer < peerCount.length ? peerCount[peer] : 0;
    }

    /// How often prefixes got new numbers.
    int compactions() {
        return compactions;
    }

    /// The prefix's best path; -1 if it has none.
    int first(int prefix) {
        return prefix < best.capacity() && best.has(prefix) ? prefix : NONE;
    }

    /// The prefix's path after {@code path}; -1 if that was the last.
    int after(int prefix, int path) {
        return other(isBest(path) ? firstOther(prefix) : nextOther(row(path)));
    }

    /// Null if the prefix has no path.
    @Nullable
    PathAttributes best(int prefix) {
        return first(prefix) == NONE ? null : best.attributes(prefix);
    }

    /// -1 if the prefix has no path.
    int bestPeer(int prefix) {
        return first(prefix) == NONE ? NONE : best.peer(prefix);
    }

    PathAttributes attributes(int path) {
        PathAttributes attributes = paths(path).attributes(row(path));
        if (attributes == null) {
            throw new IllegalStateException("path " + path + " is in a chain and has no attributes");
        }
        return attributes;
    }

    int peer(int path) {
        return paths(path).peer(row(path));
    }

    int id(int path) {
        return paths(path).id(row(path));
    }

    boolean isStale(int path) {
        return paths(path).isStale(row(path));
    }

    void stale(int path, boolean stale) {
        paths(path).stale(row(path), stale);
    }

    void set(int path, PathAttributes attributes) {
        paths(path).set(row(path), attributes);
    }

    private static boolean isBest(int path) {
        return path >= 0;
    }

    private static int other(int row) {
        return row == NONE ? NONE : -2 - row;
    }

    private static int row(int path) {
        return isBest(path) ? path : -2 - path;
    }

    private PathColumns paths(int path) {
        return isBest(path) ? best : others;
    }

    private int firstOther(int prefix) {
        return prefix < firstOther.capacity() ? firstOther.get(prefix) - 1 : NONE;
    }

    private int nextOther(int row) {
        return nextOther.get(row) - 1;
    }

    /// The peer's path with this identifier, or -1.
    int find(int prefix, int peer, int id) {
        int path = first(prefix);
        while (path != NONE && (peer(path) != peer || id(path) != id)) {
            path = after(prefix, path);
        }
        return path;
    }

    /// Adds a path: the best one, if the prefix has no other.
    ///
    /// @return its number
    int add(int prefix, int peer, int id, PathAttributes attributes) {
        if (prefix >= best.capacity()) {
            best.resize(prefixes.capacity());
        }
        int path = best.has(prefix) ? other(newOther(prefix)) : prefix;
        paths(path).set(row(path), peer, id, attributes);
        if (peer >= peerCount.length) {
            peerCount = Arrays.copyOf(peerCount, Math.max(2 * peerCount.length, peer + 1));
        }
        peerCount[peer]++;
        return path;
    }

    private int newOther(int prefix) {
        int row = freeOther;
        if (row != NONE) {
            freeOther = nextOther(row);
        } else {
            row = othersUsed++;
            resizeOthers(othersUsed);
        }
        firstOther.resize(prefixes.capacity());
        nextOther.set(row, firstOther.get(prefix));
        firstOther.set(prefix, row + 1);
        prefixOfOther.set(row, prefix);
        othersCount++;
        return row;
    }

    private void resizeOthers(int rows) {
        others.resize(rows);
        nextOther.resize(rows);
        prefixOfOther.resize(rows);
    }

    /// Removes a path. If it was the best one, another one is, whichever.
    ///
    /// @return the path after it; -1 if it was the last
    int remove(int prefix, int path) {
        int peer = peer(path);
        if (--peerCount[peer] == 0) {
            best.forget(peer);
            others.forget(peer);
        }
        if (!isBest(path)) {
            int next = nextOther(row(path));
            unlink(prefix, row(path));
            return other(next);
        }
        int heir = firstOther(prefix);
        if (heir == NONE) {
            best.clear(prefix);
            return NONE;
        }
        best.take(prefix, others, heir);
        unlink(prefix, heir);
        return prefix;
    }

    private void unlink(int prefix, int row) {
        int previous = NONE;
        for (int other = firstOther(prefix); other != row; other = nextOther(other)) {
            previous = other;
        }
        if (previous == NONE) {
            firstOther.set(prefix, nextOther.get(row));
        } else {
            nextOther.set(previous, nextOther.get(row));
        }
        others.clear(row);
        nextOther.set(row, freeOther + 1);
        freeOther = row;
        othersCount--;
    }

    /// Makes one of the prefix's paths the best one.
    void makeBest(int prefix, int path) {
        if (!isBest(path)) {
            best.swap(prefix, others, row(path));
        }
    }

    void markStale(int peer) {
        for (int row = best.next(peer, 0); row != NONE; row = best.next(peer, row + 1)) {
            best.stale(row, true);
        }
        for (int row = others.next(peer, 0); row != NONE; row = others.next(peer, row + 1)) {
            others.stale(row, true);
        }
    }

    /// The prefixes that the peer has paths to.
    BitSet prefixesOf(int peer) {
        var its = new BitSet();
        for (int row = best.next(peer, 0); row != NONE; row = best.next(peer, row + 1)) {
            its.set(row);
        }
        for (int row = others.next(peer, 0); row != NONE; row = others.next(peer, row + 1)) {
            its.set(prefixOfOther.get(row));
        }
        return its;
    }

    /// Lets go of room, of which prefixes get new numbers. Costs the capacity, which as many removals have paid for.
    void compactIfMostlyEmpty() {
        if (others.capacity() > COMPACTED_MIN && othersCount < others.capacity() / 4) {
            compactOthers();
        }
        if (prefixes.capacity() > COMPACTED_MIN && prefixes.size() < prefixes.capacity() / 4) {
            compactPrefixes();
        }
    }

    private void compactOthers() {
        int[] moved = new int[othersUsed];
        int next = 0;
        for (int row = 0; row < othersUsed; row++) {
            moved[row] = others.has(row) ? next++ : NONE;
        }
        for (int row = 0; row < othersUsed; row++) {
            if (moved[row] != NONE) {
                others.take(moved[row], others, row);
                nextOther.set(moved[row], renumbered(moved, nextOther.get(row)));
                prefixOfOther.set(moved[row], prefixOfOther.get(row));
            }
        }
        for (int prefix = 0; prefix < firstOther.capacity(); prefix++) {
            firstOther.set(prefix, renumbered(moved, firstOther.get(prefix)));
        }
        othersUsed = next;
        freeOther = NONE;
        resizeOthers(next);
        others.markAll();
        if (next == 0) {
            firstOther.resize(0);
        }
    }

    /// @param link the row plus one; 0 for none
    private static int renumbered(int[] moved, int link) {
        return link == 0 ? 0 : moved[link - 1] + 1;
    }

    private void compactPrefixes() {
        int[] moved = prefixes.compact();
        compactions++;
        for (int prefix = 0; prefix < moved.length; prefix++) {
            int link = firstOther(prefix) + 1;
            if (link != 0) {
                firstOther.set(prefix, 0);
                firstOther.set(moved[prefix], link);
            }
            if (moved[prefix] != NONE) {
                best.take(moved[prefix], best, prefix);
            }
        }
        for (int row = 0; row < othersUsed; row++) {
            if (others.has(row)) {
                prefixOfOther.set(row, moved[prefixOfOther.get(row)]);
            }
        }
        best.resize(prefixes.capacity());
        best.markAll();
        firstOther.resize(Math.min(firstOther.capacity(), prefixes.capacity()));
    }

    /// What it occupies besides the prefixes and the attributes.
    long octets() {
        return best.octets() + others.octets() + firstOther.octets() + nextOther.octets() + prefixOfOther.octets();
    }
}
