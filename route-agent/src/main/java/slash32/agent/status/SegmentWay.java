package slash32.agent.status;

import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.choice.Path;
import slash32.securitygroup.GroupId;

/// How a segment of this node carries frames between two addresses.
///
/// @param copies nodes that get a question for an address which nobody is known to have
/// @param source the MACs that are said to have the one address; more than one if nodes disagree
/// @param destination the same of the other
/// @param gateway what its gateway has to do with them
/// @param ends ports here with groups, and what those make of the packet
public record SegmentWay(
        String name,
        Vni vni,
        int copies,
        List<Holder> source,
        List<Holder> destination,
        Led gateway,
        List<ExplanationView.End> ends) {
    /// A MAC that is said to have an address.
    ///
    /// @param moves how often it has moved, by who has it
    /// @param frozen it moved too often and stays where it was
    /// @param place where frames to it go
    /// @param groups that the address is announced with
    /// @param routes of BGP that say so; none for a port of this node
    public record Holder(
            MacAddress mac, long moves, boolean frozen, Place place, List<GroupId> groups, List<EvpnView> routes) {
        public Holder {
            groups = List.copyOf(groups);
            routes = List.copyOf(routes);
        }
    }

    /// Where frames to a MAC go.
    public sealed interface Place {
        /// To an interface of this node.
        ///
        /// @param obstacle why it is not in the segment; null if it is
        record Here(InterfaceName device, @Nullable String obstacle) implements Place {}

        /// To another node.
        ///
        /// @param path by its site
        /// @param ready false while the overlay has no way there yet
        record Behind(IpAddress vtep, Path path, boolean ready) implements Place {}
    }

    /// Which of the two addresses a segment's gateway leads to.
    public record Led(boolean source, boolean destination) {
        public static final Led NEITHER = new Led(false, false);
    }

    public SegmentWay {
        source = List.copyOf(source);
        destination = List.copyOf(destination);
        ends = List.copyOf(ends);
    }

    /// The same, with what groups make of the packet.
    public SegmentWay with(List<ExplanationView.End> judged) {
        return new SegmentWay(name, vni, copies, source, destination, gateway, judged);
    }

    /// True if the segment has both addresses, so that frames go from one to the other.
    public boolean isInside() {
        return !source.isEmpty() && !destination.isEmpty();
    }

    /// True if the segment has one of them, and its gateway routes what that exchanges with others.
    public boolean routes() {
        return !isInside()
                && ((gateway.source() && !source.isEmpty()) || (gateway.destination() && !destination.isEmpty()));
    }

    /// True if frames to the destination leave, or go to a port here.
    public boolean carries() {
        boolean reached = destination.stream().anyMatch(holder -> switch (holder.place()) {
            case Place.Here(var _, String obstacle) -> obstacle == null;
            case Place.Behind(var _, Path path, boolean ready) -> ready && !(path instanceof Path.Refused);
        });
        return reached && permits();
    }

    /// True if its ports here let it pass.
    public boolean permits() {
        boolean joined = Stream.concat(source.stream(), destination.stream())
                .noneMatch(holder -> holder.place() instanceof Place.Here(var _, String obstacle) && obstacle != null);
        return joined && ends.stream().allMatch(end -> end.judgement().passes());
    }

    /// True if the port has groups.
    boolean judges(InterfaceName port) {
        return ends.stream().anyMatch(end -> end.judgement().device().equals(port));
    }
}
