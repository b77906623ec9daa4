package slash32.bgp.rib;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// Changes of best paths of one family, in order; a prefix may be in it more than once, and then the last counts.
/// Immutable.
public final class RibDelta {
    private final AddressFamily family;
    private final long[] high;
    private final long[] low;
    private final byte[] length;
    private final @Nullable PathAttributes[] before;
    private final @Nullable PathAttributes[] attributes;
    private final int[] peers;
    private final Map<Integer, List<PathAttributes>> others;

    private RibDelta(Builder builder) {
        family = builder.family;
        high = Arrays.copyOf(builder.high, builder.size);
        low = Arrays.copyOf(builder.low, builder.size);
        length = Arrays.copyOf(builder.length, builder.size);
        before = Arrays.copyOf(builder.before, builder.size);
        attributes = Arrays.copyOf(builder.attributes, builder.size);
        peers = Arrays.copyOf(builder.peers, builder.size);
        others = Map.copyOf(builder.others);
    }

    public AddressFamily family() {
        return family;
    }

    public int size() {
        return high.length;
    }

    /// The first 64 bits; IPv4 addresses are the upper half.
    public long high(int index) {
        return high[index];
    }

    public long low(int index) {
        return low[index];
    }

    public int length(int index) {
        return length[index] & 0xff;
    }

    /// The best path until now; null if there was none.
    public @Nullable PathAttributes before(int index) {
        return before[index];
    }

    /// The best path now; null if there is none any more.
    public @Nullable PathAttributes attributes(int index) {
        return attributes[index];
    }

    /// The number of the peer whose the best path is; -1 if there is none or nobody said.
    public int peer(int index) {
        return peers[index];
    }

    /// Paths that are as good as the best one and have other next hops, the better ones first; empty unless the table
    /// was made for more than one path.
    public List<PathAttributes> others(int index) {
        return others.isEmpty() ? List.of() : others.getOrDefault(index, List.of());
    }

    /// The first 64 bits of {@code prefix}'s address in the form of {@link #high}.
    public static long high(Prefix prefix) {
        return switch (prefix.address()) {
            case Ipv4Address v4 -> (long) v4.value() << 32;
            case Ipv6Address v6 -> v6.high();
        };
    }

    /// The last 64 bits of {@code prefix}'s address; 0 for IPv4.
    public static long low(Prefix prefix) {
        return prefix.address() instanceof Ipv6Address v6 ? v6.low() : 0;
    }

    /// The prefix's first address.
    public IpAddress address(int index) {
        boolean v4 = family.equals(AddressFamily.IPV4_UNICAST);
        return v4 ? new Ipv4Address((int) (high[index] >>> 32)) : new Ipv6Address(high[index], low[index]);
    }

    public Prefix prefix(int index) {
        return new Prefix(address(index), length(index));
    }

    /// Collects changes; reused after each {@link #build}.
    public static final class Builder {
        private static final int FEW = 64;
        /// More room than this is not kept for the next delta: a lost peer's is large, and rare.
        private static final int KEPT_MAX = 16_384;

        private final AddressFamily family;
        private long[] high = new long[FEW];
        private long[] low = new long[FEW];
        private byte[] length = new byte[FEW];
        private @Nullable PathAttributes[] before = new PathAttributes[FEW];
        private @Nullable PathAttributes[] attributes = new PathAttributes[FEW];
        private int[] peers = new int[FEW];
        private final Map<Integer, List<PathAttributes>> others = new HashMap<>();
        private int size;

        public Builder(AddressFamily family) {
            this.family = family;
        }

        public int size() {
            return size;
        }

        /// Adds a change from {@code old} to {@code best}; null attributes for a prefix without a path.
        public void add(
                long newHigh, long newLow, int newLength, @Nullable PathAttributes old, @Nullable PathAttributes best) {
            add(newHigh, newLow, newLength, old, best, -1);
        }

        /// The same, and whose the best path is.
        public void add(
                long newHigh,
                long newLow,
                int newLength,
                @Nullable PathAttributes old,
                @Nullable PathAttributes best,
                int peer) {
            if (size == high.length) {
                resize(2 * size);
            }
            high[size] = newHigh;
            low[size] = newLow;
            length[size] = (byte) newLength;
            before[size] = old;
            peers[size] = peer;
            attributes[size++] = best;
        }

        /// Which paths are as good as the best one that was added last.
        public void asGood(List<PathAttributes> paths) {
            if (!paths.isEmpty()) {
                others.put(size - 1, List.copyOf(paths));
            }
        }

        /// What was collected; starts anew.
        public RibDelta build() {
            var delta = new RibDelta(this);
            clear();
            return delta;
        }

        /// Starts anew.
        public void clear() {
            Arrays.fill(before, 0, size, null);
            Arrays.fill(attributes, 0, size, null);
            others.clear();
            size = 0;
            if (high.length > KEPT_MAX) {
                resize(FEW);
            }
        }

        private void resize(int capacity) {
            high = Arrays.copyOf(high, capacity);
            low = Arrays.copyOf(low, capacity);
            length = Arrays.copyOf(length, capacity);
            before = Arrays.copyOf(before, capacity);
            peers = Arrays.copyOf(peers, capacity);
            attributes = Arrays.copyOf(attributes, capacity);
        }
    }
}
