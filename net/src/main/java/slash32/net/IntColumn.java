package slash32.net;

import java.util.Arrays;

/// Ints by row, in pages: more room costs no copy of what is there, and is at most a page too much. Not thread-safe.
public final class IntColumn {
    /// Rows of a page, as a power of two.
    public static final int PAGE_BITS = 12;

    static final int PAGE = 1 << PAGE_BITS;
    static final int MASK = PAGE - 1;

    private int[][] pages = new int[0][];

    public int get(int row) {
        return pages[row >>> PAGE_BITS][row & MASK];
    }

    public void set(int row, int value) {
        pages[row >>> PAGE_BITS][row & MASK] = value;
    }

    /// Has room for {@code rows}, whole pages of it; new ones are zero, and further ones are let go of.
    public void resize(int rows) {
        int before = pages.length;
        int wanted = pagesFor(rows);
        if (wanted != before) {
            pages = Arrays.copyOf(pages, wanted);
            for (int page = before; page < wanted; page++) {
                pages[page] = new int[PAGE];
            }
        }
    }

    static int pagesFor(int rows) {
        return (rows + MASK) >>> PAGE_BITS;
    }

    /// Rows that there is room for.
    public int capacity() {
        return pages.length << PAGE_BITS;
    }

    public long octets() {
        return 4L * capacity();
    }
}
