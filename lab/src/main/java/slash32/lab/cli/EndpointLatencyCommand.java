package slash32.lab.cli;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import slash32.lab.bench.EndpointLatency;

/// `slash32 lab bench endpoint-latency`.
@Command(
        name = "endpoint-latency",
        description = "From the PUT of an endpoint until another hypervisor's guest has its first reply from it.")
final class EndpointLatencyCommand implements Callable<Integer> {
    @Option(names = "--endpoints", paramLabel = "N", description = "How many are measured.", defaultValue = "200")
    private int endpoints;

    @Option(
            names = "--warm-up",
            paramLabel = "N",
            description = "How many come before them, told apart: the agents' code is not compiled yet.",
            defaultValue = "10")
    private int warmUp;

    @Option(
            names = "--mode",
            description = "Who makes the TAPs: the agent on the PUT, or the hypervisor beforehand (CREATE, ADOPT).",
            defaultValue = "CREATE")
    private EndpointLatency.Mode mode = EndpointLatency.Mode.CREATE;

    @Option(
            names = "--present",
            paramLabel = "N",
            split = ",",
            description = "How many endpoints are there beforehand; with several, measured at each: 10,500,2000.",
            defaultValue = "0")
    private List<Integer> present = List.of(0);

    @Override
    public Integer call() throws IOException {
        new EndpointLatency(new EndpointLatency.Plan(endpoints, warmUp, mode, present), System.out).run();
        return 0;
    }
}
