package slash32.agent.config;

import slash32.net.Prefix;

/// Peers that connect from a prefix, all alike.
///
/// @param max at a time
/// @param peer each of them, but for the address
public record PeerRangeConfig(Prefix prefix, int max, PeerConfig peer) {
    static final int DEFAULT_MAX = 1_000;
}
