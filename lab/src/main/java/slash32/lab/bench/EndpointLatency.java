package slash32.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import slash32.agent.api.ApiClient;
import slash32.lab.runner.Lab;
import slash32.lab.runner.LabException;
import slash32.lab.runner.RunningNode;

/// How long it takes from a `PUT` of an endpoint until another hypervisor's guest has its first reply from it.
///
/// Everything but the network is there beforehand: the guests, and the program that asks. Endpoints are put one after
/// another and stay. Where the plan says so, others without guests are put before, so that what is measured meets a
/// host
/// of that size.
public final class EndpointLatency {
    private static final String TOPOLOGY = "lab/benchmarks/endpoint-latency/endpoint-latency.clab.yml";
    static final String SOCKET = "/run/slash32/agent.sock";
    private static final String GUESTS = "/run/guests.yml";
    private static final String PROBER_ADDRESS = "10.2.0.1";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofMillis(50);
    private static final int ENDPOINTS_MAX = 60_000;
    private static final String GROUP = """
            {"name": "default", "rules": [
              {"id": "out", "direction": "egress", "ethertype": "IPv4"},
              {"id": "ping", "direction": "ingress", "ethertype": "IPv4", "protocol": "icmp", "remoteGroupId": 10}]}""";
    private static final JsonMapper JSON = new JsonMapper();
    private static final int FILLERS = 8;

    private static final String ANSWER = "answer to PUT";
    private static final String FIRST_REPLY = "first reply";

    private final Plan plan;
    private final PrintStream out;
    private final List<LatencyStage> stages = new ArrayList<>();
    private final Latencies cold = new Latencies("first reply of the warm-up");

    /// Who makes the TAPs.
    public enum Mode {
        /// The agent, when the endpoint is put; the guest's cable is plugged in then.
        CREATE,
        /// The hypervisor, beforehand, and has them open.
        ADOPT;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What is measured.
    ///
    /// @param endpoints how many are measured in each stage
    /// @param warmUp how many are put before that, told apart, and removed: they meet agents that have just started
    /// @param present how many are there at least when a stage begins, ascending; those measured before count
    public record Plan(int endpoints, int warmUp, Mode mode, List<Integer> present) {
        public Plan {
            present = List.copyOf(present);
            if (endpoints < 1 || warmUp < 0 || present.isEmpty()) {
                throw new IllegalArgumentException("there is nothing to measure");
            }
            if (endpoints * present.size() + warmUp + present.getLast() > ENDPOINTS_MAX) {
                throw new IllegalArgumentException("at most " + ENDPOINTS_MAX + " endpoints in all");
            }
        }

        int guests() {
            return endpoints * present.size() + warmUp;
        }
    }

    /// @param out gets the table, and the same as one line of JSON
    public EndpointLatency(Plan plan, PrintStream out) {
        this.plan = plan;
        this.out = out;
    }

    /// Brings the lab up, measures, and takes it down again.
    public void run() throws IOException {
        BenchLab.whileUp(TOPOLOGY, out, this::measure);
        var report = new LatencyReport(plan, cold, stages);
        out.print(report.table());
        out.println(report.json());
    }

