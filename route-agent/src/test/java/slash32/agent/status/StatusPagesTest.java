package slash32.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.Golden;
import slash32.agent.StatusSamples;
import slash32.agent.intent.EndpointId;
import slash32.agent.json.StrictJson;
import slash32.net.IpAddress;

class StatusPagesTest {
    private static final Path GOLDEN = Path.of("src/test/resources/slash32/agent/status");

    private final Snapshot snapshot = StatusSamples.snapshot();

    @Test
    void textIsAsWritten() throws IOException {
        Golden.check(
                GOLDEN.resolve("pages.txt"),
                String.join(
                        "\n",
                        StatusText.status(snapshot, StatusSamples.NOW),
                        StatusText.peers(snapshot.peers(), StatusSamples.NOW),
                        StatusText.endpoints(snapshot.endpoints(), StatusSamples.NOW),
                        StatusText.groups(snapshot.groups()),
                        StatusText.routes(StatusSamples.routes()),
                        events()));
    }

    private String events() {
        var text = new StringBuilder();
        for (Event event : someEvents()) {
            text.append(StatusText.event(event));
        }
        return text.toString();
    }

    private Event[] someEvents() {
        Instant at = StatusSamples.NOW;
        return new Event[] {
            new Event.ConditionChanged(
                    1,
                    at,
                    new EndpointId("vm-2"),
                    snapshot.endpoints().get(2).condition(ConditionKind.ROUTE_INSTALLED)),
            new Event.EndpointRemoved(2, at, new EndpointId("vm-2")),
            new Event.PeerChanged(3, at, IpAddress.parse("10.0.0.1"), "Idle", "hold timer expired"),
            new Event.SyncChanged(4, at, true)
        };
    }

    @Test
    void jsonIsAsWritten() throws IOException {
        var json = new StringBuilder();
        json.append(StrictJson.text(out -> StatusJson.status(out, snapshot))).append('\n');
        json.append(StrictJson.text(out -> StatusJson.peers(out, snapshot.peers())))
                .append('\n');
        json.append(StrictJson.text(out -> StatusJson.endpoints(out, snapshot))).append('\n');
        json.append(StrictJson.text(out -> StatusJson.groups(out, snapshot.groups())))
                .append('\n');
        json.append(StrictJson.text(out -> StatusJson.routes(out, StatusSamples.routes())))
                .append('\n');
        for (Event event : someEvents()) {
            json.append(StrictJson.text(out -> StatusJson.event(out, event))).append('\n');
        }
        for (String line : json.toString().lines().toList()) {
            assertThat(new ObjectMapper().readTree(line).isObject()).isTrue();
        }
        Golden.check(GOLDEN.resolve("pages.jsonl"), json.toString());
    }

    @ParameterizedTest
    @CsvSource({"-5,0s", "0,0s", "59,59s", "60,1m0s", "3599,59m59s", "3600,1h0m", "86399,23h59m", "90000,1d1h"})
    void anAgeHasItsTwoLargestUnits(long seconds, String text) {
        assertThat(StatusText.age(StatusSamples.START, StatusSamples.START.plusSeconds(seconds)))
                .isEqualTo(text);
    }
}
