package slash32.agent.intent;

import slash32.net.IpAddress;
import slash32.securitygroup.GroupId;

/// An address of another hypervisor joins or leaves a group.
public record MemberChange(GroupId group, IpAddress address, boolean joins) {}