    private void measure(Lab lab) throws IOException {
        RunningNode hv1 = lab.node("hv1");
        RunningNode hv2 = lab.node("hv2");
        RunningNode vms1 = lab.node("vms1");
        RunningNode vms2 = lab.node("vms2");
        for (RunningNode node : List.of(hv1, hv2)) {
            awaitReady(node);
            put(node, "/v1/groups/10", GROUP);
        }
        try (NodeProcess proberCable = cable(vms2, List.of(guest("prober", 1, PROBER_ADDRESS)));
                NodeProcess cable = cable(vms1, guests())) {
            proberCable.awaitLines(1, "state=booted", PATIENCE);
            put(hv2, "/v1/endpoints/prober?wait=advertised&timeout=20s", spec(1, PROBER_ADDRESS, Mode.CREATE));
            proberCable.awaitLines(1, "state=plugged", PATIENCE);
            if (plan.mode() == Mode.ADOPT) {
                makeTaps(vms1);
            }
            cable.awaitLines(plan.guests(), plan.mode() == Mode.ADOPT ? "state=plugged" : "state=booted", PATIENCE);
            try (NodeProcess prober = NodeProcess.start(
                            vms2, "ip", "netns", "exec", "prober", "slash32", "lab", "probe", "eth0", PROBER_ADDRESS);
                    ApiClient agent = ApiClient.connect(hv1.path(SOCKET), PATIENCE)) {
                prober.awaitLines(1, "ready", PATIENCE);
                for (int i = 0; i < plan.warmUp(); i++) {
                    cold.add(measure(agent, prober, i).firstReply());
                }
                for (int i = 0; i < plan.warmUp(); i++) {
                    agent.send("DELETE", "/v1/endpoints/vm" + i, null);
                }
                int there = 0;
                int next = plan.warmUp();
                for (int wanted : plan.present()) {
                    int missing = Math.max(0, wanted - there);
                    var stage = new LatencyStage(there + missing, missing, fill(hv1, there, missing));
                    stages.add(stage);
                    for (int i = 0; i < plan.endpoints(); i++) {
                        note(stage, measure(agent, prober, next++));
                    }
                    there = stage.present() + plan.endpoints();
                }
            }
        }
    }

    /// Waits for the node's agent to have all its sessions.
    static void awaitReady(RunningNode node) throws IOException {
        await(node, "its sessions", client -> {
            JsonNode peers =
                    JSON.readTree(client.send("GET", "/v1/status", null).body()).path("peers");
            return peers.path("established").asInt() == peers.path("configured").asInt(-1)
                    && client.send("GET", "/v1/readyz", null).isSuccess();
        });
    }

    private interface Question {
        boolean isAnswered(ApiClient client) throws IOException;
    }

