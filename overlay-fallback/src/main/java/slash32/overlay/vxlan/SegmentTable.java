package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.net.Vni;
import slash32.netlink.message.Request;
import slash32.netlink.route.BridgePort;
import slash32.netlink.route.Link;
import slash32.netlink.route.VxlanTerms;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// A bridge and a VXLAN device for each segment, the device a port that learns nothing and answers for what is stated.
final class SegmentTable implements Table<Vni, SegmentDevices> {
    /// In the place of a value that is not as it should be.
    private static final SegmentDevices INCOMPLETE = new SegmentDevices(new Ipv4Address(0), 0, 0);

    /// What is flooded is given to it, for {@link GuardRules} decide what of that leaves.
    private static final BridgePort UPLINK = new BridgePort(false, false, true, true);

    /// More than any path takes: a port of that size does not drop what is too large before the kernel can tell the
    /// guest.
    private static final int ANY_MTU_BYTES = 65_450;

    private final NetlinkSocket rtnl;

    SegmentTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "segment";
    }

    @Override
    public Map<Vni, SegmentDevices> owned() throws IOException {
        var found = new HashMap<Vni, SegmentDevices>();
        Links links = Links.read(rtnl);
        for (Links.Seen seen : links.all()) {
            Vni vni = seen.segment();
            if (vni != null) {
                found.put(vni, devices(links, vni));
            }
        }
        return found;
    }

    private static SegmentDevices devices(Links links, Vni vni) throws IOException {
        Links.Seen bridge = links.bridge(vni);
        Links.Seen vxlan = links.vxlan(vni);
        if (bridge == null || vxlan == null) {
            return INCOMPLETE;
        }
        VxlanTerms terms = vxlan.terms();
        BridgePort port = vxlan.port();
        boolean joined = bridge.link().index().equals(vxlan.link().master())
                && bridge.link().up()
                && vxlan.link().up()
                && vxlan.link().mtuBytes() == ANY_MTU_BYTES
                && HostIpv6.isOff(SegmentDevices.vxlan(vni));
        return terms == null || port == null || !joined || !port.equals(UPLINK)
                ? INCOMPLETE
                : new SegmentDevices(terms.local(), terms.port(), bridge.link().mtuBytes());
    }

    @Override
    public List<Failure<Vni>> apply(List<Change<Vni, SegmentDevices>> batch) throws IOException {
        var failures = new ArrayList<Failure<Vni>>();
        for (Change<Vni, SegmentDevices> change : batch) {
            try {
                switch (change) {
                    case Change.Put<Vni, SegmentDevices>(Vni vni, SegmentDevices wanted, var _) -> put(vni, wanted);
                    case Change.Remove<Vni, SegmentDevices>(Vni vni, var _) -> remove(vni);
                }
            } catch (KernelException e) {
                failures.add(new Failure<>(change.key(), String.valueOf(e.getMessage())));
            }
        }
        return failures;
    }

    private void put(Vni vni, SegmentDevices wanted) throws IOException {
        var terms = new VxlanTerms(vni, wanted.local(), wanted.port());
        Links links = Links.read(rtnl);
        Links.Seen old = links.vxlan(vni);
        if (old != null && !terms.equals(old.terms())) {
            rtnl.execute(Link.delete(old.link().index())); // the kernel changes neither
            old = null;
        }
        InterfaceName bridge = SegmentDevices.bridge(vni);
        InterfaceName vxlan = SegmentDevices.vxlan(vni);
        if (links.bridge(vni) == null && !links.isHalfMade(bridge)) {
            rtnl.execute(Link.createBridge(bridge, wanted.mtuBytes()));
        }
        if (old == null && !links.isHalfMade(vxlan)) {
            rtnl.execute(Link.createVxlan(vxlan, terms, ANY_MTU_BYTES));
        }
        mark(vni, bridge, vxlan);
        HostIpv6.off(vxlan); // once up it would tell the other nodes of the host's multicast groups
        Links now = Links.read(rtnl);
        InterfaceIndex bridgeIndex = index(now, bridge, vni);
        InterfaceIndex vxlanIndex = index(now, vxlan, vni);
        for (Request request : List.of(
                Link.setMtu(vxlanIndex, ANY_MTU_BYTES), // with less than 1280 there is no IPv6 to take an address off
                Link.setMtu(bridgeIndex, wanted.mtuBytes()),
                Link.withoutLinkLocal(vxlanIndex),
                Link.withoutLinkLocal(bridgeIndex),
                Link.join(vxlanIndex, bridgeIndex),
                UPLINK.set(vxlanIndex),
                Link.setMtu(bridgeIndex, wanted.mtuBytes()), // a bridge takes its new port's
                Link.setUp(vxlanIndex, true),
                Link.setUp(bridgeIndex, true))) {
            rtnl.execute(request);
        }
    }

    /// The kernel takes no alias for a link that it is about to make.
    private void mark(Vni vni, InterfaceName... names) throws IOException {
        Links links = Links.read(rtnl);
        for (InterfaceName name : names) {
            Links.Seen seen = links.find(name);
            if (seen != null && links.isHalfMade(name)) {
                rtnl.execute(Link.setAlias(seen.link().index(), SegmentDevices.mark(vni)));
            }
        }
    }

    private static InterfaceIndex index(Links links, InterfaceName name, Vni vni) throws IOException {
        Links.Seen seen = links.ours(name, vni);
        if (seen == null) {
            throw new IOException("link " + name + " was made and is not there, or is somebody else's");
        }
        return seen.link().index();
    }

    private void remove(Vni vni) throws IOException {
        Links links = Links.read(rtnl);
        for (Links.Seen seen : new Links.Seen[] {links.vxlan(vni), links.bridge(vni)}) {
            if (seen != null) {
                rtnl.execute(Link.delete(seen.link().index()));
            }
        }
    }
}
