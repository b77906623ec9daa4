package slash32.agent.status;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// Text in columns, each as wide as its widest cell; the last one is not padded.
final class Columns {
    private static final String GAP = "  ";

    private final int width;
    private final List<List<String>> lines = new ArrayList<>();

    Columns(String... titles) {
        width = titles.length;
        lines.add(List.of(titles));
    }

    void row(Object... cells) {
        if (cells.length != width) {
            throw new IllegalArgumentException(cells.length + " cells for " + width + " columns");
        }
        lines.add(Stream.of(cells).map(Object::toString).toList());
    }

    /// A line of its own that is in no column.
    void note(String text) {
        lines.add(List.of(text));
    }

    @Override
    public String toString() {
        int[] widths = new int[width];
        for (List<String> line : lines) {
            for (int i = 0; line.size() == width && i < width; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        }
        var text = new StringBuilder();
        for (List<String> line : lines) {
            for (int i = 0; i < line.size() - 1; i++) {
                text.append(line.get(i))
                        .repeat(' ', widths[i] - line.get(i).length())
                        .append(GAP);
            }
            text.append(line.getLast()).append('\n');
        }
        return text.toString();
    }
}
