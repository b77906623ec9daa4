package slash32.lab.topology;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Finding;
import slash32.lab.yaml.Findings;
import slash32.lab.yaml.Place;
import slash32.lab.yaml.YamlFile;
import slash32.lab.yaml.YamlMapping;

/// A topology file and what was found in it.
///
/// @param topology null if a finding is an error
/// @param findings in the order of the file
public record TopologyFile(@Nullable Topology topology, List<Finding> findings) {
    public TopologyFile {
        findings = List.copyOf(findings);
    }

    /// Reads {@code file}.
    ///
    /// @param env the environment whose variables are expanded in it
    /// What is wrong with it, or keeps it from being read, is a finding.
    public static TopologyFile read(Path file, Map<String, String> env) {
        var findings = new Findings(file.toString());
        Topology topology = null;
        YamlMapping root = root(file, env, findings);
        if (root != null) {
            topology = new TopologyReader(file.toAbsolutePath(), root, findings).read();
        }
        return new TopologyFile(findings.hasErrors() ? null : topology, findings.inOrder());
    }

    private static @Nullable YamlMapping root(Path file, Map<String, String> env, Findings findings) {
        Place start = new Place(file.toString(), 1, 1);
        if (file.toString().endsWith(".gotmpl")) {
            findings.error(start, "", "Go templates are not supported; render it first");
            return null;
        }
        try {
            return YamlFile.parse(EnvExpansion.expand(Files.readString(file), env), findings);
        } catch (CharacterCodingException e) {
            findings.error(start, "", "is not UTF-8 text");
        } catch (NoSuchFileException e) {
            findings.error(start, "", "there is no such file");
        } catch (IOException e) {
            findings.error(start, "", "can't be read: " + e.getMessage());
        }
        return null;
    }
}
