package slash32.overlay.esp.path;

/// After how much a Child SA is worn out and another takes its place, besides its time.
///
/// @param packets fewer without ESN, whose sequence numbers end at 2^32
/// @param octets of what is inside
public record Lifetime(long packets, long octets) {
    public static final Lifetime DEFAULT = new Lifetime(1L << 40, 1L << 44);

    /// Half of the sequence numbers of 32 bits.
    private static final long SHORT_PACKETS = 1L << 31;

    /// For an SA with ESN, or without.
    public long packets(boolean esn) {
        return esn ? packets : Math.min(packets, SHORT_PACKETS);
    }
}
