package slash32.agent.intent;

import java.util.List;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.choice.Path;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// What {@link Intent} wants done, in the order in which it wants it.
public sealed interface Effect {

    /// For the kernel's one writer.
    sealed interface Desire extends Effect {
        /// The endpoint is to exist as {@code spec} says.
        record Endpoint(EndpointSpec spec) implements Desire {}

        /// Nothing of the endpoint is to be left.
        record NoEndpoint(EndpointId id) implements Desire {}

        /// The endpoint is refused: its interface, if there is one of ours, stays as it is but carries nothing.
        record Held(EndpointId id, InterfaceName device) implements Desire {}

        record Group(SecurityGroup group) implements Desire {}

        record NoGroup(GroupId id) implements Desire {}

        /// Best paths changed, and by what they say addresses of other hypervisors change groups, in this order; that
        /// first.
        record Routes(RibDelta delta, List<MemberChange> members) implements Desire {
            public Routes {
                members = List.copyOf(members);
            }
        }

        /// By EVPN, addresses at ports of other nodes join and leave groups, in this order.
        record Members(List<MemberChange> changes) implements Desire {
            public Members {
                changes = List.copyOf(changes);
            }
        }

        /// How packets reach a next hop; until this is said, not at all.
        record NextHop(IpAddress address, Path path) implements Desire {}

        /// Guests with these addresses moved to other nodes: packets to them follow as soon as there is a route.
        record Moved(List<Prefix> addresses) implements Desire {
            public Moved {
                addresses = List.copyOf(addresses);
            }
        }

        /// These addresses are here after all.
        record Returned(List<Prefix> addresses) implements Desire {
            public Returned {
                addresses = List.copyOf(addresses);
            }
        }

        /// Endpoints and groups are complete: what the kernel holds beyond them may go.
        record EndpointsComplete() implements Desire {}

        /// Routes and members of a family are complete: what the kernel holds beyond them may go.
        record RoutesComplete(AddressFamily family) implements Desire {}

        /// Members by EVPN are complete, likewise.
        record MembersComplete() implements Desire {}
    }

    /// For the speaker: announce these addresses, members of these groups beside the prefixes of {@code pairs}.
    record Originate(List<Prefix> prefixes, List<GroupId> groups, List<Prefix> pairs, long localPref)
            implements Effect {
        public Originate {
            prefixes = List.copyOf(prefixes);
            groups = List.copyOf(groups);
            pairs = List.copyOf(pairs);
        }
    }

    /// For the speaker: announce this prefix with these attributes, as a helper process wants it.
    record Announce(Prefix prefix, PathAttributes attributes) implements Effect {}

    /// For the overlay: the segment is to be on this node as stated, with these ports. For the kernel's one writer:
    /// exactly these of them have groups.
    record Segment(slash32.overlay.evpn.Segment segment, List<EndpointPolicy> grouped) implements Effect {
        public Segment {
            grouped = List.copyOf(grouped);
        }
    }

    /// For both: nothing of the segment is to be left on this node.
    record NoSegment(Vni vni) implements Effect {}

    /// For the guard between sites: these nodes of this site and of others have the address in the admin network;
    /// nobody any more if both are empty.
    record AdminAddress(Ipv4Address address, List<Ipv4Address> here, List<Ipv4Address> elsewhere) implements Effect {
        public AdminAddress {
            here = List.copyOf(here);
            elsewhere = List.copyOf(elsewhere);
        }
    }

    /// For the speaker: these addresses are here no longer.
    record Withdraw(List<Prefix> prefixes) implements Effect {
        public Withdraw {
            prefixes = List.copyOf(prefixes);
        }
    }
}
