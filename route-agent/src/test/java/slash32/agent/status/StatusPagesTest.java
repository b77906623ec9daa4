package slash32.agent.status;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.Golden;
import slash32.agent.StatusSamples;
import slash32.agent.intent.EndpointId;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.PacketSummary;

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
                        StatusText.evpn(StatusSamples.evpn()),
                        SegmentFormat.text(StatusSamples.segments()),
                        MemoryFormat.text(StatusSamples.memory()),
                        SasFormat.text(StatusSamples.sas(), StatusSamples.NOW),
                        PathsFormat.text(StatusSamples.paths()),
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
            new Event.SyncChanged(4, at, true),
            dropped(5, "vm-2", "0800", "45000028 00000000 40 06 0000 0a010002 0a090001 0fa00016 00000000"),
            dropped(
                    6,
                    null,
                    "86dd",
                    "60000000 0010 3a 40 20010db8000000000000000000000001" + " 20010db8000900000000000000000001 8600"),
            dropped(7, "vm-2", "0806", "0001080006040002 52540000000a 0a000063 000000000000 0a000002"),
        };
    }

    private static Event dropped(long revision, @Nullable String endpoint, String etherType, String packet) {
        return new Event.PacketDropped(
                revision,
                StatusSamples.NOW,
                endpoint == null ? null : new EndpointId(endpoint),
                endpoint == null ? null : new InterfaceName("tap2"),
                endpoint == null ? null : MacAddress.parse("52:54:00:00:00:0a"),
                new Drop(DropReason.NO_RULE, Direction.EGRESS),
                PacketSummary.of(Integer.parseInt(etherType, 16), Bytes.fromHex(packet)));
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
        json.append(StrictJson.text(out -> StatusJson.evpn(out, StatusSamples.evpn())))
                .append('\n');
        json.append(StrictJson.text(out -> MemoryFormat.json(out, StatusSamples.memory())))
                .append('\n');
        json.append(StrictJson.text(out -> SegmentFormat.json(out, StatusSamples.segments())))
                .append('\n');
        json.append(StrictJson.text(out -> SasFormat.json(out, StatusSamples.sas())))
                .append('\n');
        json.append(StrictJson.text(out -> PathsFormat.json(out, StatusSamples.paths())))
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
