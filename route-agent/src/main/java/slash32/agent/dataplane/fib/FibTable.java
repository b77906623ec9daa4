package slash32.agent.dataplane.fib;

import java.util.Arrays;
import java.util.Set;
import java.util.function.IntConsumer;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.netlink.route.NexthopRoute;

/// The routes of one family, desired and owned, in flat columns, and the queue of those to look at.
///
/// A prefix has a number while it is desired, owned or queued; columns are indexed by it. About 34 octets a route for
/// IPv4 and 42 for IPv6. A change to a prefix that is queued already costs nothing more.
final class FibTable {
    static final int ABSENT = -1;
    /// Owned, but leads elsewhere than to a nexthop object of ours.
    static final int ASTRAY = -1;
    /// Probably not owned: somebody deleted or replaced it, perhaps before our last write, of which we heard first.
    static final int UNSURE = -2;

    private static final byte QUEUED = 1;
    private static final byte RELEASED = 2;
    private static final byte DEFERRED = 4;

    private final boolean ipv4;
    private final NexthopObjects objects;
    private long[] high = new long[16];
    private long[] low;
    private byte[] length = new byte[16];
    private int[] desired = new int[16];
    private int[] owned = new int[16];
    private byte[] flags = new byte[16];

    /// Hash of the prefix, and its number; the hash spares most looks at the columns, which are far apart in memory.
    private long[] slots = emptySlots(32);
    private int[] free = new int[16];
    private int freeCount;
    private int used;
    private int size;
    private int desiredCount;
    private int ownedCount;
    private int deferredCount;

    private int[] queue = new int[16];
    private int queueHead;
    private int queueCount;

    /// @param objects hears which routes use them
    FibTable(boolean ipv4, NexthopObjects objects) {
        this.ipv4 = ipv4;
        this.objects = objects;
        low = new long[ipv4 ? 0 : 16];
    }

    boolean isIpv4() {
        return ipv4;
    }

    /// Prefixes that are desired, owned or queued.
    int size() {
        return size;
    }

    /// How many are desired.
    int desiredCount() {
        return desiredCount;
    }

    /// How many are owned.
    int ownedCount() {
        return ownedCount;
    }

    /// Handle of the next hop; 0 if the route is not desired.
    int desired(int number) {
        return desired[number];
    }

    void desire(int number, int handle) {
        desiredCount += Integer.signum(handle) - Integer.signum(desired[number]);
        desired[number] = handle;
    }

    /// Id of the nexthop object that the kernel's route has, {@link #ASTRAY}, {@link #UNSURE}, or 0 for no route.
    int owned(int number) {
        return owned[number];
    }

    /// True if a route of ours is there as far as we know.
    boolean isPresent(int number) {
        return isPresentAs(owned[number]);
    }

    private static boolean isPresentAs(int id) {
        return id != 0 && id != UNSURE;
    }

    void own(int number, int id) {
        int before = owned[number];
        if (NexthopObjects.isOurs(id)) {
            objects.use(id);
        }
        if (NexthopObjects.isOurs(before)) {
            objects.unuse(before);
        }
        ownedCount += (isPresentAs(id) ? 1 : 0) - (isPresentAs(before) ? 1 : 0);
        owned[number] = id;
    }

    /// The route is to go even before the table is in sync: its removal was asked for.
    void release(int number, boolean released) {
        flag(number, RELEASED, released);
    }

    boolean isReleased(int number) {
        return (flags[number] & RELEASED) != 0;
    }

    /// Queues the prefix, once.
    void touch(int number) {
        if ((flags[number] & QUEUED) != 0) {
            return;
        }
        undefer(number);
        flag(number, QUEUED, true);
        if (queueCount == queue.length) {
            int[] larger = new int[2 * queue.length];
            for (int i = 0; i < queueCount; i++) {
                larger[i] = queue[(queueHead + i) & (queue.length - 1)];
            }
            queue = larger;
            queueHead = 0;
        }
        queue[(queueHead + queueCount++) & (queue.length - 1)] = number;
    }

    boolean hasQueued() {
        return queueCount > 0;
    }

    /// The prefix that was queued first; call only if there is one.
    int takeQueued() {
        int number = queue[queueHead];
        queueHead = (queueHead + 1) & (queue.length - 1);
        queueCount--;
        flag(number, QUEUED, false);
        return number;
    }

    /// Sets the prefix aside until {@link #reviveDeferred}.
    void defer(int number) {
        if ((flags[number] & DEFERRED) == 0) {
            flag(number, DEFERRED, true);
            deferredCount++;
        }
    }

    private void undefer(int number) {
        if ((flags[number] & DEFERRED) != 0) {
            flag(number, DEFERRED, false);
            deferredCount--;
        }
    }

    void reviveDeferred() {
        for (int number = 0; deferredCount > 0 && number < used; number++) {
            if ((flags[number] & DEFERRED) != 0) {
                touch(number);
            }
        }
    }

    /// Queues the routes of some next hops.
    void touchAll(Set<Integer> handles) {
        for (int number = 0; number < used; number++) {
            if (desired[number] != 0 && handles.contains(desired[number])) {
                touch(number);
            }
        }
    }

    /// Calls {@code each} with every prefix that is desired or owned.
    void forEach(IntConsumer each) {
        for (int number = 0; number < used; number++) {
            if (desired[number] != 0 || owned[number] != 0) {
                each.accept(number);
            }
        }
    }

    /// Gives the number back if nothing is known of the prefix any more.
    void dropIfIdle(int number) {
        if (desired[number] == 0 && owned[number] == 0 && (flags[number] & QUEUED) == 0) {
            undefer(number);
            flags[number] = 0;
            unlink(number);
            if (freeCount == free.length) {
                free = Arrays.copyOf(free, 2 * free.length);
            }
            free[freeCount++] = number;
            size--;
        }
    }

