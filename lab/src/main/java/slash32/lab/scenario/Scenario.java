package slash32.lab.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import slash32.lab.runner.LabException;
import slash32.lab.topology.TopologyFile;
import slash32.lab.yaml.Finding;
import slash32.lab.yaml.Findings;

/// A scenario's folder: one `*.clab.yml`, and its steps in `expect/*.yml`, taken in the order of their names.
///
/// @param name of the folder
public record Scenario(String name, Path topology, List<Step> steps) {
    public Scenario {
        steps = List.copyOf(steps);
    }

    /// Reads {@code folder}.
    ///
    /// @throws LabException with everything that is wrong in it
    public static Scenario read(Path folder) throws IOException {
        List<Path> topologies = files(folder, ".clab.yml");
        if (topologies.size() != 1) {
            throw new LabException(folder + ": a scenario has one *.clab.yml, this folder has " + topologies.size());
        }
        Path topology = topologies.getFirst();
        TopologyFile read = TopologyFile.read(topology, System.getenv());
        var findings = new ArrayList<>(read.findings());
        Set<String> nodes =
                read.topology() == null ? Set.of() : read.topology().nodes().keySet();
        var steps = new ArrayList<Step>();
        for (Path file : files(folder.resolve("expect"), ".yml")) {
            var ofFile = new Findings(file.toString());
            Step step = new StepReader(nodes, ofFile).read(file);
            findings.addAll(ofFile.inOrder());
            if (step != null) {
                steps.add(step);
            }
        }
        List<String> errors = findings.stream()
                .filter(Finding::isError)
                .map(Finding::toString)
                .toList();
        if (!errors.isEmpty()) {
            throw new LabException(String.join("\n", errors));
        }
        if (steps.isEmpty()) {
            throw new LabException(folder + ": a scenario has steps in expect/*.yml, this folder has none");
        }
        return new Scenario(String.valueOf(folder.toAbsolutePath().normalize().getFileName()), topology, steps);
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(folder)) {
            return paths.filter(path -> path.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }
}
