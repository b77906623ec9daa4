package slash32.agent.config;

import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// How other nodes reach this one.
///
/// @param address NEXT_HOP of what this node advertises, IPv4
/// @param address6 NEXT_HOP for IPv6 prefixes; null if the underlay is IPv4 only
/// @param external where other sites reach this node; null if they don't
/// @param device the interface toward the underlay, never an endpoint's; null if nothing is said of it
public record UnderlayConfig(
        Ipv4Address address,
        @Nullable Ipv6Address address6,
        @Nullable IpAddress external,
        @Nullable InterfaceName device) {
    /// Those that are there.
    List<IpAddress> addresses() {
        return Stream.<@Nullable IpAddress>of(address, address6, external)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }
}
