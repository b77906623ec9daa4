package slash32.bgp.rib;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;

/// Every peer's Adj-RIB-In and the Loc-RIB of one family, in flat arrays: a prefix has a chain of paths, one a peer,
/// and
/// a best one. A path costs 25 octets and a reference besides its prefix; attributes are shared.
///
/// Peers are small numbers that the caller gives. Losing a peer costs its routes: the paths of a peer are chained
/// too.
/// Every change of a best path goes to the delta that is passed in. Owned by one thread.
public final class LocRib {
    private static final int NONE = -1;
    private static final byte STALE = 1;

    private final AddressFamily family;
    private final PrefixIndex prefixes;

    private int[] firstPath = new int[16];
    private int[] bestPath = new int[16];

    private int[] pathNext = new int[16];
    private int[] pathPrefix = new int[16];
    private int[] pathPeer = new int[16];
    private int[] peerNext = new int[16];
    private int[] peerPrevious = new int[16];
    private byte[] pathFlags = new byte[16];
    private @Nullable PathAttributes[] pathAttributes = new PathAttributes[16];
    private int pathsUsed;
    private int freePath = NONE;

    private @Nullable Contender[] contenders = new Contender[4];
    private int[] peerFirst = filled(4);
    private int[] peerCount = new int[4];

    public LocRib(AddressFamily family) {
        this.family = family;
        prefixes = new PrefixIndex(!family.equals(AddressFamily.IPV4_UNICAST));
        Arrays.fill(firstPath, NONE);
    }

    public AddressFamily family() {
        return family;
    }

