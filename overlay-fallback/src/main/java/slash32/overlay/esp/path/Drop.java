package slash32.overlay.esp.path;

/// Why a packet went no further, for metrics.
public enum Drop {
    /// Outbound: no SA whose selectors cover it; it must not leave in the clear.
    NO_SA,
    /// Outbound: the sequence numbers of its SA are used up.
    EXHAUSTED,
    /// Outbound: the device gave what makes no sense.
    BAD_OFFLOAD,
    /// Outbound: the kernel refused the datagrams.
    NOT_SENT,
    /// Inbound: no SA has this SPI.
    UNKNOWN_SPI,
    REPLAYED,
    NOT_AUTHENTIC,
    MALFORMED,
    /// Inbound: authentic, but the peer may not send this.
    NOT_AGREED,
    /// Inbound: the device refused it.
    DEVICE_REFUSED,
    /// Inbound: a message for IKE, which has too many waiting.
    IKE_BUSY
}
