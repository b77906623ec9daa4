package slash32.netlink.netfilter;

/// What a counter counted since it was made.
public record Counts(long packets, long bytes) {
    public static final Counts ZERO = new Counts(0, 0);

    public Counts plus(Counts other) {
        return new Counts(packets + other.packets, bytes + other.bytes);
    }
}
