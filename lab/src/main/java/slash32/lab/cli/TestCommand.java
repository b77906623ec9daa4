package slash32.lab.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import slash32.lab.scenario.Scenario;
import slash32.lab.scenario.ScenarioRun;

/// `slash32 lab test`.
@Command(
        name = "test",
        description =
                "Runs scenarios: brings each topology up, takes its steps, takes it down; exits 1 if any step failed.")
final class TestCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FOLDER",
            arity = "1..*",
            description = "Folders with a *.clab.yml and steps in expect/*.yml.")
    private List<Path> folders = List.of();

    @Option(names = "--keep", description = "Leaves the lab of a failed step up, for a look.")
    private boolean keep;

    @Override
    public Integer call() throws IOException {
        var scenarios = new ArrayList<Scenario>();
        for (Path folder : folders) {
            scenarios.add(Scenario.read(folder));
        }
        var results = new ArrayList<ScenarioRun.Result>();
        for (Scenario scenario : scenarios) {
            results.addAll(new ScenarioRun(scenario, keep, System.out).run());
        }
        System.out.printf("%n%s", ScenarioRun.summary(results));
        return results.stream().allMatch(ScenarioRun.Result::isPassed) ? 0 : 1;
    }
}
