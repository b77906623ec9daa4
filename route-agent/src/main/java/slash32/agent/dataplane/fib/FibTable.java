package slash32.agent.dataplane.fib;

import java.util.Set;
import java.util.function.IntConsumer;
import slash32.net.ByteColumn;
import slash32.net.IntColumn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.net.PrefixIndex;

/// The routes of one family, desired and owned, in flat columns, and the queue of those to look at.
///
/// A prefix has a number while it is desired, owned or queued; columns are indexed by it. 9 octets a route besides its
/// prefix. A change to a prefix that is queued already costs nothing more.
final class FibTable {
    static final int ABSENT = -1;
    /// Owned, but leads elsewhere than to a nexthop object of ours, or has another MTU or source than it should.
    static final int ASTRAY = -1;
    /// Probably not owned: somebody deleted or replaced it, perhaps before our last write, of which we heard first.
    static final int UNSURE = -2;

    private static final int QUEUE_MIN = 16;
    /// Room for more than this is let go of once the queue is empty.
    private static final int QUEUE_KEPT = 65_536;
    /// So many are queued at least before their order is changed: fewer are soon written in any.
    private static final int ARRANGED_MIN = 4_096;
    /// Of addresses, by their last bits.
    private static final int GROUP_BITS = 10;
    private static final int GROUPS = 1 << GROUP_BITS;
    /// Those of new routes and those of others.
    private static final int TURNS = 2 * GROUPS;
    /// A table with no more room than this is left as it is.
    private static final int COMPACTED_MIN = 4_096;

    private static final byte QUEUED = 1;
    private static final byte RELEASED = 2;
    private static final byte DEFERRED = 4;
    private static final byte ALOFT = 8;
    private static final byte TOUCHED_ALOFT = 16;

    private final boolean ipv4;
    private final NexthopObjects objects;
    private final PrefixIndex prefixes;
    private final IntColumn desired = new IntColumn();
    private final IntColumn owned = new IntColumn();
    private final ByteColumn flags = new ByteColumn();

    private int desiredCount;
    private int ownedCount;
    private int deferredCount;

    private int[] queue = new int[QUEUE_MIN];
    private int queueHead;
    private int queueCount;
    /// So many at the head of the queue are in order.
    private int arrangedCount;
    /// Of the prefix that was taken last.
    private int lastGroup;

    /// @param objects hears which routes use them
    FibTable(boolean ipv4, NexthopObjects objects) {
        this.ipv4 = ipv4;
        this.objects = objects;
        prefixes = new PrefixIndex(!ipv4);
    }

    boolean isIpv4() {
        return ipv4;
    }

    /// Prefixes that are desired, owned or queued.
    int size() {
        return prefixes.size();
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
        return desired.get(number);
    }

    void desire(int number, int handle) {
        desiredCount += Integer.signum(handle) - Integer.signum(desired.get(number));
        desired.set(number, handle);
    }

    /// Id of the nexthop object that the kernel's route has, {@link #ASTRAY}, {@link #UNSURE}, or 0 for no route.
    int owned(int number) {
        return owned.get(number);
    }

    /// True if a route of ours is there as far as we know.
    boolean isPresent(int number) {
        return isPresentAs(owned.get(number));
    }

    private static boolean isPresentAs(int id) {
        return id != 0 && id != UNSURE;
    }

    void own(int number, int id) {
        int before = owned.get(number);
        if (NexthopObjects.isOurs(id)) {
            objects.use(id);
        }
        if (NexthopObjects.isOurs(before)) {
            objects.unuse(before);
        }
        ownedCount += (isPresentAs(id) ? 1 : 0) - (isPresentAs(before) ? 1 : 0);
        owned.set(number, id);
    }

    /// The route is to go even before the table is in sync: its removal was asked for.
    void release(int number, boolean released) {
        flag(number, RELEASED, released);
    }

    boolean isReleased(int number) {
        return (flags.get(number) & RELEASED) != 0;
    }

    /// Queues the prefix, once; one that is being written as soon as it is.
    void touch(int number) {
        if ((flags.get(number) & (QUEUED | TOUCHED_ALOFT)) != 0) {
            return;
        }
        if (isAloft(number)) {
            flag(number, TOUCHED_ALOFT, true);
            return;
        }
        undefer(number);
        flag(number, QUEUED, true);
        if (queueCount == queue.length) {
            int[] larger = new int[2 * queue.length];
            for (int i = 0; i < queueCount; i++) {
                larger[i] = queued(i);
            }
            queue = larger;
            queueHead = 0;
        }
        queue[(queueHead + queueCount++) & (queue.length - 1)] = number;
    }

