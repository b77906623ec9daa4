package slash32.agent;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.PeerConfig;
import slash32.agent.status.BfdView;
import slash32.agent.status.EvpnView;
import slash32.agent.status.PeerView;
import slash32.agent.status.RibView;
import slash32.bgp.bfd.udp.BfdStatus;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.PeerStatus;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.SpeakerStatus;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.EvpnInstance.Mobility;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.EvpnRoute.EthernetAutoDiscoveryRoute;
import slash32.bgp.wire.EvpnRoute.EthernetSegmentRoute;
import slash32.bgp.wire.EvpnRoute.InclusiveMulticastRoute;
import slash32.bgp.wire.EvpnRoute.IpPrefixRoute;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.bgp.wire.EvpnRoute.UnknownRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.PmsiTunnel;
import slash32.net.Bytes;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// What the speaker and BFD tell, as it is shown.
final class BgpViews {
    private BgpViews() {}

    /// The speaker's peers with their BFD.
    static List<PeerView> peers(SpeakerStatus bgp, Collection<BfdStatus> bfd) {
        return peers(bgp, bfd, _ -> null);
    }

    /// The same, with those that are known by an interface, also where nobody is there.
    static List<PeerView> peers(SpeakerStatus bgp, Collection<BfdStatus> bfd, LinkPeers links) {
        var peers = new ArrayList<>(peers(bgp, bfd, links::name));
        links.absent().forEach(absent -> peers.add(absent(absent)));
        return peers;
    }

    private static List<PeerView> peers(
            SpeakerStatus bgp, Collection<BfdStatus> bfd, Function<InterfaceIndex, @Nullable InterfaceName> names) {
        Map<IpAddress, BfdView> paths = bfd.stream().collect(Collectors.toMap(BfdStatus::address, BgpViews::link));
        return bgp.peers().stream()
                .map(peer -> peer(peer, link(peer.address(), names), paths.get(peer.address())))
                .toList();
    }

    private static @Nullable InterfaceName link(
            IpAddress address, Function<InterfaceIndex, @Nullable InterfaceName> names) {
        InterfaceIndex index = address instanceof Ipv6Address v6 ? v6.link() : null;
        return index == null ? null : names.apply(index);
    }

    private static PeerView absent(LinkPeers.Absent absent) {
        PeerConfig peer = absent.peer();
        return new PeerView(
                peer.address(),
                absent.link(),
                peer.asn(),
                SessionState.IDLE.text(),
                absent.since(),
                absent.why(),
                null,
                0,
                new PeerView.Traffic(0, 0, 0, 0, 0),
                List.of());
    }

    /// How much the speaker holds, one a family.
    static List<RibView> ribs(SpeakerStatus bgp) {
        return bgp.prefixes().keySet().stream()
                .sorted()
                .map(family -> new RibView(
                        family.toString(),
                        bgp.peers().stream()
                                .map(peer -> peer.families().get(family))
                                .filter(held -> held != null)
                                .mapToLong(PeerStatus.Family::received)
                                .sum(),
                        bgp.prefixes().getOrDefault(family, 0),
                        bgp.originated().getOrDefault(family, 0)))
                .toList();
    }

    /// Routes of EVPN in order of type and route.
    static List<EvpnView> evpn(List<Speaker.BestEvpn> routes) {
        return routes.stream()
                .map(BgpViews::evpn)
                .sorted(Comparator.comparing(EvpnView::type)
                        .thenComparing(EvpnView::route)
                        .thenComparing(EvpnView::distinguisher))
                .toList();
    }

    private static EvpnView evpn(Speaker.BestEvpn best) {
        PathAttributes attributes = best.path().attributes();
        PmsiTunnel flooding = attributes.pmsiTunnel();
        Mobility mobility = Mobility.of(attributes);
        Shown shown = shown(best.path().route(), flooding == null ? EvpnView.NO_VNI : flooding.label());
        return new EvpnView(
                shown.type(),
                shown.route(),
                shown.distinguisher(),
                shown.vni(),
                String.valueOf(attributes.nextHop()),
                attributes.extendedCommunities().stream()
                        .filter(ExtendedCommunity::isRouteTarget)
                        .map(target -> target.toString().replaceFirst("^target:", ""))
                        .toList(),
                mobility.sequence(),
                mobility.sticky(),
                best.from() == null ? null : best.from().toString(),
                best.imported());
    }

    private record Shown(int type, String route, String distinguisher, int vni) {}

    private static Shown shown(EvpnRoute route, int floodingVni) {
        return switch (route) {
            case EthernetAutoDiscoveryRoute auto ->
                new Shown(1, auto.esi().toString(), auto.distinguisher().toString(), auto.label());
            case MacIpRoute mac ->
                new Shown(
                        2,
                        mac.mac() + (mac.address() == null ? "" : " " + mac.address()),
                        mac.distinguisher().toString(),
                        mac.label());
            case InclusiveMulticastRoute all ->
                new Shown(3, all.originator().toString(), all.distinguisher().toString(), floodingVni);
            case EthernetSegmentRoute segment ->
                new Shown(
                        4,
                        segment.esi() + " " + segment.originator(),
                        segment.distinguisher().toString(),
                        EvpnView.NO_VNI);
            case IpPrefixRoute prefix ->
                new Shown(5, prefix.prefix().toString(), prefix.distinguisher().toString(), prefix.label());
            case UnknownRoute(int type, Bytes value) -> new Shown(type, value.toString(), "-", EvpnView.NO_VNI);
        };
    }

    private static BfdView link(BfdStatus link) {
        return new BfdView(
                link.state().text(),
                link.since(),
                link.reason(),
                link.remoteState().text(),
                link.interval(),
                link.detectionTime(),
                link.counters().received(),
                link.counters().sent(),
                link.counters().lost());
    }

    private static PeerView peer(PeerStatus peer, @Nullable InterfaceName link, @Nullable BfdView bfd) {
        boolean up = peer.state() == SessionState.ESTABLISHED;
        PeerStatus.Counters counters = peer.counters();
        return new PeerView(
                link == null ? peer.address() : peer.address().withoutLink(),
                link,
                peer.asn(),
                peer.state().text(),
                peer.since(),
                up ? null : peer.reason(),
                bfd,
                counters.flaps() + (up ? 1 : 0),
                new PeerView.Traffic(
                        counters.messagesReceived(),
                        counters.messagesSent(),
                        counters.updatesReceived(),
                        counters.updatesSent(),
                        counters.untargetedRoutes()),
                peer.families().entrySet().stream()
                        .sorted(Map.Entry.<AddressFamily, PeerStatus.Family>comparingByKey())
                        .map(entry -> new PeerView.Family(
                                entry.getKey().toString(),
                                entry.getValue().received(),
                                entry.getValue().advertised(),
                                entry.getValue().ended()))
                        .toList());
    }
}