    /// Prefixes with a path.
    public int size() {
        return prefixes.size();
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

    /// {@code peer} announces the prefix; replaces what it announced before.
    public void announce(int peer, long high, long low, int length, PathAttributes attributes, RibDelta.Builder delta) {
        int prefix = prefixes.add(high, low, length);
        growPrefixes();
        int path = find(prefix, peer);
        if (path == NONE) {
            path = newPath(prefix, peer);
        } else if (attributes.equals(pathAttributes[path])) {
            pathFlags[path] = 0;
            return;
        }
        pathFlags[path] = 0;
        pathAttributes[path] = attributes;
        choose(prefix, path, delta);
    }

    /// {@code peer} withdraws the prefix; nothing happens if it has not announced it.
    public void withdraw(int peer, long high, long low, int length, RibDelta.Builder delta) {
        int prefix = prefixes.find(high, low, length);
        int path = prefix == NONE ? NONE : find(prefix, peer);
        if (path != NONE) {
            remove(path, delta);
        }
    }

    /// Marks all paths of {@code peer} stale: they stay in use until {@link #sweep}, or until announced again.
    public void markStale(int peer) {
        for (int path = peerFirst[peer]; path != NONE; path = peerNext[path]) {
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

    /// The best path to the prefix; null if there is none.
    public @Nullable PathAttributes best(long high, long low, int length) {
        int prefix = prefixes.find(high, low, length);
        return prefix == NONE ? null : pathAttributes[bestPath[prefix]];
    }

    private void removeAll(int peer, boolean onlyStale, RibDelta.Builder delta) {
        int path = peer < peerFirst.length ? peerFirst[peer] : NONE;
        while (path != NONE) {
            int next = peerNext[path];
            if (!onlyStale || pathFlags[path] == STALE) {
                remove(path, delta);
            }
            path = next;
        }
    }

    private int find(int prefix, int peer) {
        int path = firstPath[prefix];
        while (path != NONE && pathPeer[path] != peer) {
            path = pathNext[path];
        }
        return path;
    }

    private int newPath(int prefix, int peer) {
        int path = freePath;
        if (path != NONE) {
            freePath = pathNext[path];
        } else {
            path = pathsUsed++;
            growPaths();
        }
        boolean first = firstPath[prefix] == NONE;
        pathNext[path] = firstPath[prefix];
        firstPath[prefix] = path;
        pathPrefix[path] = prefix;
        pathPeer[path] = peer;
        peerPrevious[path] = NONE;
        peerNext[path] = peerFirst[peer];
        if (peerFirst[peer] != NONE) {
            peerPrevious[peerFirst[peer]] = path;
        }
        peerFirst[peer] = path;
        peerCount[peer]++;
        if (first) {
            bestPath[prefix] = NONE;
        }
        return path;
    }

    private void remove(int path, RibDelta.Builder delta) {
        int prefix = pathPrefix[path];
        int peer = pathPeer[path];
        if (firstPath[prefix] == path) {
            firstPath[prefix] = pathNext[path];
        } else {
            int before = firstPath[prefix];
            while (pathNext[before] != path) {
                before = pathNext[before];
            }
            pathNext[before] = pathNext[path];
        }
        if (peerPrevious[path] == NONE) {
            peerFirst[peer] = peerNext[path];
        } else {
            peerNext[peerPrevious[path]] = peerNext[path];
        }
        if (peerNext[path] != NONE) {
            peerPrevious[peerNext[path]] = peerPrevious[path];
        }
        peerCount[peer]--;
        PathAttributes gone = pathAttributes[path];
        pathAttributes[path] = null;
        pathNext[path] = freePath;
        freePath = path;
        if (bestPath[prefix] == path) {
            rechoose(prefix, gone, delta);
        }
    }

    /// The path is new or has changed.
    private void choose(int prefix, int path, RibDelta.Builder delta) {
        int best = bestPath[prefix];
        if (best == path) {
            rechoose(prefix, null, delta); // it may be worse than it was
        } else if (best == NONE || better(path, best)) {
            PathAttributes before = best == NONE ? null : pathAttributes[best];
            bestPath[prefix] = path;
            report(prefix, before, delta);
        }
    }

    private void rechoose(int prefix, @Nullable PathAttributes before, RibDelta.Builder delta) {
        int best = firstPath[prefix];
        for (int path = best; path != NONE; path = pathNext[path]) {
            if (better(path, best)) {
                best = path;
            }
        }
        bestPath[prefix] = best;
        report(prefix, before, delta);
        if (best == NONE) {
            prefixes.remove(prefix);
        }
    }

    /// Says what is best now, unless that is what was said before.
    private void report(int prefix, @Nullable PathAttributes before, RibDelta.Builder delta) {
        PathAttributes now = bestPath[prefix] == NONE ? null : pathAttributes[bestPath[prefix]];
        if (now == null || before == null || !now.equals(before)) {
            delta.add(prefixes.high(prefix), prefixes.low(prefix), prefixes.length(prefix), now);
        }
    }

    private boolean better(int left, int right) {
        if (left == right) {
            return false;
        }
        PathAttributes leftPath = pathAttributes[left];
        PathAttributes rightPath = pathAttributes[right];
        Contender leftPeer = contenders[pathPeer[left]];
        Contender rightPeer = contenders[pathPeer[right]];
        if (leftPath == null || rightPath == null || leftPeer == null || rightPeer == null) {
            throw new IllegalStateException("a path in use has neither attributes nor a peer");
        }
        return Decision.compare(leftPath, leftPeer, rightPath, rightPeer) < 0;
    }

    private void growPrefixes() {
        int before = firstPath.length;
        if (prefixes.capacity() > before) {
            firstPath = Arrays.copyOf(firstPath, prefixes.capacity());
            bestPath = Arrays.copyOf(bestPath, prefixes.capacity());
            Arrays.fill(firstPath, before, firstPath.length, NONE);
        }
    }

    private void growPaths() {
        if (pathsUsed <= pathNext.length) {
            return;
        }
        int larger = pathNext.length + (pathNext.length >> 1);
        pathNext = Arrays.copyOf(pathNext, larger);
        pathPrefix = Arrays.copyOf(pathPrefix, larger);
        pathPeer = Arrays.copyOf(pathPeer, larger);
        peerNext = Arrays.copyOf(peerNext, larger);
        peerPrevious = Arrays.copyOf(peerPrevious, larger);
        pathFlags = Arrays.copyOf(pathFlags, larger);
        pathAttributes = Arrays.copyOf(pathAttributes, larger);
    }

    private static int[] filled(int length) {
        int[] array = new int[length];
        Arrays.fill(array, NONE);
        return array;
    }
}
