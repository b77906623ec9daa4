package slash32.agent.status;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.choice.Path;

/// How a segment of this node carries frames between two addresses.
///
/// @param copies nodes that get a question for an address which nobody is known to have
/// @param source the MACs that are said to have the one address; more than one if nodes disagree
/// @param destination the same of the other
public record SegmentWay(String name, Vni vni, int copies, List<Holder> source, List<Holder> destination) {
    /// A MAC that is said to have an address.
    ///
    /// @param moves how often it has moved, by who has it
    /// @param frozen it moved too often and stays where it was
    /// @param place where frames to it go
    /// @param routes of BGP that say so; none for a port of this node
    public record Holder(MacAddress mac, long moves, boolean frozen, Place place, List<EvpnView> routes) {
        public Holder {
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

    public SegmentWay {
        source = List.copyOf(source);
        destination = List.copyOf(destination);
    }

    /// True if frames to the destination leave, or go to a port here.
    public boolean carries() {
        return destination.stream().anyMatch(holder -> switch (holder.place()) {
            case Place.Here(var _, String obstacle) -> obstacle == null;
            case Place.Behind(var _, Path path, boolean ready) -> ready && !(path instanceof Path.Refused);
        });
    }
}
