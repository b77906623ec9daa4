package slash32.bgp.policy;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;

/// What is made of a route before a peer is told: the export policy, then what its communities and the peer's role
/// forbid, then our AS for an external peer. Owned by one thread.
public final class ExportFilter {
    private static final int NO_EXPORT = 0xffff_ff01;
    private static final int NO_ADVERTISE = 0xffff_ff02;
    private static final int REMEMBERED_MAX = 16_384;

    private final Sender sender;
    private final Policy.@Nullable Run policy;
    private final Map<PathAttributes, PathAttributes> outside = new HashMap<>();

    /// Who tells whom.
    ///
    /// @param role ours, in an external session; null for none (RFC 9234)
    public record Sender(Asn ownAs, Asn peerAs, @Nullable PeerRole role) {
        boolean internal() {
            return ownAs.equals(peerAs);
        }
    }

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
        PathAttributes allowed = policy == null ? path : policy.apply(ipv4, high, low, length, path);
        if (allowed == null || allowed.communities().contains(NO_ADVERTISE)) {
            return null;
        }
        return sender.internal() ? allowed : outside(allowed);
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
