package slash32.bgp.rib;

import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;

/// The decision process, in the order of RFC 4271 §9.1.1 and §9.1.2.2 with RFC 4456 §9.
///
/// The interior cost to the next hop (§9.1.2.2 e) is left out: the kernel resolves next hops, and in a fabric they
/// cost
/// the same.
final class Decision {
    private static final long DEFAULT_LOCAL_PREF = 100;

    private Decision() {}

    /// Negative if the first path is better. Never 0 for paths of two peers.
    static int compare(PathAttributes left, Contender leftPeer, PathAttributes right, Contender rightPeer) {
        int byPreference = Long.compare(localPref(right), localPref(left));
        if (byPreference != 0) {
            return byPreference;
        }
        int byLength = Integer.compare(left.asPath().length(), right.asPath().length());
        if (byLength != 0) {
            return byLength;
        }
        int byOrigin = Integer.compare(left.origin().code(), right.origin().code());
        if (byOrigin != 0) {
            return byOrigin;
        }
        if (left.asPath().neighborAs() == right.asPath().neighborAs()) {
            int byMed = Long.compare(med(left), med(right));
            if (byMed != 0) {
                return byMed;
            }
        }
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