    private static void await(RunningNode node, String what, Question question) throws IOException {
        Path socket = node.path(SOCKET);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isAnswered(socket, question)) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException(
                        "node " + node.name() + ": its agent has not " + what + "; see " + node.folder());
            }
            try {
                TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted");
            }
        }
    }

    private static boolean isAnswered(Path socket, Question question) throws IOException {
        if (!Files.exists(socket)) {
            return false;
        }
        try (ApiClient client = ApiClient.connect(socket, PATIENCE)) {
            return question.isAnswered(client);
        }
    }

    private static NodeProcess cable(RunningNode node, List<String> guests) throws IOException {
        Files.writeString(node.path(GUESTS), "guests:\n" + String.join("", guests));
        return NodeProcess.start(node, "slash32", "lab", "cable", GUESTS);
    }

    private List<String> guests() {
        var guests = new ArrayList<String>();
        for (int i = 0; i < plan.guests(); i++) {
            guests.add(guest("vm" + i, i, address(i)));
        }
        return guests;
    }

    private static String guest(String name, int number, String address) {
        return "  - {name: %s, tap: %s, mac: \"%s\", addresses: [%s/32]}\n"
                .formatted(name, tap(number), mac(number), address);
    }

    private static String tap(int number) {
        return "tap-vm" + number;
    }

    private static String mac(int number) {
        return "52:54:00:00:%02x:%02x".formatted(number >>> 8, number & 0xff);
    }

    private static String address(int number) {
        return "10.1." + (number >>> 8) + "." + (number & 0xff);
    }

    private static String spec(int number, String address, Mode mode) {
        return spec(tap(number), mode, mac(number), address);
    }

    private static String spec(String tap, Mode mode, String mac, String address) {
        return "{\"device\": \"%s\", \"mode\": \"%s\", \"mac\": \"%s\", \"addresses\": [\"%s/32\"], \"groups\": [10]}"
                .formatted(tap, mode.label(), mac, address);
    }

    /// Puts endpoints without guests over several connections at once, as a daemon does that has just started.
    ///
    /// @param there endpoints before
    /// @return from the first request to the last one's advertisement
    private static Duration fill(RunningNode node, int there, int missing) throws IOException {
        long start = System.nanoTime();
        if (missing > 0) {
            try (var fillers = Executors.newVirtualThreadPerTaskExecutor()) {
                var parts = new ArrayList<Future<?>>();
                for (int part = 0; part < FILLERS; part++) {
                    int from = there + missing * part / FILLERS;
                    int to = there + missing * (part + 1) / FILLERS;
                    parts.add(fillers.submit(() -> {
                        putFillers(node, from, to);
                        return null;
                    }));
                }
                for (Future<?> part : parts) {
                    part.get();
                }
            } catch (ExecutionException e) {
                throw new LabException("putting endpoints: " + e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted");
            }
            await(node, "its " + (there + missing) + " endpoints", client -> {
                JsonNode status =
                        JSON.readTree(client.send("GET", "/v1/status", null).body());
                return status.path("conditions").path("Advertised").asInt() == there + missing;
            });
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static void putFillers(RunningNode node, int from, int to) throws IOException {
        try (ApiClient agent = ApiClient.connect(node.path(SOCKET), PATIENCE)) {
            for (int i = from; i < to; i++) {
                String place = (i >>> 8) + "." + (i & 0xff);
                String mac = "52:54:01:00:%02x:%02x".formatted(i >>> 8, i & 0xff);
                put(agent, "/v1/endpoints/filler" + i, spec("tap-fl" + i, Mode.CREATE, mac, "10.4." + place));
            }
        }
    }

    private void makeTaps(RunningNode node) throws IOException {
        var lines = new ArrayList<String>();
        for (int i = 0; i < plan.guests(); i++) {
            lines.add("tuntap add dev " + tap(i) + " mode tap vnet_hdr");
        }
        Files.write(node.path("/run/taps"), lines);
        var outcome = node.run(List.of("ip", "-batch", "/run/taps"), PATIENCE);
        if (!outcome.isSuccess()) {
            throw new LabException(
                    "node " + node.name() + ": making TAPs: " + outcome.output().strip());
        }
    }

    private static void put(RunningNode node, String target, String body) throws IOException {
        try (ApiClient agent = ApiClient.connect(node.path(SOCKET), PATIENCE)) {
            put(agent, target, body);
        }
    }

    private static ApiClient.Reply put(ApiClient agent, String target, String body) throws IOException {
        ApiClient.Reply reply = agent.send("PUT", target, body);
        if (!reply.isSuccess()) {
            throw new LabException("PUT " + target + ": " + reply.status() + " " + reply.body());
        }
        return reply;
    }

    /// One endpoint.
    private record Measured(ApiClient.Reply reply, Duration answer, Duration firstReply) {}

    private Measured measure(ApiClient agent, NodeProcess prober, int number) throws IOException {
        prober.say(address(number));
        String target = "/v1/endpoints/vm" + number + "?wait=advertised&timeout=20s";
        long sent = System.nanoTime();
        ApiClient.Reply reply = put(agent, target, spec(number, address(number), plan.mode()));
        long answered = System.nanoTime();
        String[] heard = prober.line(PATIENCE).split(" ", -1);
        if (!heard[0].equals(address(number))) {
            throw new LabException("the prober heard of " + heard[0] + " instead of " + address(number));
        }
        return new Measured(
                reply, Duration.ofNanos(answered - sent), Duration.ofNanos(Long.parseLong(heard[1]) - sent));
    }

    private static void note(LatencyStage stage, Measured measured) throws IOException {
        for (JsonNode condition : JSON.readTree(measured.reply().body()).path("conditions")) {
            double seconds = condition.path("latencySeconds").asDouble();
            stage.add(condition.path("condition").asText(), Duration.ofNanos((long) (seconds * 1e9)));
        }
        stage.add(ANSWER, measured.answer());
        stage.add(FIRST_REPLY, measured.firstReply());
    }
}
