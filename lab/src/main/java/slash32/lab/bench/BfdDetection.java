package slash32.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import slash32.agent.api.ApiClient;
import slash32.lab.runner.Lab;
import slash32.lab.runner.LabException;
import slash32.lab.runner.RunningNode;

/// How long after a peer's process stopped its session is down and its routes are out of the kernel.
///
/// The peer is a BIRD with BFD at 50 ms × 3 and without graceful restart, which would keep its routes. It is
/// stopped with SIGSTOP: its kernel still answers, only nobody speaks any more.
public final class BfdDetection {
    private static final String TOPOLOGY = "lab/benchmarks/bfd/bfd.clab.yml";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration LISTENERS_START = Duration.ofSeconds(4);
    private static final int PHASE_MILLIS = 200;
    private static final JsonMapper JSON = new JsonMapper();

    private final int stops;
    private final PrintStream out;
    private final Latencies session = new Latencies("session down");
    private final Latencies route = new Latencies("route out of the kernel");

    /// @param stops how often the peer is stopped
    /// @param out gets the table, and the same as one line of JSON
    public BfdDetection(int stops, PrintStream out) {
        if (stops < 1) {
            throw new IllegalArgumentException("stops must be 1 at least, was " + stops);
        }
        this.stops = stops;
        this.out = out;
    }

    /// Brings the lab up, measures, and takes it down again.
    public void run() throws IOException {
        BenchLab.whileUp(TOPOLOGY, out, this::measure);
        print();
    }

    private void measure(Lab lab) throws IOException {
        String stopper = "pid=$(cat /run/bird.pid); while read signal; do kill -$signal $pid; done";
        RunningNode agent = lab.node("hv1");
        EndpointLatency.awaitReady(agent);
        try (NodeProcess bird = NodeProcess.start(lab.node("rr1"), "sh", "-c", stopper);
                NodeProcess events = NodeProcess.start(agent, "slash32", "events", "--follow", "--json");
                NodeProcess kernel = NodeProcess.start(agent, "stdbuf", "-oL", "ip", "monitor", "route")) {
            pause(LISTENERS_START); // they would miss what happens before they listen
            for (int stop = 0; stop < stops; stop++) {
                awaitAllUp(agent);
                pause(Duration.ofMillis(ThreadLocalRandom.current().nextInt(PHASE_MILLIS)));
                long stopped = System.nanoTime();
                bird.say("STOP");
                long routeGone = kernel.awaitLine("Deleted", PATIENCE); // there is but one
                long sessionDown = events.awaitLine("BFD: control detection time expired", PATIENCE);
                bird.say("CONT");
                session.add(Duration.ofNanos(sessionDown - stopped));
                route.add(Duration.ofNanos(routeGone - stopped));
            }
        }
    }

    /// BGP and BFD are up at full speed, and the kernel has the route.
    private static void awaitAllUp(RunningNode agent) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isAllUp(agent)) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("node hv1: BGP, BFD and route are not all there: " + get(agent, "/v1/peers"));
            }
            pause(POLL);
        }
    }

    private static boolean isAllUp(RunningNode agent) throws IOException {
        JsonNode peer = get(agent, "/v1/peers").path("peers").path(0);
        return peer.path("state").asText().equals("Established")
                && peer.path("bfd").path("state").asText().equals("Up")
                && peer.path("bfd").path("detectionSeconds").asDouble() < 0.2
                && get(agent, "/v1/status").path("fibRoutes").asInt() > 0;
    }

    private static JsonNode get(RunningNode agent, String target) throws IOException {
        try (ApiClient client = ApiClient.connect(agent.path(EndpointLatency.SOCKET), PATIENCE)) {
            return JSON.readTree(client.send("GET", target, null).body());
        }
    }

    private static void pause(Duration time) throws IOException {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }

    private void print() {
        ObjectNode root = JSON.createObjectNode().put("benchmark", "bfd").put("stops", stops);
        ObjectNode all = root.putObject("milliseconds");
        out.printf("bfd: %d stops at 50 ms x 3; milliseconds from the peer's SIGSTOP%n", stops);
        out.printf("%-28s %8s %8s %8s%n", "PHASE", "p50", "p99", "max");
        for (Latencies phase : List.of(session, route)) {
            double p50 = phase.percentileMillis(50);
            double p99 = phase.percentileMillis(99);
            double max = phase.percentileMillis(100);
            out.printf("%-28s %8.2f %8.2f %8.2f%n", phase.name(), p50, p99, max);
            all.putObject(phase.name()).put("p50", p50).put("p99", p99).put("max", max);
        }
        out.println(root);
    }
}
