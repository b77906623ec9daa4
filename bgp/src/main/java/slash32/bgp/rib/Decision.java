package slash32.bgp.rib;

import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;

/// The decision process, in the order of RFC 4271 §9.1.1 and §9.1.2.2 with RFC 4456 §9 and
/// RFC 9494 §4.3.
///
/// MED is compared only between paths of one neighbouring AS, so that paths as a whole have no order: a set of them
/// is reduced with {@link #removes}, and among those that are left the {@link #compareLeft first} is the best one.
/// That depends on the set alone, not on who came first.
///
/// The interior cost to the next hop (§9.1.2.2 e) is left out: the kernel resolves next hops, and in a fabric they
/// cost the same.
final class Decision {
    private static final long DEFAULT_LOCAL_PREF = 100;
    /// RFC 9494 §4.3: such a path is taken only where there is no other, so that is the first step.
    private static final int LONG_LIVED_STALE = 0xffff_0006;

    private Decision() {}

    /// True if {@code path} is out of consideration because of {@code other} (RFC 9494, §9.1.1, §9.1.2.2 a to c).
    static boolean removes(PathAttributes other, PathAttributes path) {
        boolean stale = path.communities().contains(LONG_LIVED_STALE);
        if (stale != other.communities().contains(LONG_LIVED_STALE)) {
            return stale;
        }
        int byPreference = Long.compare(localPref(path), localPref(other));
        if (byPreference != 0) {
            return byPreference < 0;
        }
        int byLength = Integer.compare(other.asPath().length(), path.asPath().length());
        if (byLength != 0) {
            return byLength < 0;
        }
        int byOrigin = Integer.compare(other.origin().code(), path.origin().code());
        if (byOrigin != 0) {
            return byOrigin < 0;
        }
        return other.asPath().neighborAs() == path.asPath().neighborAs() && med(other) < med(path);
    }

    /// Negative if, of two paths that nothing removes, the first is better (§9.1.2.2 d to g). Never 0 for two
    /// peers.
    static int compareLeft(PathAttributes left, Contender leftPeer, PathAttributes right, Contender rightPeer) {
        if (leftPeer.internal() != rightPeer.internal()) {
            return leftPeer.internal() ? 1 : -1;
        }
        int byIdentifier = identifier(left, leftPeer).compareTo(identifier(right, rightPeer));
        if (byIdentifier != 0) {
            return byIdentifier;
        }
        int byClusters =
                Integer.compare(left.clusterList().size(), right.clusterList().size());
        return byClusters != 0 ? byClusters : leftPeer.address().compareTo(rightPeer.address());
    }

    private static long localPref(PathAttributes path) {
        return path.localPref() == PathAttributes.ABSENT ? DEFAULT_LOCAL_PREF : path.localPref();
    }

    private static long med(PathAttributes path) {
        return path.med() == PathAttributes.ABSENT ? 0 : path.med();
    }

    private static BgpIdentifier identifier(PathAttributes path, Contender peer) {
        BgpIdentifier originator = path.originatorId();
        return originator == null ? peer.identifier() : originator;
    }
}
