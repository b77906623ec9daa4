package slash32.agent.config;

import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/// YAML text whose root is a mapping.
final class YamlFile {
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setLabel("config").setUseMarks(true).build();

    private YamlFile() {}

    /// What {@code reader} makes of the root, unless it comes to nothing or the text is no YAML.
    static <C> Loaded<C> read(String yaml, Function<Section, @Nullable C> reader) {
        var problems = new Problems();
        try {
            Optional<Node> root = new Compose(SETTINGS).composeString(yaml);
            if (root.isEmpty()) {
                problems.at(Optional.empty(), "", "the file is empty (allowed: a mapping of keys to values)");
            } else {
                Section section = Section.of("", root.get(), problems);
                C config = section == null ? null : reader.apply(section);
                if (config != null) {
                    return new Loaded.Accepted<>(config);
                }
            }
        } catch (MarkedYamlEngineException e) {
            problems.at(e.getProblemMark(), "", "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            problems.at(Optional.empty(), "", "not YAML: " + e.getMessage());
        }
        return new Loaded.Refused<>(problems.inOrder());
    }
}
