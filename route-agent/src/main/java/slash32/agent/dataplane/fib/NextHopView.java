package slash32.agent.dataplane.fib;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;

/// A next hop for status pages.
///
/// @param routes that name it
/// @param gateway the router that its packets are given to, itself if on-link; null if they are dropped
/// @param link out of which; null if they are dropped
/// @param obstacle why they are dropped; null if they are not
public record NextHopView(
        IpAddress address,
        int routes,
        @Nullable IpAddress gateway,
        @Nullable InterfaceIndex link,
        @Nullable String obstacle) {}
