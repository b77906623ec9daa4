package slash32.overlay.evpn;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.EvpnRoute;
import slash32.net.IpAddress;
import slash32.overlay.evpn.EvpnAction.Destination;

/// What is known of one MAC of a segment: who says to have it, and whether we do.
final class MacState {
    /// RFC 7432 §15.1.
    static final int MOVES_MAX = 5;

    static final long WINDOW_NANOS = 180_000_000_000L;
    /// How long a MAC that moves too often stays where it is: the RFC leaves it to the operator, others take half
    /// an hour.
    static final long FROZEN_NANOS = 1_800_000_000_000L;

    private final Map<EvpnRoute, Claim> claims = new HashMap<>();

    /// Null if it is no port's of this node.
    @Nullable
    Port port;

    /// With which the port is or would be announced; -1 before it ever was.
    long sequence = -1;

    /// Where frames go now.
    @Nullable
    Destination destination;

    private long highestEver = -1;
    private int moves;
    private long windowEndsNanos;
    private long frozenUntilNanos;
    private boolean frozen;

    /// A route says this of the MAC now.
    ///
    /// @param claim null if it is gone
    /// @return what the route said before
    @Nullable
    Claim claim(EvpnRoute key, @Nullable Claim claim) {
        if (claim == null) {
            return claims.remove(key);
        }
        highestEver = Math.max(highestEver, claim.mobility().sequence());
        return claims.put(key, claim);
    }

    boolean isClaimedBy(IpAddress vtep) {
        return claims.values().stream().anyMatch(claim -> claim.vtep().equals(vtep));
    }

    boolean isSaidToHave(IpAddress address) {
        return claims.values().stream().anyMatch(claim -> address.equals(claim.address()));
    }

    /// What says that the address is this MAC's, by the node where the MAC is; null if nothing does.
    @Nullable
    Claim claimOf(IpAddress address) {
        for (Claim claim : claims.values()) {
            if (address.equals(claim.address())
                    && destination instanceof Destination.Remote(IpAddress vtep)
                    && vtep.equals(claim.vtep())) {
                return claim;
            }
        }
        return null;
    }

    /// The best of all claims that the address is this MAC's, whether or not its node may be sent to; null if there is
    /// none.
    @Nullable
    Claim bestOf(IpAddress address) {
        Claim best = null;
        for (Claim claim : claims.values()) {
            if (address.equals(claim.address()) && (best == null || claim.isBetterThan(best))) {
                best = claim;
            }
        }
        return best;
    }

    /// Who says that the address is this MAC's.
    List<IpAddress> vteps(IpAddress address) {
        return claims.values().stream()
                .filter(claim -> address.equals(claim.address()))
                .map(Claim::vtep)
                .distinct()
                .sorted()
                .toList();
    }

    /// How often it has moved, as the node says where frames go.
    long sequenceInUse() {
        if (!(destination instanceof Destination.Remote(IpAddress vtep))) {
            return Math.max(0, sequence);
        }
        return claims.values().stream()
                .filter(claim -> claim.vtep().equals(vtep))
                .mapToLong(claim -> claim.mobility().sequence())
                .max()
                .orElse(0);
    }

    Iterable<Claim> claims() {
        return claims.values();
    }

    boolean isForgotten() {
        return port == null && claims.isEmpty();
    }

    /// The best claim of a node that {@code reachable} has; null if there is none.
    @Nullable
    Claim best(Predicate<IpAddress> reachable) {
        Claim best = null;
        for (Claim claim : claims.values()) {
            if (reachable.test(claim.vtep()) && (best == null || claim.isBetterThan(best))) {
                best = claim;
            }
        }
        return best;
    }

    /// The highest sequence number that anybody else ever said; -1 if nobody did.
    long highestSequence() {
        return highestEver;
    }

    /// With which the port is announced.
    Mobility mobility(Port ours) {
        return new Mobility(ours.sticky(), Math.max(0, sequence));
    }

    /// Counts a move.
    ///
    /// @return true if that was one too many, so that the MAC stays where it is for a while
    boolean moved(long nowNanos) {
        if (moves == 0 || nowNanos - windowEndsNanos >= 0) {
            moves = 0;
            windowEndsNanos = nowNanos + WINDOW_NANOS;
        }
        moves++;
        boolean tooOften = moves >= MOVES_MAX;
        if (tooOften) {
            moves = 0;
            frozen = true;
            frozenUntilNanos = nowNanos + FROZEN_NANOS;
        }
        return tooOften;
    }

    boolean isFrozen() {
        return frozen;
    }

    long frozenUntilNanos() {
        return frozen ? frozenUntilNanos : Long.MAX_VALUE;
    }

    void thaw() {
        frozen = false;
    }
}
