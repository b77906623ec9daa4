package slash32.net;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// References by row, in pages like those of {@link IntColumn}. Not thread-safe.
public final class Column<T> {
    private @Nullable Object[][] pages = new Object[0][];

    @SuppressWarnings("unchecked") // nothing but set puts something in
    public @Nullable T get(int row) {
        return (T) pages[row >>> IntColumn.PAGE_BITS][row & IntColumn.MASK];
    }

    public void set(int row, @Nullable T value) {
        pages[row >>> IntColumn.PAGE_BITS][row & IntColumn.MASK] = value;
    }

    /// Has room for {@code rows}, whole pages of it; new ones are null, and further ones are let go of.
    public void resize(int rows) {
        int before = pages.length;
        int wanted = IntColumn.pagesFor(rows);
        if (wanted != before) {
            pages = Arrays.copyOf(pages, wanted);
            for (int page = before; page < wanted; page++) {
                pages[page] = new Object[IntColumn.PAGE];
            }
        }
    }

    /// What the references occupy, without what they refer to.
    public long octets() {
        return 4L * (pages.length << IntColumn.PAGE_BITS);
    }
}
