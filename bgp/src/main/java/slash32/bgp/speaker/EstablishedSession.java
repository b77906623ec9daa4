package slash32.bgp.speaker;

import java.time.Instant;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Terms;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// A session while it is Established, as a {@link SessionMonitor} knows it.
///
/// @param number the peer's, small and its own as long as the peer is configured
/// @param terms what both ends agreed on
/// @param sentOpen our OPEN, the whole message
/// @param receivedOpen the peer's
public record EstablishedSession(
        int number,
        Asn asn,
        BgpIdentifier identifier,
        Ends ends,
        Terms terms,
        Bytes sentOpen,
        Bytes receivedOpen,
        Instant since) {
    /// The connection's ends.
    public record Ends(IpAddress local, int localPort, IpAddress peer, int peerPort) {}
}