    boolean isQueued(int number) {
        return (flags.get(number) & QUEUED) != 0;
    }

    /// The prefix is being written.
    void launch(int number) {
        flag(number, ALOFT, true);
    }

    boolean isAloft(int number) {
        return (flags.get(number) & ALOFT) != 0;
    }

    /// The prefix was written.
    void land(int number) {
        boolean touched = (flags.get(number) & TOUCHED_ALOFT) != 0;
        flag(number, ALOFT, false);
        flag(number, TOUCHED_ALOFT, false);
        if (touched) {
            touch(number);
        }
    }

    boolean hasQueued() {
        return queueCount > 0;
    }

    /// A prefix that was queued, of few the first one; call only if there is one.
    int takeQueued() {
        if (ipv4 && queueCount >= ARRANGED_MIN && 2 * arrangedCount < queueCount) {
            arrange();
        }
        int number = queue[queueHead];
        queueHead = (queueHead + 1) & (queue.length - 1);
        queueCount--;
        arrangedCount = Math.max(0, arrangedCount - 1);
        lastGroup = group(number);
        if (queueCount == 0 && queue.length > QUEUE_KEPT) {
            queue = new int[QUEUE_MIN];
            queueHead = 0;
        }
        flag(number, QUEUED, false);
        return number;
    }

    /// Puts a long queue in an order that the kernel takes fast: new routes before all others, and both by the last
    /// bits of their addresses, counted backwards, from where it was last: every 1,024th address, then those in the
    /// middle between, and so on. So the kernel's trie grows fuller or emptier alike at every scale; where
    /// neighbours follow each other it rebuilds its nodes again and again. Done anew when most of the queue is new.
    private void arrange() {
        int[] starts = new int[TURNS + 1];
        for (int i = 0; i < queueCount; i++) {
            starts[turn(queued(i)) + 1]++;
        }
        for (int turn = 1; turn <= TURNS; turn++) {
            starts[turn] += starts[turn - 1];
        }
        int[] arranged = new int[queue.length];
        for (int i = 0; i < queueCount; i++) {
            int number = queued(i);
            arranged[starts[turn(number)]++] = number;
        }
        queue = arranged;
        queueHead = 0;
        arrangedCount = queueCount;
    }

    private int queued(int place) {
        return queue[(queueHead + place) & (queue.length - 1)];
    }

    private int turn(int number) {
        int fromLast = (group(number) - lastGroup) & (GROUPS - 1);
        return owned.get(number) == 0 ? fromLast : GROUPS + fromLast;
    }

    private int group(int number) {
        return Integer.reverse((int) (prefixes.high(number) >>> 32)) >>> (Integer.SIZE - GROUP_BITS);
    }

    /// Sets the prefix aside until {@link #reviveDeferred}.
    void defer(int number) {
        if ((flags.get(number) & DEFERRED) == 0) {
            flag(number, DEFERRED, true);
            deferredCount++;
        }
    }

    private void undefer(int number) {
        if ((flags.get(number) & DEFERRED) != 0) {
            flag(number, DEFERRED, false);
            deferredCount--;
        }
    }

    void reviveDeferred() {
        for (int number = 0; deferredCount > 0 && number < prefixes.used(); number++) {
            if ((flags.get(number) & DEFERRED) != 0) {
                touch(number);
            }
        }
    }

    /// Queues the routes of some next hops.
    void touchAll(Set<Integer> handles) {
        for (int number = 0; number < prefixes.used(); number++) {
            if (desired.get(number) != 0 && handles.contains(desired.get(number))) {
                touch(number);
            }
        }
    }

    /// Has the routes of some next hops that are there written again.
    void rewriteAll(Set<Integer> handles) {
        for (int number = 0; number < prefixes.used(); number++) {
            if (desired.get(number) != 0 && handles.contains(desired.get(number))) {
                if (isPresent(number)) {
                    own(number, ASTRAY);
                }
                touch(number);
            }
        }
    }

