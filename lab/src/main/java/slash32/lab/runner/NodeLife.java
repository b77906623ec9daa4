package slash32.lab.runner;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import slash32.lab.topology.Healthcheck;
import slash32.lab.topology.Kind;
import slash32.lab.topology.NodeSpec;
import slash32.lab.topology.Stage;
import slash32.lab.topology.StageName;
import slash32.lab.topology.Topology;

/// Takes nodes through their stages, each in a thread of its own, in the order that their waits say.
final class NodeLife {
    private static final Duration POLL = Duration.ofMillis(100);

    private final Topology topology;
    private final NodeWork work;
    private final Map<String, Map<StageName, CountDownLatch>> finished = new HashMap<>();

    /// What is done in a stage.
    interface NodeWork {
        void create(NodeSpec node) throws IOException;

        void link(NodeSpec node) throws IOException;

        void configure(NodeSpec node) throws IOException;

        boolean isHealthy(NodeSpec node, Duration timeout) throws IOException;

        boolean hasExited(NodeSpec node) throws IOException;

        void run(NodeSpec node, Stage.StageCommand command) throws IOException;

        /// Tells people of something that isn't as it should be, and doesn't end the lab.
        void warn(NodeSpec node, String text);
    }

    NodeLife(Topology topology, NodeWork work) {
        this.topology = topology;
        this.work = work;
        for (NodeSpec node : topology.nodes().values()) {
            var latches = new HashMap<StageName, CountDownLatch>();
            for (StageName stage : StageName.values()) {
                latches.put(stage, new CountDownLatch(1));
            }
            finished.put(node.name(), latches);
        }
    }

    /// One node, from its first stage to the last one that has anything to do.
    void live(NodeSpec node) throws IOException, InterruptedException {
        TimeUnit.SECONDS.sleep(node.startupDelaySeconds());
        for (StageName name : StageName.values()) {
            Stage stage = node.stage(name);
            for (Stage.WaitFor wait : stage.waitFor()) {
                latch(wait.node(), wait.stage()).await();
            }
            if (name == StageName.EXIT && !isExitAwaited(node)) {
                return;
            }
            commands(node, stage.onEnter());
            switch (name) {
                case CREATE -> work.create(node);
                case CREATE_LINKS -> work.link(node);
                case CONFIGURE -> work.configure(node);
                case HEALTHY -> awaitHealth(node);
                case EXIT -> awaitExit(node);
            }
            commands(node, stage.onExit());
            latch(node.name(), name).countDown();
        }
    }

    private CountDownLatch latch(String node, StageName stage) {
        Map<StageName, CountDownLatch> latches = finished.get(node);
        CountDownLatch latch = latches == null ? null : latches.get(stage);
        if (latch == null) {
            throw new IllegalStateException("the topology's checks let a wait for " + node + " pass");
        }
        return latch;
    }

    private void commands(NodeSpec node, List<Stage.StageCommand> commands) throws IOException {
        for (Stage.StageCommand command : commands) {
            work.run(node, command);
        }
    }

    private boolean isExitAwaited(NodeSpec node) {
        return node.kind() == Kind.LINUX
                && (!node.stage(StageName.EXIT).equals(new Stage(List.of(), List.of(), List.of()))
                        || isAwaited(node, StageName.EXIT));
    }

    private boolean isAwaited(NodeSpec node, StageName name) {
        return topology.nodes().values().stream()
                .flatMap(other -> other.stages().values().stream())
                .flatMap(stage -> stage.waitFor().stream())
                .anyMatch(wait -> wait.node().equals(node.name()) && wait.stage() == name);
    }

    private void awaitHealth(NodeSpec node) throws IOException, InterruptedException {
        Healthcheck check = node.healthcheck();
        if (check == null) {
            return;
        }
        long graceEnds = System.nanoTime() + TimeUnit.SECONDS.toNanos(check.startPeriodSeconds());
        int failures = 0;
        while (!work.isHealthy(node, Duration.ofSeconds(check.timeoutSeconds()))) {
            failures = System.nanoTime() < graceEnds ? 0 : failures + 1;
            if (failures == check.retries()) {
                String text = "its health check failed " + failures + " times: " + String.join(" ", check.command());
                if (isAwaited(node, StageName.HEALTHY)) {
                    throw new LabException("node " + node.name() + ": " + text);
                }
                work.warn(node, text);
                return;
            }
            TimeUnit.SECONDS.sleep(check.intervalSeconds());
        }
    }

    private void awaitExit(NodeSpec node) throws IOException, InterruptedException {
        while (!work.hasExited(node)) {
            TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
        }
    }
}
