package slash32.securitygroup.nft;

/// Addresses of one family in one flat array: 5 to 11 octets each for IPv4, four times that for IPv6. Shrinks with what
/// it holds. Not thread-safe.
final class MemberSet {
    private static final int SLOTS_MIN = 4;

    private final int width;
    /// The words of each slot, all 0 in an empty one.
    private int[] words;
    /// The address that is all zero, which has no slot.
    private boolean hasZero;

    private int size;

    /// An empty set.
    ///
    /// @param wide IPv6
    MemberSet(boolean wide) {
        width = wide ? 4 : 1;
        words = new int[SLOTS_MIN * width];
    }

    /// Takes an address: of an IPv4 one, {@code high} has the 32 bits.
    interface Visitor {
        void address(long high, long low);
    }

    /// What it occupies.
    long octets() {
        return 4L * words.length;
    }

    int size() {
        return size;
    }

    /// Adds an address.
    ///
    /// @return true if it was not there
    boolean add(long high, long low) {
        if (contains(high, low)) {
            return false;
        }
        size++;
        if (isZero(high, low)) {
            hasZero = true;
            return true;
        }
        put(slot(high, low), high, low);
        if (4L * size > 3L * slots()) {
            resize(2 * slots());
        }
        return true;
    }

    boolean contains(long high, long low) {
        return isZero(high, low) ? hasZero : !isEmpty(slot(high, low));
    }

    /// Removes an address.
    ///
    /// @return true if it was there
    boolean remove(long high, long low) {
        if (!contains(high, low)) {
            return false;
        }
        size--;
        if (isZero(high, low)) {
            hasZero = false;
            return true;
        }
        int hole = slot(high, low);
        put(hole, 0, 0);
        closeGap(hole);
        if (slots() > SLOTS_MIN && 8L * size < slots()) {
            resize(slots() / 2);
        }
        return true;
    }

    void forEach(Visitor visitor) {
        if (hasZero) {
            visitor.address(0, 0);
        }
        for (int slot = 0; slot < slots(); slot++) {
            if (!isEmpty(slot)) {
                visitor.address(high(slot), low(slot));
            }
        }
    }

    private int slots() {
        return words.length / width;
    }

    private static boolean isZero(long high, long low) {
        return (high | low) == 0;
    }

    private boolean isEmpty(int slot) {
        return isZero(high(slot), low(slot));
    }

    private long high(int slot) {
        return width == 1 ? words[slot] & 0xffff_ffffL : pair(4 * slot);
    }

    private long low(int slot) {
        return width == 1 ? 0 : pair(4 * slot + 2);
    }

    private long pair(int at) {
        return ((long) words[at] << 32) | (words[at + 1] & 0xffff_ffffL);
    }

    private void put(int slot, long high, long low) {
        if (width == 1) {
            words[slot] = (int) high;
        } else {
            words[4 * slot] = (int) (high >>> 32);
            words[4 * slot + 1] = (int) high;
            words[4 * slot + 2] = (int) (low >>> 32);
            words[4 * slot + 3] = (int) low;
        }
    }

    /// Where the address is, or the empty slot where it would go.
    private int slot(long high, long low) {
        int mask = slots() - 1;
        int slot = hash(high, low) & mask;
        while (!isEmpty(slot) && (high(slot) != high || low(slot) != low)) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    /// Moves what was pushed past the hole back, so that no search ends early.
    private void closeGap(int hole) {
        int mask = slots() - 1;
        for (int slot = (hole + 1) & mask; !isEmpty(slot); slot = (slot + 1) & mask) {
            long high = high(slot);
            long low = low(slot);
            put(slot, 0, 0);
            put(slot(high, low), high, low);
        }
    }

    private void resize(int slots) {
        var larger = new MemberSet(width > 1);
        larger.words = new int[slots * width];
        for (int slot = 0; slot < slots(); slot++) {
            if (!isEmpty(slot)) {
                larger.put(larger.slot(high(slot), low(slot)), high(slot), low(slot));
            }
        }
        words = larger.words;
    }

    private static int hash(long high, long low) {
        long mixed = (high ^ Long.rotateLeft(low, 23)) * 0xff51_afd7_ed55_8ccdL;
        mixed ^= mixed >>> 32;
        return (int) (mixed * 31 ^ (mixed >>> 15));
    }
}
