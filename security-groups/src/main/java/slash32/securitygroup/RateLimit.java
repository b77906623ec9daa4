package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import org.jspecify.annotations.Nullable;

/// How much an endpoint may send, or be sent, of what its groups allow. IP packets alone: ARP has limits of its own.
///
/// @param packets null for any number
/// @param connections that begin, whatever their protocol; null for any number
public record RateLimit(@Nullable Rate packets, @Nullable Rate connections) {
    public RateLimit {
        require(packets != null || connections != null, "packetsPerSecond", "must be given, or connectionsPerSecond");
    }
}
