package slash32.securitygroup.nft;

/// A set of keys of one or three words in one flat array: 11 to 21 octets a key of one word. Not thread-safe.
final class MemberSet {
    private static final int SLOTS_MIN = 16;

    private final int width;
    /// The words of each slot; the first is 0 in an empty one.
    private long[] words;

    private int size;

    /// An empty set.
    ///
    /// @param width words of a key; further ones are 0
    MemberSet(int width) {
        this.width = width;
        words = new long[SLOTS_MIN * width];
    }

    /// Takes a key.
    interface Visitor {
        void key(long first, long second, long third);
    }

    /// What it occupies.
    long octets() {
        return 8L * words.length;
    }

    int size() {
        return size;
    }

    /// Adds a key.
    ///
    /// @param first not 0
    /// @return true if it was not there
    boolean add(long first, long second, long third) {
        int slot = slot(first, second, third);
        if (words[slot * width] != 0) {
            return false;
        }
        put(slot, first, second, third);
        size++;
        if (4L * size > 3L * slots()) {
            resize(2 * slots());
        }
        return true;
    }

    boolean contains(long first, long second, long third) {
        return words[slot(first, second, third) * width] != 0;
    }

    /// Removes a key.
    ///
    /// @return true if it was there
    boolean remove(long first, long second, long third) {
        int hole = slot(first, second, third);
        if (words[hole * width] == 0) {
            return false;
        }
        put(hole, 0, 0, 0);
        closeGap(hole);
        size--;
        if (slots() > SLOTS_MIN && 8L * size < slots()) {
            resize(slots() / 2);
        }
        return true;
    }

    void forEach(Visitor visitor) {
        for (int slot = 0; slot < slots(); slot++) {
            if (words[slot * width] != 0) {
                visitor.key(words[slot * width], word(slot, 1), word(slot, 2));
            }
        }
    }

    private int slots() {
        return words.length / width;
    }

    private long word(int slot, int index) {
        return index < width ? words[slot * width + index] : 0;
    }

    private void put(int slot, long first, long second, long third) {
        words[slot * width] = first;
        if (width > 1) {
            words[slot * width + 1] = second;
            words[slot * width + 2] = third;
        }
    }

    /// Where the key is, or the empty slot where it would go.
    private int slot(long first, long second, long third) {
        int mask = slots() - 1;
        int slot = hash(first, second, third) & mask;
        while (words[slot * width] != 0
                && (words[slot * width] != first || word(slot, 1) != second || word(slot, 2) != third)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /// Moves what was pushed past the hole back, so that no search ends early.
    private void closeGap(int hole) {
        int mask = slots() - 1;
        for (int slot = (hole + 1) & mask; words[slot * width] != 0; slot = (slot + 1) & mask) {
            long first = words[slot * width];
            long second = word(slot, 1);
            long third = word(slot, 2);
            put(slot, 0, 0, 0);
            put(slot(first, second, third), first, second, third);
        }
    }

    private void resize(int slots) {
        long[] before = words;
        words = new long[slots * width];
        for (int at = 0; at < before.length; at += width) {
            if (before[at] != 0) {
                long second = width > 1 ? before[at + 1] : 0;
                long third = width > 1 ? before[at + 2] : 0;
                put(slot(before[at], second, third), before[at], second, third);
            }
        }
    }

    private static int hash(long first, long second, long third) {
        long mixed = (first ^ Long.rotateLeft(second, 23) ^ (third * 0x9e37_79b9_7f4a_7c15L)) * 0xff51_afd7_ed55_8ccdL;
        mixed ^= mixed >>> 32;
        return (int) (mixed * 31 ^ (mixed >>> 15));
    }
}
