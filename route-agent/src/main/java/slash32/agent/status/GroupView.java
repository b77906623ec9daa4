package slash32.agent.status;

import slash32.securitygroup.SecurityGroup;

/// A security group as stated here, and how many addresses are in it.
///
/// @param localMembers addresses of this host's endpoints
/// @param remoteMembers addresses that routes name, of other hypervisors' endpoints
public record GroupView(SecurityGroup group, int localMembers, int remoteMembers) {}
