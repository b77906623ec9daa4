package slash32.bgp.speaker.monitor;

import slash32.bgp.bmp.PeerHeader;

/// A RIB that a BMP station may be told of.
public enum MonitoredRib {
    /// What peers announce, before import policy (RFC 7854 §5). Kept in a table of its own.
    PRE_POLICY(PeerHeader.GLOBAL, 0),
    /// What import policy left of it.
    POST_POLICY(PeerHeader.GLOBAL, PeerHeader.POST_POLICY),
    /// What peers are told, as they are told (RFC 8671 §5.1).
    ADJ_RIB_OUT(PeerHeader.GLOBAL, PeerHeader.ADJ_RIB_OUT | PeerHeader.POST_POLICY),
    /// The best paths (RFC 9069): without our own routes, and so marked as filtered.
    LOC_RIB(PeerHeader.LOC_RIB, PeerHeader.FILTERED);

    private final int peerType;
    private final int flags;

    MonitoredRib(int peerType, int flags) {
        this.peerType = peerType;
        this.flags = flags;
    }

    int peerType() {
        return peerType;
    }

    int flags() {
        return flags;
    }
}
