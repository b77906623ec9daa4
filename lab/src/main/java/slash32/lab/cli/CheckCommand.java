package slash32.lab.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import slash32.lab.runner.Lab;
import slash32.lab.yaml.Finding;

/// `slash32 lab check`.
@Command(
        name = "check",
        description = "Says what of topology files is refused or ignored, and what they lack here; changes nothing.")
final class CheckCommand implements Callable<Integer> {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(paramLabel = "TOPOLOGY", arity = "1..*", description = "Containerlab topology files.")
    private List<Path> topologies = List.of();

    @Option(
            names = "--native",
            paramLabel = "FILE",
            description = "Maps images to host programs; native.yml beside each topology if not given.")
    private @Nullable Path nativeFile;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        int refused = 0;
        for (Path topology : topologies) {
            List<Finding> findings = new Lab(topology, nativeFile, false, System.out).check();
            findings.forEach(out::println);
            boolean isRefused = findings.stream().anyMatch(Finding::isError);
            out.println(topology + ": " + (isRefused ? "refused" : "accepted"));
            refused += isRefused ? 1 : 0;
        }
        return refused == 0 ? 0 : 1;
    }
}
