package slash32.overlay.ike.exchange;

import slash32.net.Bytes;
import slash32.overlay.ike.wire.Identity;

/// What the shell is to do, in order.
public sealed interface Action {
    /// A datagram, without the non-ESP marker that port 4500 wants.
    record Send(Path path, Bytes datagram) implements Action {}

    /// One octet to port 4500 that says nothing (RFC 3948 §2.3).
    record Keepalive(Path path) implements Action {}

    /// The peer has proven who it is.
    record Established(Identity peer, Path path) implements Action {}

    /// The peer and this node did not prove themselves anew; the IKE SA that is there stays. Tried again.
    record NotRenewed(Identity peer, String why) implements Action {}

    /// There is no IKE SA with the peer any more; its Child SAs were removed before.
    record Lost(Identity peer, String why) implements Action {}

    /// Packets of the peer may come on this SA from now on.
    record InstallInbound(ChildSa child) implements Action {}

    /// Packets go out on this SA from now on, in place of the one it replaces.
    record UseOutbound(ChildSa child) implements Action {}

    /// The peer did not agree to a Child SA: its error (RFC 7296 §3.10.1), 0 if its answer made no sense. Tried again.
    record ChildRefused(Identity peer, int notification) implements Action {}

    /// Both directions are over.
    record Remove(ChildSa child) implements Action {}
}
