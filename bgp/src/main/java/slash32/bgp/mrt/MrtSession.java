package slash32.bgp.mrt;

import slash32.net.Asn;
import slash32.net.IpAddress;

/// Whose messages a log is of (RFC 6396 §4.4).
///
/// @param peer of the same family as {@code local}
/// @param local unspecified if there is no connection yet
public record MrtSession(Asn peerAs, Asn localAs, IpAddress peer, IpAddress local) {}
