package slash32.agent.dataplane.fib;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;
import slash32.net.Prefix;
import slash32.netlink.route.NexthopRoute;

/// Differences between desired and owned that are written together, as columns: objects would outlive a collection
/// while the kernel takes them, and a million be copied once each. As a list, the requests.
///
/// Filled by the thread that owns the {@link FibTable}s; while it is aloft, read by the one that carries it.
final class RouteBatch extends AbstractList<NexthopRoute> implements RandomAccess {
    private static final int FEW = 16;
    private static final int KEPT = 1_024;

    private static final byte IPV6 = 1;
    private static final byte PRESENT = 2;

    private final FibTable ipv4;
    private final FibTable ipv6;
    private int size;
    private int[] numbers = new int[FEW];
    private long[] highs = new long[FEW];
    private long[] lows = new long[FEW];
    private byte[] lengths = new byte[FEW];
    private int[] ids = new int[FEW];
    private int[] mtus = new int[FEW];
    private int[] sources = new int[FEW];
    private byte[] flags = new byte[FEW];

    RouteBatch(FibTable ipv4, FibTable ipv6) {
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
    }

    /// Takes up one more difference.
    ///
    /// @param number of the prefix in {@code table}
    /// @param id of the nexthop object that the route is to use; 0 to remove the route
    /// @param mtuBytes as {@link NexthopRoute} has it
    /// @param source as {@link NexthopRoute} has it
    void add(FibTable table, int number, int id, int mtuBytes, int source) {
        if (size == numbers.length) {
            resize(2 * size);
        }
        numbers[size] = number;
        highs[size] = table.high(number);
        lows[size] = table.low(number);
        lengths[size] = (byte) table.length(number);
        ids[size] = id;
        mtus[size] = mtuBytes;
        sources[size] = source;
        flags[size] = (byte) ((table.isIpv4() ? 0 : IPV6) | (table.isPresent(number) ? PRESENT : 0));
        size++;
    }

    private void resize(int capacity) {
        numbers = Arrays.copyOf(numbers, capacity);
        highs = Arrays.copyOf(highs, capacity);
        lows = Arrays.copyOf(lows, capacity);
        lengths = Arrays.copyOf(lengths, capacity);
        ids = Arrays.copyOf(ids, capacity);
        mtus = Arrays.copyOf(mtus, capacity);
        sources = Arrays.copyOf(sources, capacity);
        flags = Arrays.copyOf(flags, capacity);
    }

    /// Forgets all but the room.
    @Override
    public void clear() {
        size = 0;
    }

    /// Forgets all, and lets go of the room of a burst.
    void giveBack() {
        size = 0;
        if (numbers.length > KEPT) {
            resize(FEW);
        }
    }

    @Override
    public int size() {
        return size;
    }

    FibTable table(int index) {
        return isIpv6(index) ? ipv6 : ipv4;
    }

    /// Of the prefix in its table.
    int number(int index) {
        return numbers[index];
    }

    /// Of the nexthop object; 0 if the route is removed.
    int id(int index) {
        return ids[index];
    }

    boolean removes(int index) {
        return ids[index] == 0;
    }

    /// True if a route of ours was there when this was stated.
    boolean isPresent(int index) {
        return (flags[index] & PRESENT) != 0;
    }

    private boolean isIpv6(int index) {
        return (flags[index] & IPV6) != 0;
    }

    Prefix prefix(int index) {
        return table(index).prefix(numbers[index]);
    }

    /// The request, which replaces only what is ours: a new route gives way to one of others with its prefix and
    /// metric.
    @Override
    public NexthopRoute get(int index) {
        NexthopRoute.Verb verb = NexthopRoute.Verb.REMOVE;
        if (!removes(index)) {
            verb = isPresent(index) ? NexthopRoute.Verb.REPLACE : NexthopRoute.Verb.CREATE;
        }
        return new NexthopRoute(
                verb,
                isIpv6(index),
                highs[index],
                lows[index],
                lengths[index] & 0xff,
                FibWriter.PRIORITY,
                ids[index],
                mtus[index],
                sources[index]);
    }
}
