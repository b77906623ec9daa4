package slash32.agent.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.Golden;
import slash32.agent.StatusSamples;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.status.ConditionKind;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.netfilter.Counts;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.nft.DropCounts;
import slash32.tap.GatewayLoop;
import slash32.tap.gateway.Refusal;
import slash32.testkit.Command;
import slash32.testkit.Requirement;

class AgentMetricsTest {
    private static final Path ALERTS = Path.of("../packaging/prometheus");

    private final AgentMetrics metrics = new AgentMetrics();

    AgentMetricsTest() {
        metrics.watch(StatusSamples::snapshot);
        metrics.conditionHeld(ConditionKind.ADVERTISED, Duration.ofMillis(3));
        metrics.applied("route", 80_000);
        metrics.configAccepted(StatusSamples.START);
    }

    @Test
    void oursAreAsWritten() throws IOException {
        String ours = metrics.expose("")
                .text()
                .lines()
                .filter(line -> line.contains("slash32_") && !line.contains("_created"))
                .filter(line -> !line.contains("_bucket") || line.contains("le=\"0.005\""))
                .collect(Collectors.joining("\n", "", "\n"));
        Golden.check(Path.of("src/test/resources/slash32/agent/metrics/metrics.txt"), ours);
    }

    @Test
    void segmentsAreSummedUp() throws IOException {
        var alone = new AgentMetrics();
        alone.watchSegments(StatusSamples::segments);
        String ours = alone.expose("")
                .text()
                .lines()
                .filter(line -> line.contains("slash32_segment"))
                .collect(Collectors.joining("\n", "", "\n"));
        Golden.check(Path.of("src/test/resources/slash32/agent/metrics/segments.txt"), ours);
    }

    @Test
    void theGatewayIsCountedByOutcome() {
        metrics.watchGateway(() -> new GatewayLoop.Counts(7, 2, 1, 3, Map.of(Refusal.MALFORMED, 5L)));
        assertThat(metrics.expose("").text())
                .contains(
                        "slash32_gateway_frames_total{outcome=\"answered\",} 7.0",
                        "slash32_gateway_frames_total{outcome=\"announcement\",} 2.0",
                        "slash32_gateway_frames_total{outcome=\"unsent\",} 1.0",
                        "slash32_gateway_frames_total{outcome=\"malformed\",} 5.0",
                        "slash32_gateway_frames_total{outcome=\"relayed\",} 0.0",
                        "slash32_gateway_floods_total 3.0");
    }

    @Test
    void dropsAreCountedByReason() {
        var noRule = new Drop(DropReason.NO_RULE, Direction.INGRESS);
        metrics.watchDrops(() -> Map.of(noRule, new Counts(9, 900)), () -> 2);
        assertThat(metrics.expose("").text())
                .contains(
                        "slash32_dropped_packets_total{reason=\"no-rule\",direction=\"ingress\",} 9.0",
                        "slash32_drop_sample_overruns_total 2.0");
    }

    @Test
    void dropsOfAnEndpointAreThereWhileItIs() {
        String known =
                StatusSamples.snapshot().endpoints().getFirst().spec().id().value();
        InterfaceName device =
                StatusSamples.snapshot().endpoints().getFirst().spec().device();
        metrics.watchEndpointDrops(
                StatusSamples::snapshot,
                () -> Map.of(
                        device, new DropCounts(1, 2, 3, 4), new InterfaceName("gone"), new DropCounts(9, 9, 9, 9)));
        assertThat(metrics.expose("").text().lines().filter(line -> line.startsWith("slash32_endpoint_dropped_")))
                .containsExactly(
                        "slash32_endpoint_dropped_packets_total{endpoint=\"" + known + "\",drop=\"spoofed\",} 1.0",
                        "slash32_endpoint_dropped_packets_total{endpoint=\"" + known + "\",drop=\"to-host\",} 2.0",
                        "slash32_endpoint_dropped_packets_total{endpoint=\"" + known + "\",drop=\"egress\",} 3.0",
                        "slash32_endpoint_dropped_packets_total{endpoint=\"" + known + "\",drop=\"ingress\",} 4.0");
    }

    @Test
    void theProcessAndTheJvmAreThereToo() {
        assertThat(metrics.expose("").text())
                .contains(
                        "process_resident_memory_bytes ",
                        "process_cpu_seconds_total ",
                        "process_open_fds ",
                        "jvm_memory_bytes_used{area=\"heap\",}",
                        "jvm_gc_collection_seconds_count",
                        "jvm_threads_current ");
    }

    @Test
    void aRefusedReloadIsSeen() {
        metrics.configRefused();
        assertThat(metrics.expose("").text())
                .contains("slash32_config_last_reload_successful 0.0\n")
                .contains("slash32_config_last_reload_success_timestamp_seconds 1.795248E9\n");
    }

    @Tag("interop")
    @Test
    void promtoolHasNoComplaint(@TempDir Path folder) throws IOException {
        Requirement.program("promtool", "prometheus");
        Path page =
                Files.writeString(folder.resolve("metrics"), metrics.expose("").text());
        assertThat(Command.run("sh", "-c", "promtool check metrics < " + page)).isEmpty();
    }

