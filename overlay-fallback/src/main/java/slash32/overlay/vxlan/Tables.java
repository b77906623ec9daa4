package slash32.overlay.vxlan;

import java.util.List;
import java.util.Set;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.netlink.socket.NetlinkSocket;
import slash32.overlay.evpn.MacKey;
import slash32.reconcile.Backoff;
import slash32.reconcile.Reconciler;

/// What the kernel has of segments, table by table.
record Tables(
        Reconciler<Vni, SegmentDevices> segments,
        Reconciler<InterfaceName, Set<GuardRules.Placed>> guards,
        Reconciler<InterfaceName, PortTable.Membership> ports,
        Reconciler<Vni, GatewayTable.Served> gateways,
        Reconciler<MacKey, Place> fdb,
        Reconciler<FloodTable.Key, Set<Way>> flooded,
        Reconciler<AnswerTable.Key, MacAddress> answers,
        Reconciler<Prefix, Vni> routes) {
    static Tables of(NetlinkSocket rtnl, GuardTable guards) {
        return new Tables(
                new Reconciler<>(new SegmentTable(rtnl), Backoff.KERNEL),
                new Reconciler<>(guards, Backoff.KERNEL),
                new Reconciler<>(new PortTable(rtnl), Backoff.KERNEL),
                new Reconciler<>(new GatewayTable(rtnl), Backoff.KERNEL),
                new Reconciler<>(new FdbTable(rtnl), Backoff.KERNEL),
                new Reconciler<>(new FloodTable(rtnl), Backoff.KERNEL),
                new Reconciler<>(new AnswerTable(rtnl), Backoff.KERNEL),
                new Reconciler<>(new GuestRouteTable(rtnl), Backoff.KERNEL));
    }

    /// In the order in which one needs the other.
    List<Reconciler<?, ?>> all() {
        return List.of(segments, guards, ports, gateways, fdb, flooded, answers, routes);
    }

    /// Those whose entries the kernel reports: what others do to them is put right when it is heard.
    List<Reconciler<?, ?>> reported() {
        return List.of(segments, ports, gateways, fdb, flooded, answers, routes);
    }

    /// Those of them that are gone when their bridge is, or is another.
    List<Reconciler<?, ?>> ofBridge() {
        return List.of(gateways, fdb, flooded, answers, routes);
    }
}
