package slash32.bgp.mrt;

import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// A peer in a table dump, whose place in the index is its number (RFC 6396 §4.3.1).
public record MrtPeer(BgpIdentifier identifier, IpAddress address, Asn asn) {}
