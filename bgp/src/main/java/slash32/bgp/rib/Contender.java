package slash32.bgp.rib;

import slash32.bgp.wire.BgpIdentifier;
import slash32.net.IpAddress;

/// What the decision process must know of a peer (RFC 4271 §9.1.2.2).
///
/// @param internal iBGP
public record Contender(boolean internal, BgpIdentifier identifier, IpAddress address) {}
