package slash32.bgp.policy;

import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PeerRole;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// What is made of a peer's routes before they are held: loops, leaks, then the import policy, then a graceful
/// shutdown. Owned by one thread.
public final class ImportFilter {
    private final Receiver receiver;
    private final Policy.@Nullable Run policy;

    /// Who receives, and from whom.
    ///
    /// @param ownAddresses that peers know us by
    /// @param role ours, in an external session; null for none (RFC 9234)
    /// @param clusterId of a reflector; null if we are none
    public record Receiver(
            Asn ownAs,
            BgpIdentifier ownIdentifier,
            Set<IpAddress> ownAddresses,
            Asn peerAs,
            @Nullable PeerRole role,
            @Nullable BgpIdentifier clusterId) {
        public Receiver {
            ownAddresses = Set.copyOf(ownAddresses);
        }

        boolean internal() {
            return ownAs.equals(peerAs);
        }
    }

    /// Takes the routes that are accepted and those that are not.
    public interface Sink {
        /// All prefixes of {@code slice} have these attributes.
        void announce(NlriSlice slice, PathAttributes attributes);

        /// No prefix of {@code slice} is taken.
        void reject(NlriSlice slice);

        /// One prefix of {@code slice}; null attributes if it is not taken.
        void one(NlriSlice slice, int pathId, long high, long low, int length, @Nullable PathAttributes attributes);
    }

    /// A filter for one session.
    ///
    /// @param policy null for none: an external peer's routes are then not taken (RFC 8212)
    public ImportFilter(Receiver receiver, @Nullable Policy policy) {
        this.receiver = receiver;
        this.policy = policy == null ? null : policy.run();
    }

    /// Hands every prefix of {@code slice} to {@code sink} as it is to be held.
    public void pass(NlriSlice slice, PathAttributes received, Sink sink) {
        boolean trusted = receiver.internal() || policy != null;
        boolean accepted =
                Acceptance.of(received, receiver.ownAs(), receiver.ownIdentifier(), receiver.ownAddresses(), trusted)
                                == Acceptance.ACCEPTED
                        && !isOfOurCluster(received);
        PathAttributes path = accepted
                ? RouteLeaks.received(received, receiver.internal() ? null : receiver.role(), receiver.peerAs())
                : null;
        if (path == null) {
            sink.reject(slice);
        } else if (policy == null) {
            sink.announce(slice, path);
        } else if (policy.policy().looksAtPrefixes() && slice.family().isPrefixes()) {
            boolean ipv4 = slice.family().afi() == 1;
            slice.forEach((pathId, high, low, length) ->
                    sink.one(slice, pathId, high, low, length, last(policy.apply(ipv4, high, low, length, path))));
        } else {
            PathAttributes made = last(policy.apply(slice.family().afi() == 1, 0, 0, Match.NO_PREFIX, path));
            if (made == null) {
                sink.reject(slice);
            } else {
                sink.announce(slice, made);
            }
        }
    }

    /// RFC 4456 §8: it went round.
    private boolean isOfOurCluster(PathAttributes path) {
        BgpIdentifier cluster = receiver.clusterId();
        return cluster != null && path.clusterList().contains(cluster.value());
    }

    private @Nullable PathAttributes last(@Nullable PathAttributes path) {
        return path == null || receiver.internal() ? path : GracefulShutdown.received(path);
    }
}
