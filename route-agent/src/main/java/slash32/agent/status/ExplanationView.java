package slash32.agent.status;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointId;
import slash32.net.IpAddress;
import slash32.netlink.netfilter.Counts;
import slash32.overlay.choice.Path;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.Judgement;

/// What becomes of the first packet of a flow, and why.
///
/// @param ends that are endpoints of this host, in the packet's order
/// @param source how its source is reached, and which groups that is a member of
/// @param destination how it reaches where it goes
/// @param keys with nodes of other sites, where one of the two is behind such
/// @param segments of this node that know one of its addresses, each with what it would make of a frame
/// @param admin what the admin network makes of it; null if neither address is there
public record ExplanationView(
        FirstPacket packet,
        List<End> ends,
        Side source,
        Side destination,
        SasView keys,
        List<SegmentWay> segments,
        @Nullable AdminVerdict admin) {

    /// What an endpoint of this host makes of it.
    ///
    /// @param counts what the rule that let it pass let pass so far; null without such a rule
    public record End(
            EndpointId endpoint,
            Judgement judgement,
            @Nullable Counts counts) {}

    /// How the fabric knows one of the two addresses.
    ///
    /// @param routes host routes to it
    /// @param paths how the overlay reaches the next hops of those of other nodes
    /// @param way what the kernel makes of all that
    public record Side(List<RouteView> routes, Map<IpAddress, Path> paths, KernelWay way) {
        public Side {
            routes = List.copyOf(routes);
            paths = Collections.unmodifiableMap(new LinkedHashMap<>(paths));
        }

        /// It is behind a node of another site.
        public boolean crosses() {
            return paths.values().stream().anyMatch(Path.Encrypted.class::isInstance);
        }
    }

    public ExplanationView {
        ends = List.copyOf(ends);
        segments = List.copyOf(segments);
    }

    /// True if every end that is here lets it pass, ports behind gateways too, and neither overlay nor admin network
    /// refuses it. Where a segment has both addresses, and they are not others' in the fabric, if a segment
    /// carries it.
    public boolean passes() {
        boolean routed = !ends.isEmpty()
                || !source.routes().isEmpty()
                || !destination.routes().isEmpty();
        List<SegmentWay> inside = segments.stream()
                .filter(SegmentWay::isInside)
                .filter(way ->
                        !routed || (way.gateway().source() && way.gateway().destination()))
                .toList();
        List<SegmentWay> routing = segments.stream().filter(SegmentWay::routes).toList();
        boolean asked = !routed && routing.isEmpty() && !segments.isEmpty();
        if (!inside.isEmpty() || asked) {
            return (inside.isEmpty() ? segments : inside).stream().anyMatch(SegmentWay::carries);
        }
        boolean reached = destination.paths().isEmpty()
                || destination.paths().values().stream().anyMatch(path -> !(path instanceof Path.Refused));
        return reached
                && (admin == null || admin.passes())
                && routing.stream().allMatch(SegmentWay::permits)
                && ends.stream().allMatch(end -> end.judgement().passes());
    }
}