    Prefix prefix(int number) {
        return new Prefix(address(number), length[number] & 0xff);
    }

    /// The prefix's first address.
    IpAddress address(int number) {
        return ipv4 ? new Ipv4Address((int) (high[number] >>> 32)) : new Ipv6Address(high[number], low[number]);
    }

    boolean isHost(int number) {
        return (length[number] & 0xff) == (ipv4 ? 32 : 128);
    }

    NexthopRoute request(int number, NexthopRoute.Verb verb, int id) {
        int bits = length[number] & 0xff;
        return new NexthopRoute(verb, !ipv4, high[number], ipv4 ? 0 : low[number], bits, FibWriter.PRIORITY, id);
    }

    /// The prefix's number, or {@link #ABSENT}.
    int find(Prefix prefix) {
        return (int) slots[slot(high(prefix.address()), low(prefix.address()), prefix.length())];
    }

    /// Id of the nexthop object of the longest owned route that {@code address} is in; 0 if it is in none.
    int ownedCovering(IpAddress address) {
        for (int bits = address.bits(); bits >= 0; bits--) {
            int number = find(Prefix.containing(address, bits));
            if (number != ABSENT && owned[number] > 0) {
                return owned[number];
            }
        }
        return 0;
    }

    /// The prefix's number, new if it had none.
    int add(Prefix prefix) {
        return add(high(prefix.address()), low(prefix.address()), prefix.length());
    }

    /// The prefix's number, new if it had none.
    ///
    /// @param wantedHigh the first 64 bits; an IPv4 address is the upper half
    int add(long wantedHigh, long wantedLow, int wantedLength) {
        int slot = slot(wantedHigh, wantedLow, wantedLength);
        if (slots[slot] != ABSENT) {
            return (int) slots[slot];
        }
        int number = freeCount > 0 ? free[--freeCount] : used++;
        if (number == high.length) {
            grow();
        }
        high[number] = wantedHigh;
        if (!ipv4) {
            low[number] = wantedLow;
        }
        length[number] = (byte) wantedLength;
        slots[slot] = entry(hash(wantedHigh, wantedLow, wantedLength), number);
        size++;
        if (size * 3 > slots.length * 2) {
            rehash();
        }
        return number;
    }

    private void grow() {
        int larger = high.length + (high.length >> 1);
        high = Arrays.copyOf(high, larger);
        low = ipv4 ? low : Arrays.copyOf(low, larger);
        length = Arrays.copyOf(length, larger);
        desired = Arrays.copyOf(desired, larger);
        owned = Arrays.copyOf(owned, larger);
        flags = Arrays.copyOf(flags, larger);
    }

    private void rehash() {
        long[] before = slots;
        slots = emptySlots(2 * before.length);
        for (long entry : before) {
            if (entry != ABSENT) {
                place(entry);
            }
        }
    }

    /// Puts the entry of a prefix that has none into the first free slot.
    private void place(long entry) {
        int mask = slots.length - 1;
        int slot = (int) (entry >>> 32) & mask;
        while (slots[slot] != ABSENT) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = entry;
    }

    /// Empties the prefix's slot, and moves what was pushed past it back, so that no search ends early.
    private void unlink(int number) {
        int mask = slots.length - 1;
        int hole = slot(high[number], ipv4 ? 0 : low[number], length[number] & 0xff);
        slots[hole] = ABSENT;
        for (int slot = (hole + 1) & mask; slots[slot] != ABSENT; slot = (slot + 1) & mask) {
            long moved = slots[slot];
            slots[slot] = ABSENT;
            place(moved);
        }
    }

    /// Where the prefix is, or the empty slot where it would go.
    private int slot(long wantedHigh, long wantedLow, int wantedLength) {
        int mask = slots.length - 1;
        int hash = hash(wantedHigh, wantedLow, wantedLength);
        int slot = hash & mask;
        while (slots[slot] != ABSENT
                && ((int) (slots[slot] >>> 32) != hash
                        || !is((int) slots[slot], wantedHigh, wantedLow, wantedLength))) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /// What the table occupies.
    long octets() {
        long columns = 8L * (high.length + low.length) + length.length + flags.length;
        return columns + 4L * (desired.length + owned.length + free.length + queue.length) + 8L * slots.length;
    }

    private static long entry(int hash, int number) {
        return ((long) hash << 32) | number;
    }

    private boolean is(int number, long wantedHigh, long wantedLow, int wantedLength) {
        return high[number] == wantedHigh
                && (length[number] & 0xff) == wantedLength
                && (ipv4 || low[number] == wantedLow);
    }

    private static int hash(long high, long low, int length) {
        long mixed = (high ^ (low * 0x9e37_79b9_7f4a_7c15L)) + length;
        mixed = (mixed ^ (mixed >>> 32)) * 0xff51_afd7_ed55_8ccdL;
        return (int) (mixed ^ (mixed >>> 29));
    }

    static long high(IpAddress address) {
        return switch (address) {
            case Ipv4Address v4 -> (long) v4.value() << 32;
            case Ipv6Address v6 -> v6.high();
        };
    }

    static long low(IpAddress address) {
        return address instanceof Ipv6Address v6 ? v6.low() : 0;
    }

    private void flag(int number, byte flag, boolean set) {
        flags[number] = (byte) (set ? flags[number] | flag : flags[number] & ~flag);
    }

    private static long[] emptySlots(int count) {
        long[] slots = new long[count];
        Arrays.fill(slots, ABSENT);
        return slots;
    }
}
