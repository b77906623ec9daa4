package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnRoute.InclusiveMulticastRoute;
import slash32.bgp.wire.EvpnRoute.IpPrefixRoute;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;

/// One node's part of an EVPN instance with VXLAN (RFC 8365 §5), and the routes that it announces in it: VLAN-based, so
/// the Ethernet Tag is 0, and without multihoming.
///
/// @param distinguisher of this instance on this node alone (RFC 7432 §7.9)
/// @param targets who imports the routes
/// @param vtep where the node takes encapsulated frames: the next hop
public record EvpnInstance(RouteDistinguisher distinguisher, Vni vni, List<ExtendedCommunity> targets, IpAddress vtep) {
    /// Tunnel type VXLAN (RFC 8365 §12).
    public static final int VXLAN = 8;

    private static final long LOCAL_PREF = 100;

    public EvpnInstance {
        targets = List.copyOf(targets);
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("routes of VNI " + vni + " without a route target reach nobody");
        }
    }

    /// How often a MAC has moved (RFC 7432 §7.7).
    ///
    /// @param sticky it must not move any more (RFC 7432 §15.2)
    /// @param sequence 32 bits
    public record Mobility(boolean sticky, long sequence) {
        /// Of a MAC that has not moved; said by saying nothing.
        public static final Mobility NONE = new Mobility(false, 0);

        public Mobility {
            if (sequence < 0 || sequence > 0xffff_ffffL) {
                throw new IllegalArgumentException("a sequence number has 32 bits, was " + sequence);
            }
        }

        /// What a path says of its MAC.
        public static Mobility of(PathAttributes attributes) {
            for (ExtendedCommunity community : attributes.extendedCommunities()) {
                if (community.mobilitySequence() >= 0) {
                    return new Mobility(community.isSticky(), community.mobilitySequence());
                }
            }
            return NONE;
        }
    }

    /// That the node takes part, and wants flooded frames by ingress replication (RFC 7432 §7.3, RFC 8365 §5.1.3).
    public EvpnPath inclusiveMulticast() {
        PathAttributes attributes = attributes(List.of())
                .pmsiTunnel(PmsiTunnel.ingressReplication(vni.value(), vtep))
                .build();
        return new EvpnPath(new InclusiveMulticastRoute(distinguisher, 0, vtep), attributes);
    }

    /// That the MAC is at this node, and the address is that MAC's (RFC 7432 §7.2).
    ///
    /// @param address null for the MAC alone
    public EvpnPath macIp(MacAddress mac, @Nullable IpAddress address, Mobility mobility) {
        return macIp(mac, address, mobility, List.of());
    }

    /// The same, with what else is to be known of the address.
    public EvpnPath macIp(
            MacAddress mac, @Nullable IpAddress address, Mobility mobility, List<LargeCommunity> communities) {
        List<ExtendedCommunity> more = mobility.equals(Mobility.NONE)
                ? List.of()
                : List.of(ExtendedCommunity.macMobility(mobility.sticky(), mobility.sequence()));
        var route = new MacIpRoute(distinguisher, Esi.ZERO, 0, mac, address, vni.value(), EvpnRoute.NO_LABEL);
        return new EvpnPath(
                route, attributes(more).largeCommunities(communities).build());
    }

    /// That the prefix is routed to by this node, in the instance's VNI (RFC 9136 §4.4.1).
    ///
    /// @param routerMac the inner destination of packets to it
    public EvpnPath ipPrefix(Prefix prefix, MacAddress routerMac) {
        IpAddress none = prefix.isIpv4() ? new Ipv4Address(0) : new Ipv6Address(0, 0);
        var route = new IpPrefixRoute(distinguisher, Esi.ZERO, 0, prefix, none, vni.value());
        return new EvpnPath(
                route,
                attributes(List.of(ExtendedCommunity.routerMac(routerMac))).build());
    }

    private PathAttributes.Builder attributes(List<ExtendedCommunity> more) {
        var communities = new ArrayList<>(targets);
        communities.add(ExtendedCommunity.encapsulation(VXLAN));
        communities.addAll(more);
        return PathAttributes.builder().nextHop(vtep).localPref(LOCAL_PREF).extendedCommunities(communities);
    }
}
