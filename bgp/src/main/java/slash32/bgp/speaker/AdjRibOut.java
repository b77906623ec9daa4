package slash32.bgp.speaker;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Prefix;

/// What the peers of a cohort were told of one family, and what they are still to be told, a bit a prefix each: what
/// they were told of a prefix is in {@link Offers} or waits.
final class AdjRibOut {
    private static final int[] NONE = {};

    private final BitSet told;
    private final BitSet waiting;
    /// None below this waits.
    private int firstWaiting;
    /// How many of those told are from a peer, by its number.
    private int[] from = new int[8];
    /// Path identifiers told of a prefix, in sessions that have them (RFC 7911).
    private final Map<Integer, Told> paths = new HashMap<>();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Told(int[] ids, int sole) {}

    /// Nothing is told, and {@code waiting} waits.
    AdjRibOut(BitSet waiting) {
        told = new BitSet();
        this.waiting = waiting;
    }

    /// A copy that goes its own way.
    AdjRibOut(AdjRibOut other) {
        told = (BitSet) other.told.clone();
        waiting = (BitSet) other.waiting.clone();
        firstWaiting = other.firstWaiting;
        from = other.from.clone();
        paths.putAll(other.paths);
    }

    boolean knows(int number) {
        return told.get(number);
    }

    boolean isWaiting() {
        return !waiting.isEmpty();
    }

    /// The first number from {@code from} on that is known and for which nothing waits; -1 if there is none.
    int nextTold(int from) {
        int next = told.nextSetBit(from);
        while (next >= 0 && waiting.get(next)) {
            next = told.nextSetBit(next + 1);
        }
        return next;
    }

    /// True if it was told or is still to be told of.
    boolean isConcernedBy(int number) {
        return told.get(number) || waiting.get(number);
    }

    int waiting() {
        return waiting.cardinality();
    }

    void touch(BitSet numbers) {
        waiting.or(numbers);
        firstWaiting = 0;
    }

    void touch(int number) {
        waiting.set(number);
        firstWaiting = Math.min(firstWaiting, number);
    }

    /// All that is known is looked at again.
    void touchTold() {
        touch(told);
    }

    /// What was passed in this walk already.
    BitSet passed(BitSet all) {
        var passed = (BitSet) all.clone();
        passed.andNot(waiting);
        return passed;
    }

    /// Takes the next numbers that wait, at most {@code most} of them.
    int[] next(int most) {
        int[] next = new int[Math.min(most, 64)];
        int taken = 0;
        int first = waiting.nextSetBit(firstWaiting);
        int number = first;
        while (number >= 0 && taken < most) {
            if (taken == next.length) {
                next = Arrays.copyOf(next, Math.min(most, 4 * taken));
            }
            next[taken++] = number;
            number = waiting.nextSetBit(number + 1);
        }
        if (taken > 0) {
            // all before are clear, and those between are the ones taken
            waiting.clear(first, next[taken - 1] + 1);
        }
        firstWaiting = number < 0 ? Integer.MAX_VALUE : number;
        return Arrays.copyOf(next, taken);
    }

    /// The prefix of this number is known now, or no longer.
    void told(int number, boolean knows, int source) {
        if (told.get(number) != knows) {
            told.flip(number);
            count(source, knows ? 1 : -1);
        }
    }

    /// A prefix that may be known comes from somebody else now.
    void moved(int number, int before, int now) {
        if (told.get(number) && !paths.containsKey(number)) {
            count(before, -1);
            count(now, 1);
        }
    }

    private void count(int source, int change) {
        if (source >= 0) {
            if (source >= from.length) {
                from = Arrays.copyOf(from, Math.max(2 * from.length, source + 1));
            }
            from[source] += change;
        }
    }

    /// How many prefixes the peer of this number knows: not its own.
    int known(int peer) {
        return told.cardinality() - (peer < from.length ? from[peer] : 0);
    }

    /// What it occupies, without path identifiers.
    long octets() {
        return (told.size() + waiting.size()) / Byte.SIZE + 4L * from.length;
    }

    /// The path identifiers that were told of a prefix.
    int[] paths(int number) {
        Told before = paths.get(number);
        return before == null ? NONE : before.ids();
    }

    /// These paths of a prefix are known now.
    ///
    /// @param sole the peer that all of them are from; {@link Offers#OWN} if they are from more
    void paths(int number, int[] ids, int sole) {
        Told before = paths.get(number);
        if (before != null) {
            told(number, false, before.sole());
        }
        if (ids.length == 0) {
            paths.remove(number);
        } else {
            paths.put(number, new Told(ids, sole));
            told(number, true, sole);
        }
    }

    static AddressFamily family(Prefix prefix) {
        return prefix.isIpv4() ? AddressFamily.IPV4_UNICAST : AddressFamily.IPV6_UNICAST;
    }
}
