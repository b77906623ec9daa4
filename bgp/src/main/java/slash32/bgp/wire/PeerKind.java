package slash32.bgp.wire;

/// Whether a peer is in our AS.
public enum PeerKind {
    /// iBGP.
    INTERNAL,
    /// eBGP.
    EXTERNAL
}
