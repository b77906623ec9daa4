package slash32.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import slash32.agent.StatusSamples;
import slash32.testkit.Command;
import slash32.testkit.Requirement;

class PathCollectorTest {
    private static final Path ALERTS = Path.of("../packaging/prometheus");

    private static String scrape() {
        var metrics = new AgentMetrics();
        metrics.watchPaths(StatusSamples::paths);
        return metrics.expose("").text();
    }

    @Test
    void onlyPathsInTroubleHaveSeriesOfTheirOwn() {
        assertThat(scrape())
                .contains("slash32_overlay_paths{kind=\"vxlan\",state=\"open\",} 1.0")
                .contains("slash32_overlay_paths{kind=\"encrypted\",state=\"narrow\",} 1.0")
                .contains("slash32_overlay_paths{kind=\"encrypted\",state=\"silent\",} 0.0")
                .contains("slash32_overlay_path_trouble{kind=\"encrypted\",local=\"10.0.0.11\",node=\"10.0.2.13\","
                        + "state=\"narrow\",} 1.0")
                .contains("slash32_overlay_path_trouble{kind=\"vxlan\",local=\"10.0.0.11\",node=\"10.0.0.13\","
                        + "state=\"silent\",} 1.0")
                .contains("slash32_overlay_path_fits_bytes{kind=\"encrypted\",local=\"10.0.0.11\","
                        + "node=\"10.0.2.13\",} 1396.0")
                .contains("slash32_overlay_path_echoes_total{outcome=\"refused\",} 4.0")
                .doesNotContain("10.0.0.12");
    }

    @Test
    void alertsAreAboutWhatThereIs() throws IOException {
        String scraped = scrape();
        String alerts = Files.readString(ALERTS.resolve("path-alerts.yml"));
        assertThat(Pattern.compile("slash32_\\w+").matcher(alerts).results().map(MatchResult::group))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(scraped).contains(name));
    }

    @Test
    @Tag("interop")
    void prometheusTakesTheAlertsAndTheyFireWhenTheyShould() {
        Requirement.program("promtool", "prometheus");
        assertThat(Command.run("promtool", "check", "rules", ALERTS + "/path-alerts.yml"))
                .contains("3 rules found");
        assertThat(Command.run("promtool", "test", "rules", ALERTS + "/path-alerts-test.yml"))
                .contains("SUCCESS");
    }
}
