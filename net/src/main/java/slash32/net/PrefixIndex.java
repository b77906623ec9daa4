package slash32.net;

import java.util.Arrays;

/// Numbers prefixes of one family: a number is small, stable while its prefix is there (but for {@link #compact}), and
/// used again afterwards, so that other columns are indexed by it.
///
/// 5 octets a prefix for IPv4 and 17 for IPv6, and 6 to 12 for the slots that lead there. IPv4 addresses are the upper
/// half of {@code high}. Not thread-safe.
public final class PrefixIndex {
    private static final int NONE = -1;
    private static final int SLOTS_MIN = 32;
    /// Length of a number that no prefix has.
    private static final byte FREE = -1;

    private final int width;
    /// The addresses, {@code width} words each; of a free number the first is the next free one.
    private final IntColumn words = new IntColumn();

    private final ByteColumn lengths = new ByteColumn();
    /// A prefix's number, below bits of its hash: they spare most looks at the columns, which are far apart in memory.
    private int[] slots = emptySlots(SLOTS_MIN);

    private int firstFree = NONE;
    private int used;
    private int size;

    /// An empty index.
    ///
    /// @param wide IPv6
    public PrefixIndex(boolean wide) {
        width = wide ? 4 : 1;
    }

    public int size() {
        return size;
    }

    /// Numbers are below this.
    public int used() {
        return used;
    }

    /// How many numbers there is room for.
    public int capacity() {
        return words.capacity() / width;
    }

    /// True if a prefix has this number, which is below {@link #used}.
    public boolean has(int number) {
        return lengths.get(number) != FREE;
    }

    public long high(int number) {
        return width == 1 ? (long) words.get(number) << 32 : pair(4 * number);
    }

    public long low(int number) {
        return width == 1 ? 0 : pair(4 * number + 2);
    }

    private long pair(int at) {
        return ((long) words.get(at) << 32) | (words.get(at + 1) & 0xffff_ffffL);
    }

    public int length(int number) {
        return lengths.get(number) & 0xff;
    }

    /// The prefix's number, or -1.
    public int find(long wantedHigh, long wantedLow, int wantedLength) {
        int hash = hash(wantedHigh, wantedLow, wantedLength);
        int mask = slots.length - 1;
        for (int slot = hash & mask; ; slot = (slot + 1) & mask) {
            int entry = slots[slot];
            if (entry == NONE) {
                return NONE;
            }
            int number = entry & mask;
            if (((entry ^ hash) & ~mask) == 0 && is(number, wantedHigh, wantedLow, wantedLength)) {
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
        if ((size + 1) * 3L > slots.length * 2L) {
            slots = slotsFor(2 * slots.length);
        }
        int number = firstFree;
        if (number == NONE) {
            number = used++;
            if (number >= capacity()) {
                resize(used);
            }
        } else {
            firstFree = words.get(number * width);
        }
        words.set(number * width, (int) (newHigh >>> 32));
        if (width > 1) {
            words.set(4 * number + 1, (int) newHigh);
            words.set(4 * number + 2, (int) (newLow >>> 32));
            words.set(4 * number + 3, (int) newLow);
        }
        lengths.set(number, (byte) newLength);
        place(slots, hash(newHigh, newLow, newLength), number);
        size++;
        return number;
    }

    /// Gives the number back.
    public void remove(int number) {
        int mask = slots.length - 1;
        int slot = hash(number) & mask;
        while (slots[slot] == NONE || (slots[slot] & mask) != number) {
            slot = (slot + 1) & mask;
        }
        closeGap(slot, mask);
        lengths.set(number, FREE);
        words.set(number * width, firstFree);
        firstFree = number;
        size--;
    }

    /// Numbers the prefixes anew without gaps, in the order they had, and lets go of the room that is left.
    ///
    /// @return the new number of each old one; -1 for those that were free
    public int[] compact() {
        int[] moved = new int[used];
        int next = 0;
        for (int number = 0; number < used; number++) {
            moved[number] = has(number) ? next++ : NONE;
            if (moved[number] != NONE) {
                for (int word = 0; word < width; word++) {
                    words.set(moved[number] * width + word, words.get(number * width + word));
                }
                lengths.set(moved[number], lengths.get(number));
            }
        }
        used = size;
        firstFree = NONE;
        resize(used);
        slots = slotsFor(Math.max(SLOTS_MIN, Integer.highestOneBit(Math.max(1, size)) * 4));
        return moved;
    }

    private void resize(int numbers) {
        words.resize(numbers * width);
        lengths.resize(numbers);
    }

    /// What it occupies.
    public long octets() {
        return words.octets() + lengths.octets() + 4L * slots.length;
    }

    /// The most slots that are looked at for a prefix that is there.
    int longestProbe() {
        int mask = slots.length - 1;
        int longest = 0;
        for (int slot = 0; slot < slots.length; slot++) {
            if (slots[slot] != NONE) {
                longest = Math.max(longest, ((slot - hash(slots[slot] & mask)) & mask) + 1);
            }
        }
        return longest;
    }

    /// Moves what was pushed past the gap back, so that no search ends early.
    private void closeGap(int gap, int mask) {
        int hole = gap;
        for (int slot = (hole + 1) & mask; slots[slot] != NONE; slot = (slot + 1) & mask) {
            int home = hash(slots[slot] & mask) & mask;
            boolean between = hole <= slot ? hole < home && home <= slot : hole < home || home <= slot;
            if (!between) {
                slots[hole] = slots[slot];
                hole = slot;
            }
        }
        slots[hole] = NONE;
    }

    /// So many slots, with all prefixes in them.
    private int[] slotsFor(int count) {
        int[] filled = emptySlots(count);
        for (int number = 0; number < used; number++) {
            if (has(number)) {
                place(filled, hash(number), number);
            }
        }
        return filled;
    }

    /// An entry is never {@link #NONE}: at most two thirds of the slots are taken, so no number has all bits set.
    private static void place(int[] slots, int hash, int number) {
        int mask = slots.length - 1;
        int slot = hash & mask;
        while (slots[slot] != NONE) {
            slot = (slot + 1) & mask;
        }
        slots[slot] = (hash & ~mask) | number;
    }

    private boolean is(int number, long otherHigh, long otherLow, int otherLength) {
        return high(number) == otherHigh && length(number) == otherLength && low(number) == otherLow;
    }

    private int hash(int number) {
        return hash(high(number), low(number), length(number));
    }

    private static int hash(long high, long low, int length) {
        long mixed = (high ^ (low * 0x9e37_79b9_7f4a_7c15L)) + length;
        mixed = (mixed ^ (mixed >>> 32)) * 0xff51_afd7_ed55_8ccdL;
        return (int) (mixed ^ (mixed >>> 29));
    }

    private static int[] emptySlots(int count) {
        int[] empty = new int[count];
        Arrays.fill(empty, NONE);
        return empty;
    }
}
