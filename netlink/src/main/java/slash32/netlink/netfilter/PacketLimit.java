package slash32.netlink.netfilter;

/// A token bucket of packets.
///
/// @param perSecond at least 1
/// @param burst packets that may come at once, at least 1
/// @param over true for the packets that are beyond it, false for those within
public record PacketLimit(long perSecond, int burst, boolean over) {
    public PacketLimit {
        if (perSecond < 1 || burst < 1) {
            throw new IllegalArgumentException("a limit of " + perSecond + "/s with bursts of " + burst);
        }
    }

    /// As {@code nft} writes it.
    @Override
    public String toString() {
        return "limit rate " + (over ? "over " : "") + perSecond + "/second burst " + burst + " packets";
    }
}
