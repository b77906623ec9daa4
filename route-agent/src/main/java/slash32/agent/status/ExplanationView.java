package slash32.agent.status;

import java.util.List;
import slash32.agent.intent.EndpointId;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.Judgement;

/// What becomes of the first packet of a flow, and why.
///
/// @param ends that are endpoints of this host, in the packet's order
/// @param source routes to the packet's source, which say the groups it is a member of
/// @param destination routes to where it goes
public record ExplanationView(FirstPacket packet, List<End> ends, List<RouteView> source, List<RouteView> destination) {

    /// What an endpoint of this host makes of it.
    public record End(EndpointId endpoint, Judgement judgement) {}

    public ExplanationView {
        ends = List.copyOf(ends);
        source = List.copyOf(source);
        destination = List.copyOf(destination);
    }

    /// True if every end that is here lets it pass.
    public boolean passes() {
        return ends.stream().allMatch(end -> end.judgement().passes());
    }
}
