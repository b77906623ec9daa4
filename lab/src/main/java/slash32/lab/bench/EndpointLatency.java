package slash32.lab.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import slash32.agent.api.ApiClient;
import slash32.lab.runner.Lab;
import slash32.lab.runner.LabException;
import slash32.lab.runner.RunningNode;

/// How long it takes from a `PUT` of an endpoint until another hypervisor's guest has its first reply from it.
///
/// Everything but the network is there beforehand: the guests, and the program that asks. Endpoints are put one after
/// another and stay, so that the last one meets a table as large as it gets.
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

    private static final String ANSWER = "answer to PUT";
    private static final String FIRST_REPLY = "first reply";

    private final Plan plan;
    private final PrintStream out;
    private final Map<String, Latencies> phases = new LinkedHashMap<>();
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
    /// @param endpoints how many are measured
    /// @param warmUp how many are put before that, told apart: they meet agents that have just started
    public record Plan(int endpoints, int warmUp, Mode mode) {
        public Plan {
            if (endpoints < 1 || warmUp < 0 || endpoints + warmUp > ENDPOINTS_MAX) {
                throw new IllegalArgumentException("endpoints and warm-up must be 1 to " + ENDPOINTS_MAX + " in all");
            }
        }

        int guests() {
            return endpoints + warmUp;
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
        out.print(table());
        out.println(json());
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
                for (int i = 0; i < plan.guests(); i++) {
                    measure(agent, prober, i);
                }
            }
        }
    }

    /// Waits for the node's agent to have all its sessions.
    static void awaitReady(RunningNode node) throws IOException {
        Path socket = node.path(SOCKET);
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isReady(socket)) {
            if (System.nanoTime() - deadline > 0) {
                throw new LabException("node " + node.name() + ": its agent isn't ready; see " + node.folder());
            }
            try {
                TimeUnit.NANOSECONDS.sleep(POLL.toNanos());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new LabException("interrupted");
            }
        }
    }

    private static boolean isReady(Path socket) throws IOException {
        if (!Files.exists(socket)) {
            return false;
        }
        try (ApiClient client = ApiClient.connect(socket, PATIENCE)) {
            JsonNode peers =
                    JSON.readTree(client.send("GET", "/v1/status", null).body()).path("peers");
            return peers.path("established").asInt() == peers.path("configured").asInt(-1)
                    && client.send("GET", "/v1/readyz", null).isSuccess();
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
        return "{\"device\": \"%s\", \"mode\": \"%s\", \"mac\": \"%s\", \"addresses\": [\"%s/32\"], \"groups\": [10]}"
                .formatted(tap(number), mode.label(), mac(number), address);
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

    private void measure(ApiClient agent, NodeProcess prober, int number) throws IOException {
        prober.say(address(number));
        String target = "/v1/endpoints/vm" + number + "?wait=advertised&timeout=20s";
        long sent = System.nanoTime();
        ApiClient.Reply reply = put(agent, target, spec(number, address(number), plan.mode()));
        long answered = System.nanoTime();
        String[] heard = prober.line(PATIENCE).split(" ", -1);
        if (!heard[0].equals(address(number))) {
            throw new LabException("the prober heard of " + heard[0] + " instead of " + address(number));
        }
        Duration firstReply = Duration.ofNanos(Long.parseLong(heard[1]) - sent);
        if (number < plan.warmUp()) {
            cold.add(firstReply);
            return;
        }
        for (JsonNode condition : JSON.readTree(reply.body()).path("conditions")) {
            double seconds = condition.path("latencySeconds").asDouble();
            add(condition.path("condition").asText(), Duration.ofNanos((long) (seconds * 1e9)));
        }
        add(ANSWER, Duration.ofNanos(answered - sent));
        add(FIRST_REPLY, firstReply);
    }

    private void add(String phase, Duration latency) {
        phases.computeIfAbsent(phase, Latencies::new).add(latency);
    }

    private List<Latencies> measured() {
        var measured = new ArrayList<>(phases.values());
        if (cold.size() > 0) {
            measured.add(cold);
        }
        return measured;
    }

    /// For people: when, after the `PUT` was sent, each of it held.
    private String table() {
        var text = new StringBuilder();
        text.append("endpoint-latency: %d endpoints after a warm-up of %d, mode %s; milliseconds from the PUT%n"
                .formatted(plan.endpoints(), plan.warmUp(), plan.mode().label()));
        text.append("%-28s %8s %8s %8s%n".formatted("PHASE", "p50", "p99", "max"));
        for (Latencies phase : measured()) {
            text.append("%-28s %8.2f %8.2f %8.2f%n"
                    .formatted(
                            phase.name(),
                            phase.percentileMillis(50),
                            phase.percentileMillis(99),
                            phase.percentileMillis(100)));
        }
        return text.toString();
    }

    /// For programs: the table in one line.
    private String json() {
        ObjectNode root = JSON.createObjectNode()
                .put("benchmark", "endpoint-latency")
                .put("mode", plan.mode().label())
                .put("endpoints", plan.endpoints())
                .put("warmUp", plan.warmUp());
        ObjectNode all = root.putObject("milliseconds");
        for (Latencies phase : measured()) {
            all.putObject(phase.name())
                    .put("p50", phase.percentileMillis(50))
                    .put("p99", phase.percentileMillis(99))
                    .put("max", phase.percentileMillis(100));
        }
        return root.toString();
    }
}
