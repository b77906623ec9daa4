package slash32.net;

import java.util.Arrays;

/// Bytes by row, in pages like those of {@link IntColumn}. Not thread-safe.
public final class ByteColumn {
    private byte[][] pages = new byte[0][];

    public byte get(int row) {
        return pages[row >>> IntColumn.PAGE_BITS][row & IntColumn.MASK];
    }

    public void set(int row, byte value) {
        pages[row >>> IntColumn.PAGE_BITS][row & IntColumn.MASK] = value;
    }

    /// Has room for {@code rows}, whole pages of it; new ones are zero, and further ones are let go of.
    public void resize(int rows) {
        int before = pages.length;
        int wanted = IntColumn.pagesFor(rows);
        if (wanted != before) {
            pages = Arrays.copyOf(pages, wanted);
            for (int page = before; page < wanted; page++) {
                pages[page] = new byte[IntColumn.PAGE];
            }
        }
    }

    public long octets() {
        return (long) pages.length << IntColumn.PAGE_BITS;
    }
}
