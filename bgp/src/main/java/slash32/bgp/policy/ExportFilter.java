package slash32.bgp.policy;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// What is made of a route before a peer is told: the export policy, then what its communities and the peer's role
/// forbid, then our AS for an external peer. Owned by one thread.
public final class ExportFilter {
    private static final int NO_EXPORT = 0xffff_ff01;
    private static final int NO_ADVERTISE = 0xffff_ff02;
    private static final int REMEMBERED_MAX = 16_384;

    private final Sender sender;
    private final Policy.@Nullable Run policy;
    private final Map<PathAttributes, PathAttributes> outside = new HashMap<>();
    private final Map<PathAttributes, PathAttributes> throughUs = new HashMap<>();

    /// Who tells whom.
    ///
    /// @param role ours, in an external session; null for none (RFC 9234)
    /// @param self the next hop of all that we tell; null where routes keep theirs
    /// @param named the peer's address if a route of ours may be for it alone; else null, which all others share
    public record Sender(
            Asn ownAs,
            Asn peerAs,
            @Nullable PeerRole role,
            @Nullable NextHopSelf self,
            @Nullable IpAddress named) {
        /// One that leaves next hops as they are.
        public Sender(Asn ownAs, Asn peerAs, @Nullable PeerRole role) {
            this(ownAs, peerAs, role, null, null);
        }

        boolean internal() {
            return ownAs.equals(peerAs);
        }
    }

    /// Our link-local address, which a peer on the link knows us by.
    ///
    /// @param ipv4 also for IPv4 routes (RFC 8950 §4)
    public record NextHopSelf(Ipv6Address address, boolean ipv4) {}

    /// A filter for one session.
    ///
    /// @param policy null for none: an external peer is then told nothing (RFC 8212)
    public ExportFilter(Sender sender, @Nullable Policy policy) {
        this.sender = sender;
        this.policy = policy == null ? null : policy.run();
    }

    /// True if the peer is told nothing whatever there is.
    public boolean isClosed() {
        return policy == null && !sender.internal();
    }

    /// The route as the peer is to know it; null if it is not. A prefix in the form of
    /// {@link slash32.bgp.wire.NlriSlice.Visitor}.
    public @Nullable PathAttributes apply(boolean ipv4, long high, long low, int length, PathAttributes path) {
        if (isClosed()) {
            return null;
        }
        IpAddress named = sender.named();
        if (!path.onlyTo().isEmpty() && (named == null || !path.onlyTo().contains(named))) {
            return null;
        }
        PathAttributes allowed = policy == null ? path : policy.apply(ipv4, high, low, length, path);
        if (allowed == null || allowed.communities().contains(NO_ADVERTISE)) {
            return null;
        }
        PathAttributes told = sender.internal() ? allowed : outside(allowed);
        NextHopSelf self = sender.self();
        return told == null || self == null || (ipv4 && !self.ipv4()) ? told : throughUs(told, self);
    }

    private PathAttributes throughUs(PathAttributes path, NextHopSelf self) {
        if (throughUs.size() >= REMEMBERED_MAX) {
            throughUs.clear();
        }
        return throughUs.computeIfAbsent(
                path,
                _ -> path.toBuilder()
                        .nextHop(self.address())
                        .linkLocalNextHop(null)
                        .build());
    }

    private @Nullable PathAttributes outside(PathAttributes path) {
        if (path.communities().contains(NO_EXPORT)) {
            return null;
        }
        PathAttributes known = outside.get(path);
        if (known != null) {
            return known;
        }
        PathAttributes sent = RouteLeaks.sent(path, sender.role(), sender.ownAs());
        if (sent == null) {
            return null;
        }
        if (outside.size() >= REMEMBERED_MAX) {
            outside.clear();
        }
        PathAttributes made = sent.toBuilder()
                .asPath(sent.asPath().prepend(sender.ownAs()))
                .localPref(PathAttributes.ABSENT)
                .onlyTransitiveOthers()
                .build();
        outside.put(path, made);
        return made;
    }
}
