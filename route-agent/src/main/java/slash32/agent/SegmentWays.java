package slash32.agent;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.TreeMap;
import slash32.agent.intent.Intent;
import slash32.agent.status.EvpnView;
import slash32.agent.status.SegmentWay;
import slash32.agent.status.SegmentWay.Holder;
import slash32.agent.status.SegmentWay.Place;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Vni;
import slash32.overlay.choice.Path;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.overlay.evpn.EvpnNode;
import slash32.overlay.evpn.Segment;
import slash32.overlay.evpn.SegmentStatus;
import slash32.overlay.evpn.Sought;
import slash32.overlay.vxlan.SegmentPlane;
import slash32.securitygroup.GroupId;

/// Explains what segments make of an address, from what the segments' loop knows. Asked on its thread.
final class SegmentWays {
    private static final int MAC_IP = 2;

    private final EvpnNode node;
    private final SegmentPlane plane;
    private final Map<IpAddress, Path> paths;
    private final List<EvpnView> routes;

    /// @param paths how each node is reached
    /// @param routes of EVPN that there are
    SegmentWays(EvpnNode node, SegmentPlane plane, Map<IpAddress, Path> paths, List<EvpnView> routes) {
        this.node = node;
        this.plane = plane;
        this.paths = paths;
        this.routes = routes;
    }

    /// In order of VNIs, those segments that know of one of the two.
    List<SegmentWay> between(IpAddress source, IpAddress destination) {
        var ends = new TreeMap<Vni, List<Sought>>();
        node.seek(source).forEach(sought -> add(sought, ends));
        node.seek(destination).forEach(sought -> add(sought, ends));
        var ways = new ArrayList<SegmentWay>();
        for (Entry<Vni, List<Sought>> each : ends.entrySet()) {
            Segment segment = each.getValue().getFirst().segment();
            ways.add(new SegmentWay(
                    segment.name(),
                    segment.vni(),
                    copies(segment.vni()),
                    holders(each.getValue(), source),
                    holders(each.getValue(), destination),
                    new SegmentWay.Led(
                            segment.gateway().leadsTo(source), segment.gateway().leadsTo(destination)),
                    List.of()));
        }
        return ways;
    }

    private static void add(Sought sought, Map<Vni, List<Sought>> ends) {
        ends.computeIfAbsent(sought.segment().vni(), _ -> new ArrayList<>()).add(sought);
    }

    private int copies(Vni vni) {
        return node.status().stream()
                .filter(status -> status.segment().vni().equals(vni))
                .map(SegmentStatus::flooded)
                .findFirst()
                .map(List::size)
                .orElse(0);
    }

    private List<Holder> holders(List<Sought> all, IpAddress address) {
        return all.stream()
                .filter(sought -> sought.address().equals(address))
                .distinct()
                .map(this::holder)
                .toList();
    }

    private Holder holder(Sought sought) {
        String route = sought.mac() + " " + sought.address();
        int vni = sought.segment().vni().value();
        List<EvpnView> told = routes.stream()
                .filter(view -> view.type() == MAC_IP
                        && view.vni() == vni
                        && view.learnedFrom() != null
                        && view.route().equals(route))
                .toList();
        List<GroupId> groups = sought.communities().stream()
                .filter(community -> community.function() == Intent.COMMUNITY_GROUP && community.value() > 0)
                .map(community -> new GroupId(community.value()))
                .distinct()
                .toList();
        return new Holder(sought.mac(), sought.sequence(), sought.frozen(), place(sought), groups, told);
    }

    private Place place(Sought sought) {
        return switch (sought.at()) {
            case Destination.Local(InterfaceName device) -> new Place.Here(device, plane.obstacle(device));
            case Destination.Remote(IpAddress vtep) -> behind(vtep, sought.segment());
            case null -> // a MAC that is known and goes nowhere is claimed by somebody
                behind(sought.vteps().getFirst(), sought.segment());
        };
    }

    private Place behind(IpAddress vtep, Segment segment) {
        Path path = paths.getOrDefault(vtep, new Path.Refused(Path.Reason.SITE_UNKNOWN));
        if (path instanceof Path.Encrypted encrypted && !segment.encapsulation().serves(encrypted.site())) {
            return new Place.Behind(vtep, new Path.Refused(Path.Reason.NOT_SERVED), false);
        }
        return new Place.Behind(vtep, path, !(path instanceof Path.Encrypted) || plane.linkTo(vtep) != null);
    }
}
