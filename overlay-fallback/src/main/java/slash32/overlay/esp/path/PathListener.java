package slash32.overlay.esp.path;

import slash32.net.IpAddress;
import slash32.overlay.ike.wire.Identity;

/// What the data path says to IKE, on its own threads.
public interface PathListener {
    /// An IKE message came on port 4500, without its non-ESP marker.
    ///
    /// @return false if it was not taken, which the peer sees as a loss
    boolean received(IpAddress from, int port, byte[] message);

    /// So much was sent on the SA that receives with {@code inboundSpi} that it is to be replaced. Said once.
    void wornOut(int inboundSpi);

    /// ESP came of an SA that is not there: the sender may have missed that this node began anew. Said for each packet,
    /// of anybody.
    default void strayed(IpAddress from) {}

    /// The newest packet of the SA that receives with {@code inboundSpi} came from another address or port than those
    /// before it.
    default void moved(int inboundSpi, IpAddress from, int port) {}

    /// A packet to an attached peer was dropped because no SA with it is sent on. Said for each.
    void needed(Identity peer);
}
