package slash32.bgp.bfd.udp;

import slash32.net.IpAddress;

/// Hears of neighbours that were Up and are lost. Called on thread {@code bfd}; must only enqueue.
///
/// One that was told to stop is not lost (RFC 5882 §3.2).
public interface BfdListener {
    /// It is lost.
    ///
    /// @param mayBeRestart its node may forward on (RFC 5882 §4.3)
    void lost(IpAddress peer, String reason, boolean mayBeRestart);
}
