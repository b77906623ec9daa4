package slash32.bgp.rib;

import java.util.Arrays;

/// Numbers prefixes of one family: a number is small, stable while its prefix is there (but for {@link #compact}), and
/// used again afterwards, so that other columns are plain arrays indexed by it.
///
/// 15 to 33 octets a prefix for IPv4 and 23 to 45 for IPv6, as the arrays are just grown or just full. IPv4 addresses
/// are the upper half of {@code high}.
public final class PrefixIndex {
    private static final int NONE = -1;

    private final boolean wide;
    private long[] high = new long[16];
    private long[] low;
    private byte[] length = new byte[16];
    private int[] slots = filled(32);
    private int[] free = new int[16];
    private int freeCount;
    private int used;
    private int size;

    /// An empty index.
    ///
    /// @param wide IPv6
    public PrefixIndex(boolean wide) {
        this.wide = wide;
        low = new long[wide ? 16 : 0];
    }

    public int size() {
        return size;
    }

    /// Numbers are below this.
    public int capacity() {
        return high.length;
    }

    public long high(int number) {
        return high[number];
    }

    public long low(int number) {
        return wide ? low[number] : 0;
    }

    public int length(int number) {
        return length[number] & 0xff;
    }

    /// The prefix's number, or -1.
    public int find(long wantedHigh, long wantedLow, int wantedLength) {
        int mask = slots.length - 1;
        for (int slot = hash(wantedHigh, wantedLow, wantedLength) & mask; ; slot = (slot + 1) & mask) {
            int number = slots[slot];
            if (number == NONE || is(number, wantedHigh, wantedLow, wantedLength)) {
                return number;
            }
        }
    }

    /// The prefix's number, new if it was not there.
    public int add(long newHigh, long newLow, int newLength) {
        int known = find(newHigh, newLow, newLength);
        if (known != NONE) {
            return known;
        }
        if ((size + 1) * 3 > slots.length * 2) {
            growSlots();
        }
        int number = freeCount > 0 ? free[--freeCount] : used++;
        if (number == high.length) {
            resize(high.length + (high.length >> 1));
        }
        high[number] = newHigh;
        if (wide) {
            low[number] = newLow;
        }
        length[number] = (byte) newLength;
        place(number);
        size++;
        return number;
    }

    /// Gives the number back.
    public void remove(int number) {
        int mask = slots.length - 1;
        int slot = hash(number) & mask;
        while (slots[slot] != number) {
            slot = (slot + 1) & mask;
        }
        closeGap(slot, mask);
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * free.length);
        }
        free[freeCount++] = number;
        size--;
    }

    /// Numbers the prefixes anew without gaps, in the order they had, and lets go of the room that is left.
    ///
    /// @return the new number of each old one; -1 for those that were free
    int[] compact() {
        int[] moved = filled(used);
        for (int number : slots) {
            if (number != NONE) {
                moved[number] = number;
            }
        }
        int next = 0;
        for (int number = 0; number < used; number++) {
            if (moved[number] != NONE) {
                high[next] = high[number];
                length[next] = length[number];
                if (wide) {
                    low[next] = low[number];
                }
                moved[number] = next++;
            }
        }
        used = size;
        freeCount = 0;
        free = new int[16];
        resize(Math.max(16, size + (size >> 1)));
        slots = filled(Math.max(32, Integer.highestOneBit(Math.max(1, size)) * 4));
        for (int number = 0; number < used; number++) {
            place(number);
        }
        return moved;
    }

    /// What it occupies.
    public long octets() {
        return 8L * (high.length + low.length) + length.length + 4L * (slots.length + free.length);
    }

    /// The most slots that are looked at for a prefix that is there.
    int longestProbe() {
        int mask = slots.length - 1;
        int longest = 0;
        for (int slot = 0; slot < slots.length; slot++) {
            if (slots[slot] != NONE) {
                longest = Math.max(longest, ((slot - hash(slots[slot])) & mask) + 1);
            }
        }
        return longest;
    }

    /// Moves what was pushed past the gap back, so that no search ends early.
    private void closeGap(int gap, int mask) {
        int hole = gap;
        for (int slot = (hole + 1) & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            int home = hash(slots[slot]) & mask;
            boolean between = hole <= slot ? hole < home && home <= slot : hole < home || home <= slot;
            if (!between) {
                slots[hole] = slots[slot];
                hole = slot;
            }
        }
        slots[hole] = NONE;
    }

    private void growSlots() {
        int[] old = slots;
        slots = filled(2 * old.length);
        for (int number : old) {
            if (number != NONE) {
                place(number);
            }
        }
    }

    private void place(int number) {
        int mask = slots.length - 1;
        int slot = hash(number) & mask;
        while (slots[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = number;
    }

    private void resize(int capacity) {
        high = Arrays.copyOf(high, capacity);
        length = Arrays.copyOf(length, capacity);
        if (wide) {
            low = Arrays.copyOf(low, capacity);
        }
    }

    private boolean is(int number, long otherHigh, long otherLow, int otherLength) {
        return high[number] == otherHigh
                && (length[number] & 0xff) == otherLength
                && (!wide || low[number] == otherLow);
    }

    private int hash(int number) {
        return hash(high[number], low(number), length[number] & 0xff);
    }

    private static int hash(long high, long low, int length) {
        long mixed = (high ^ (low * 0x9e37_79b9_7f4a_7c15L)) + length;
        mixed = (mixed ^ (mixed >>> 32)) * 0xff51_afd7_ed55_8ccdL;
        return (int) (mixed ^ (mixed >>> 29));
    }

    private static int[] filled(int length) {
        int[] slots = new int[length];
        Arrays.fill(slots, NONE);
        return slots;
    }
}