    /// Calls {@code each} with every prefix that is desired or owned.
    void forEach(IntConsumer each) {
        for (int number = 0; number < prefixes.used(); number++) {
            if (desired.get(number) != 0 || owned.get(number) != 0) {
                each.accept(number);
            }
        }
    }

    /// Gives the number back if nothing is known of the prefix any more.
    void dropIfIdle(int number) {
        if (desired.get(number) == 0 && owned.get(number) == 0 && (flags.get(number) & (QUEUED | ALOFT)) == 0) {
            undefer(number);
            flags.set(number, (byte) 0);
            prefixes.remove(number);
        }
    }

    Prefix prefix(int number) {
        return new Prefix(address(number), prefixes.length(number));
    }

    /// The prefix's first address.
    IpAddress address(int number) {
        return ipv4
                ? new Ipv4Address((int) (prefixes.high(number) >>> 32))
                : new Ipv6Address(prefixes.high(number), prefixes.low(number));
    }

    /// What packets of this host itself to the prefix come from; 0 for what the kernel chooses.
    int source(int number, PreferredSource preferred) {
        Prefix within = preferred.within();
        boolean isWithin = ipv4
                && prefixes.length(number) >= within.length()
                && ((prefixes.high(number) ^ high(within.address())) >>> (Long.SIZE - within.length())) == 0;
        return isWithin ? preferred.source().value() : 0;
    }

    boolean isHost(int number) {
        return prefixes.length(number) == (ipv4 ? 32 : 128);
    }

    /// The prefix's first 64 bits; an IPv4 address is the upper half.
    long high(int number) {
        return prefixes.high(number);
    }

    long low(int number) {
        return prefixes.low(number);
    }

    int length(int number) {
        return prefixes.length(number);
    }

    /// The prefix's number, or {@link #ABSENT}.
    int find(Prefix prefix) {
        return prefixes.find(high(prefix.address()), low(prefix.address()), prefix.length());
    }

    /// Id of the nexthop object of the longest owned route that {@code address} is in; 0 if it is in none.
    int ownedCovering(IpAddress address) {
        for (int bits = address.bits(); bits >= 0; bits--) {
            int number = find(Prefix.containing(address, bits));
            if (number != ABSENT && owned.get(number) > 0) {
                return owned.get(number);
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
        int number = prefixes.add(wantedHigh, wantedLow, wantedLength);
        if (number >= desired.capacity()) {
            resize();
        }
        return number;
    }

    private void resize() {
        desired.resize(prefixes.capacity());
        owned.resize(prefixes.capacity());
        flags.resize(prefixes.capacity());
    }

    /// Lets go of room of which most is empty: prefixes get new numbers then. Costs the room, which as many removals
    /// have paid for.
    void compactIfMostlyEmpty() {
        if (prefixes.capacity() <= COMPACTED_MIN || prefixes.size() >= prefixes.capacity() / 4) {
            return;
        }
        int[] moved = prefixes.compact();
        for (int number = 0; number < moved.length; number++) {
            if (moved[number] != ABSENT) {
                copy(number, moved[number]);
            }
        }
        for (int number = prefixes.size(); number < moved.length; number++) {
            desired.set(number, 0);
            owned.set(number, 0);
            flags.set(number, (byte) 0);
        }
        for (int i = 0; i < queueCount; i++) {
            int place = (queueHead + i) & (queue.length - 1);
            queue[place] = moved[queue[place]];
        }
        resize();
    }

    private void copy(int from, int to) {
        desired.set(to, desired.get(from));
        owned.set(to, owned.get(from));
        flags.set(to, flags.get(from));
    }

    /// What the table occupies.
    long octets() {
        long columns = prefixes.octets() + desired.octets() + owned.octets() + flags.octets();
        return columns + 4L * queue.length;
    }

    /// True if the prefix is {@code address} alone.
    static boolean isRouteTo(IpAddress address, long high, long low, int length, boolean isIpv6) {
        return address.isIpv4() != isIpv6 && address.bits() == length && high(address) == high && low(address) == low;
    }

    static long high(IpAddress address) {
        return address instanceof Ipv6Address v6 ? v6.high() : (long) ((Ipv4Address) address).value() << 32;
    }

    static long low(IpAddress address) {
        return address instanceof Ipv6Address v6 ? v6.low() : 0;
    }

    private void flag(int number, byte flag, boolean set) {
        int now = flags.get(number);
        flags.set(number, (byte) (set ? now | flag : now & ~flag));
    }
}
