package slash32.lab.yaml;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/// Text to the mapping that a file must be.
public final class YamlFile {
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setUseMarks(true).build();

    private YamlFile() {}

    /// The root of {@code text}; null, which is noted, if it isn't one mapping.
    public static @Nullable YamlMapping parse(String text, Findings findings) {
        try {
            Optional<Node> root = new Compose(SETTINGS).composeString(text);
            if (root.isEmpty()) {
                findings.error(findings.place(Optional.empty()), "", "the file is empty");
                return null;
            }
            return YamlMapping.of("", root.get(), findings);
        } catch (MarkedYamlEngineException e) {
            findings.error(findings.place(e.getProblemMark()), "", "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            findings.error(findings.place(Optional.empty()), "", "not YAML: " + e.getMessage());
        }
        return null;
    }
}
