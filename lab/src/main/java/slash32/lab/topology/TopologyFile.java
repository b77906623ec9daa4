package slash32.lab.topology;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/// A topology file and what was found in it.
///
/// @param topology null if a finding is an error
/// @param findings in the order of the file
public record TopologyFile(@Nullable Topology topology, List<Finding> findings) {
    private static final LoadSettings SETTINGS =
            LoadSettings.builder().setUseMarks(true).build();

    public TopologyFile {
        findings = List.copyOf(findings);
    }

    /// Reads {@code file}.
    ///
    /// @param env the environment whose variables are expanded in it
    /// @throws IOException if it can't be read; what is wrong with what is in it is a finding
    public static TopologyFile read(Path file, Map<String, String> env) throws IOException {
        var findings = new Findings(file.toString());
        Topology topology = null;
        Node root = compose(file, env, findings);
        if (root != null) {
            YamlMapping mapping = YamlMapping.of("", root, findings);
            topology = mapping == null ? null : new TopologyReader(file.toAbsolutePath(), mapping, findings).read();
        }
        return new TopologyFile(findings.hasErrors() ? null : topology, findings.inOrder());
    }

    private static @Nullable Node compose(Path file, Map<String, String> env, Findings findings) throws IOException {
        Place start = new Place(file.toString(), 1, 1);
        if (file.toString().endsWith(".gotmpl")) {
            findings.error(start, "", "Go templates are not supported; render it first");
            return null;
        }
        try {
            Optional<Node> root = new Compose(SETTINGS).composeString(EnvExpansion.expand(Files.readString(file), env));
            if (root.isEmpty()) {
                findings.error(start, "", "the file is empty");
            }
            return root.orElse(null);
        } catch (CharacterCodingException e) {
            findings.error(start, "", "is not UTF-8 text");
        } catch (MarkedYamlEngineException e) {
            findings.error(findings.place(e.getProblemMark()), "", "not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            findings.error(start, "", "not YAML: " + e.getMessage());
        }
        return null;
    }
}
