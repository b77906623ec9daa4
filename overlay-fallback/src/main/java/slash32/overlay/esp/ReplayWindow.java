package slash32.overlay.esp;

import java.util.Arrays;

/// Which sequence numbers have come, of the newest 4096 (RFC 4303 §3.4.3; as a ring of words, RFC 6479). With ESN the
/// high half is inferred (Appendix A2).
final class ReplayWindow {
    static final int SIZE = 4_096;

    private static final int WORDS = 2 * SIZE / Long.SIZE;
    private static final long SHORT = 0xffff_ffffL;

    private final boolean esn;
    private final long[] ring = new long[WORDS];
    private long top;

    ReplayWindow(boolean esn) {
        this.esn = esn;
    }

    /// The whole sequence number of one whose low half came in a packet; 0 for one that can't be.
    long sequence(int low) {
        long part = low & SHORT;
        if (!esn) {
            return part;
        }
        long high = top >>> 32;
        long bottom = (top & SHORT) - SIZE + 1;
        if (bottom >= 0) { // the window is within one high half
            return ((part >= bottom ? high : high + 1) << 32) | part;
        }
        boolean before = part >= (bottom & SHORT);
        return before && high == 0 ? 0 : ((before ? high - 1 : high) << 32) | part;
    }

    boolean isFresh(long sequence) {
        if (Long.compareUnsigned(sequence, top) > 0) {
            return true;
        }
        return sequence != 0 && top - sequence < SIZE && (ring[word(sequence)] & bit(sequence)) == 0;
    }

    /// Notes one that is fresh and authentic.
    void accept(long sequence) {
        if (Long.compareUnsigned(sequence, top) > 0) {
            long words = (sequence >>> 6) - (top >>> 6);
            if (words >= WORDS) {
                Arrays.fill(ring, 0);
            } else {
                for (long i = 1; i <= words; i++) {
                    ring[(int) (((top >>> 6) + i) & (WORDS - 1))] = 0;
                }
            }
            top = sequence;
        }
        ring[word(sequence)] |= bit(sequence);
    }

    /// Whether none that was accepted is newer.
    boolean isNewest(long sequence) {
        return sequence == top;
    }

    private static int word(long sequence) {
        return (int) ((sequence >>> 6) & (WORDS - 1));
    }

    private static long bit(long sequence) {
        return 1L << sequence;
    }
}
