package slash32.bgp.speaker;

import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// A peer that has been up: its routes may still be held.
///
/// @param number as in {@link EstablishedSession}
public record KnownPeer(int number, BgpIdentifier identifier, IpAddress address, Asn asn) {}