    @Test
    void theFallbackAndWhatIsDroppedBetweenSitesIsThere() {
        metrics.watchSas(StatusSamples::sas);
        assertThat(metrics.expose("").text())
                .contains(
                        "slash32_overlay_fallback_active 1.0\n",
                        "slash32_overlay_peers{state=\"failed\",} 1.0",
                        "slash32_overlay_drops_total{reason=\"no-sa\",} 3.0",
                        "slash32_overlay_guard_drops_total{reason=\"plain\",} 2.0",
                        "slash32_overlay_guard_in_force 1.0",
                        "slash32_overlay_guard_repairs_total 1.0");
    }

    @Test
    void whatPeersAreJudgedByIsThere() {
        metrics.watchSas(StatusSamples::sas);
        assertThat(metrics.expose("").text())
                .contains(
                        "slash32_overlay_ike_refused_total{reason=\"not-trusted\",} 4.0",
                        "slash32_overlay_certificate_end_timestamp_seconds 1.7",
                        "slash32_overlay_crls{use=\"counts\",} 1.0",
                        "slash32_overlay_crls{use=\"ignored\",} 1.0",
                        "slash32_overlay_crl_next_update_timestamp_seconds{issuer=\"CN=lab\",} 1.7",
                        "slash32_overlay_clock_ahead_seconds 7200.0");
    }

    /// Series that alerts are about, and the reasons that they name.
    @Test
    void alertsAreAboutWhatThereIs() throws IOException {
        metrics.watchSas(StatusSamples::sas);
        metrics.watchSegments(StatusSamples::segments);
        String page = metrics.expose("").text();
        String alerts = Files.readString(ALERTS.resolve("overlay-alerts.yml"));
        assertThat(Pattern.compile("slash32_\\w+").matcher(alerts).results().map(MatchResult::group))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(page).contains("# TYPE " + name.replaceFirst("_total$", "")));
        List<String> dropped = Stream.of(slash32.overlay.esp.path.Drop.values())
                .map(why -> why.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                .toList();
        var reason = Pattern.compile("overlay_drops_total\\{reason=~?\"([^\"]*)\"");
        assertThat(reason.matcher(alerts)
                        .results()
                        .flatMap(found -> Stream.of(found.group(1).split("\\|", -1))))
                .contains("no-sa", "unknown-spi", "replayed", "not-authentic")
                .isSubsetOf(dropped);
    }

    @Tag("interop")
    @Test
    void promtoolFindsThatAlertsFireWhenTheyShould() {
        Requirement.program("promtool", "prometheus");
        String folder = ALERTS.toAbsolutePath().normalize().toString();
        assertThat(Command.run("promtool", "check", "rules", folder + "/overlay-alerts.yml"))
                .contains("SUCCESS: 18 rules found");
        assertThat(Command.run("promtool", "test", "rules", folder + "/overlay-alerts-test.yml"))
                .contains("SUCCESS");
    }

    @Test
    void alertsOnSegmentsAreAboutWhatThereIs() throws IOException {
        metrics.watchSegments(StatusSamples::segments);
        String page = metrics.expose("").text();
        String alerts = Files.readString(ALERTS.resolve("segment-alerts.yml"));
        assertThat(Pattern.compile("slash32_\\w+").matcher(alerts).results().map(MatchResult::group))
                .hasSize(4)
                .allSatisfy(name -> assertThat(page).contains("# TYPE " + name.replaceFirst("_total$", "")));
        assertThat(page).contains("slash32_segment_macs{where=\"frozen\",}");
    }

    @Tag("interop")
    @Test
    void promtoolFindsThatAlertsOnSegmentsFireWhenTheyShould() {
        Requirement.program("promtool", "prometheus");
        assertThat(Command.run("promtool", "check", "rules", ALERTS + "/segment-alerts.yml"))
                .contains("SUCCESS: 3 rules found");
        assertThat(Command.run("promtool", "test", "rules", ALERTS + "/segment-alerts-test.yml"))
                .contains("SUCCESS");
    }

    @Test
    void scrapesAndProbesAreServed() throws Exception {
        boolean[] ready = {false};
        try (var server = new HttpServer(Limits.DEFAULT);
                var client = HttpClient.newHttpClient()) {
            int port = server.listen(IpAddress.parse("127.0.0.1"), 0, new MetricsPages(metrics, () -> ready[0]));
            String base = "http://127.0.0.1:" + port;
            assertThat(get(client, base + "/metrics", "")).startsWith("200 # HELP");
            assertThat(get(client, base + "/metrics", "application/openmetrics-text; version=1.0.0"))
                    .endsWith("# EOF\n");
            assertThat(get(client, base + "/healthz", "")).isEqualTo("200 healthy\n");
            assertThat(get(client, base + "/readyz", "")).isEqualTo("503 not in sync\n");
            ready[0] = true;
            assertThat(get(client, base + "/readyz", "")).isEqualTo("200 ready\n");
            assertThat(get(client, base + "/", "")).startsWith("404 ");
        }
    }

    private static String get(HttpClient client, String uri, String accept) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(uri));
        if (!accept.isEmpty()) {
            request.header("Accept", accept);
        }
        var response = client.send(request.build(), BodyHandlers.ofString(UTF_8));
        return response.statusCode() + " " + response.body();
    }
}
