package slash32.agent.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/// Collects what is wrong with a file, so that all of it is said at once.
final class Problems {
    private final List<ConfigProblem> all = new ArrayList<>();

    void at(Node node, String key, String reason) {
        at(node.getStartMark(), key, reason);
    }

    void at(Optional<Mark> mark, String key, String reason) {
        int line = mark.map(Mark::getLine).orElse(0) + 1;
        int column = mark.map(Mark::getColumn).orElse(0) + 1;
        all.add(new ConfigProblem(line, column, key, reason));
    }

    int count() {
        return all.size();
    }

    List<ConfigProblem> inOrder() {
        return all.stream().sorted(Comparator.naturalOrder()).toList();
    }
}
