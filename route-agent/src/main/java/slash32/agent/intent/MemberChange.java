package slash32.agent.intent;

import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.securitygroup.GroupId;

/// Who is in a group behind another hypervisor changes.
public sealed interface MemberChange {
    /// An address with a route joins or leaves.
    record Address(GroupId group, IpAddress address, boolean joins) implements MemberChange {}

    /// An address at a port of another node joins or leaves, within its segment alone.
    record InSegment(GroupId group, Vni segment, IpAddress address, boolean joins) implements MemberChange {}

    /// The prefix of allowed address pairs joins, which nothing on these routes stated before, or leaves as nothing
    /// does any more.
    record Pair(GroupId group, Prefix prefix, boolean joins) implements MemberChange {}
}
