package slash32.lab.yaml;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/// Collects what there is to say about one file, so that all of it is said at once.
public final class Findings {
    private final String file;
    private final List<Finding> all = new ArrayList<>();

    /// @param file as people call it
    public Findings(String file) {
        this.file = file;
    }

    public Place place(Node node) {
        return place(node.getStartMark());
    }

    public Place place(Optional<Mark> mark) {
        int line = mark.map(Mark::getLine).orElse(0) + 1;
        int column = mark.map(Mark::getColumn).orElse(0) + 1;
        return new Place(file, line, column);
    }

    public void error(Place place, String key, String text) {
        all.add(new Finding(Finding.Severity.ERROR, place, key, text));
    }

    public void warning(Place place, String key, String text) {
        all.add(new Finding(Finding.Severity.WARNING, place, key, text));
    }

    public boolean hasErrors() {
        return all.stream().anyMatch(Finding::isError);
    }

    public List<Finding> inOrder() {
        return all.stream()
                .sorted(Comparator.<Finding>comparingInt(
                                finding -> finding.place().line())
                        .thenComparingInt(finding -> finding.place().column()))
                .toList();
    }
}
