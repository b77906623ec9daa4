package slash32.bgp.wire;

import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;

/// A route of EVPN by its type. Labels are the three octets as they stand: with VXLAN they are the VNI
/// (RFC 8365 §5.1.3), with MPLS a label in the upper 20 bits.
public sealed interface EvpnRoute {
    /// Type 1 (RFC 7432 §7.1).
    ///
    /// @param tag Ethernet Tag, 32 bits
    record EthernetAutoDiscoveryRoute(RouteDistinguisher distinguisher, Esi esi, long tag, int label)
            implements EvpnRoute {}

    /// Type 2 (RFC 7432 §7.2).
    ///
    /// @param address null in a route for the MAC alone
    /// @param secondLabel of the IP-VRF; {@link #NO_LABEL} if it is not there
    record MacIpRoute(
            RouteDistinguisher distinguisher,
            Esi esi,
            long tag,
            MacAddress mac,
            @Nullable IpAddress address,
            int label,
            int secondLabel)
            implements EvpnRoute {}

    /// Type 3 (RFC 7432 §7.3).
    record InclusiveMulticastRoute(RouteDistinguisher distinguisher, long tag, IpAddress originator)
            implements EvpnRoute {}

    /// Type 4 (RFC 7432 §7.4).
    record EthernetSegmentRoute(RouteDistinguisher distinguisher, Esi esi, IpAddress originator) implements EvpnRoute {}

    /// Type 5 (RFC 9136 §3.1).
    ///
    /// @param gateway unspecified if the route has no overlay index of that kind
    record IpPrefixRoute(
            RouteDistinguisher distinguisher, Esi esi, long tag, Prefix prefix, IpAddress gateway, int label)
            implements EvpnRoute {}

    /// One of a type that we don't know: not used, but passed on, where RFC 7606 §5.4 discards.
    record UnknownRoute(int type, Bytes value) implements EvpnRoute {}

    int NO_LABEL = -1;
}
