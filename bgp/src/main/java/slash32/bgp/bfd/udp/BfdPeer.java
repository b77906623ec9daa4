package slash32.bgp.bfd.udp;

import slash32.bgp.bfd.BfdTerms;
import slash32.net.IpAddress;

/// A neighbour as configured.
///
/// @param local our address toward it, of the same family
/// @param multihop it is not on our link (RFC 5883): another port, and any hop limit is taken
/// @param toleratesRestart its loss may be its restart; if not, any loss is its forwarding's too
public record BfdPeer(IpAddress address, IpAddress local, BfdTerms terms, boolean multihop, boolean toleratesRestart) {
    private static final int SINGLE_HOP_PORT = 3784;
    private static final int MULTIHOP_PORT = 4784;

    public BfdPeer {
        if (address.isIpv4() != local.isIpv4()) {
            throw new IllegalArgumentException("BFD from " + local + " to " + address + ": not of one family");
        }
    }

    int port() {
        return multihop ? MULTIHOP_PORT : SINGLE_HOP_PORT;
    }

    /// True if a session of {@code other} can become one of this without an end.
    boolean sameSession(BfdPeer other) {
        return address.equals(other.address) && local.equals(other.local) && multihop == other.multihop;
    }
}
