package slash32.overlay.esp.xfrm;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.xfrm.XfrmMode;
import slash32.netlink.xfrm.XfrmPolicy;
import slash32.netlink.xfrm.XfrmPolicy.Direction;
import slash32.netlink.xfrm.XfrmPolicy.Verdict;
import slash32.netlink.xfrm.XfrmSelector;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.wire.TrafficSelector;

/// A peer that has an interface, and the policies that it needs.
final class Peer {
    /// Of plain VXLAN.
    private static final int VXLAN_PORT = 4_789;

    final Ipv4Address node;
    final PeerConfig config;
    final Set<ChildSa> installed = new LinkedHashSet<>();
    Set<PolicyTable.Key> stated = Set.of();

    @Nullable
    ChildSa used;

    Peer(Ipv4Address node, PeerConfig config) {
        this.node = node;
        this.config = config;
    }

    /// Plain VXLAN with the peer is blocked. What goes into its interface is protected: without a state it is dropped,
    /// and the kernel says that it wants one.
    Map<PolicyTable.Key, XfrmPolicy> policies() {
        var all = new LinkedHashMap<PolicyTable.Key, XfrmPolicy>();
        IpAddress local = config.path().local();
        IpAddress remote = config.path().remote();
        for (Direction direction : List.of(Direction.OUT, Direction.IN)) {
            Prefix from = (direction == Direction.OUT ? local : remote).hostPrefix();
            Prefix to = (direction == Direction.OUT ? remote : local).hostPrefix();
            var vxlan = new XfrmSelector(from, to, TrafficSelector.UDP, 0, VXLAN_PORT);
            add(new XfrmPolicy(direction, vxlan, 0, PolicyTable.BLOCK_PRIORITY, new Verdict.Block()), all);
        }
        ChildSa sending = used;
        int spi = sending == null ? 0 : sending.outboundSpi();
        List<XfrmSelector> out = sending == null
                ? Selectors.outbound(config.local(), config.remote())
                : Selectors.outbound(sending.local(), sending.remote());
        out.forEach(selector -> protect(Direction.OUT, selector, local, remote, spi, all));
        for (ChildSa child : installed) {
            Selectors.outbound(child.local(), child.remote()).forEach(selector -> comes(selector, local, remote, all));
        }
        if (installed.isEmpty()) {
            out.forEach(selector -> comes(selector, local, remote, all));
        }
        return all;
    }

    private void comes(XfrmSelector out, IpAddress local, IpAddress remote, Map<PolicyTable.Key, XfrmPolicy> all) {
        protect(Direction.IN, out.reversed(), remote, local, 0, all);
        protect(Direction.FWD, out.reversed(), remote, local, 0, all);
    }

    private void protect(
            Direction direction,
            XfrmSelector selector,
            IpAddress from,
            IpAddress to,
            int spi,
            Map<PolicyTable.Key, XfrmPolicy> all) {
        var verdict = new Verdict.Protect(from, to, spi, XfrmPath.REQID, XfrmMode.TUNNEL);
        add(new XfrmPolicy(direction, selector, node.value(), PolicyTable.PROTECT_PRIORITY, verdict), all);
    }

    private static void add(XfrmPolicy policy, Map<PolicyTable.Key, XfrmPolicy> all) {
        all.put(PolicyTable.Key.of(policy), policy);
    }
}
