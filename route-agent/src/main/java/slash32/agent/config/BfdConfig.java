package slash32.agent.config;

import java.time.Duration;

/// BFD with one BGP peer.
///
/// @param interval between packets, wanted both ways: 10 ms to 60 s
/// @param multiplier packets in a row whose loss is the peer's: 1 to 255
/// @param multihop the peer is not on our link (RFC 5883)
/// @param keepRoutes a lost peer with graceful restart keeps its routes while it may be restarting (RFC 5882
/// §4.3)
public record BfdConfig(Duration interval, int multiplier, boolean multihop, boolean keepRoutes) {
    static final Duration DEFAULT_INTERVAL = Duration.ofMillis(300);
    static final int DEFAULT_MULTIPLIER = 3;
}
