package slash32.agent.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.api.http.HttpServer;
import slash32.agent.api.http.Limits;
import slash32.agent.intent.EndpointId;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.Event;
import slash32.net.Bytes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.PacketSummary;

class WatchTest {
    private static final EndpointId VM = new EndpointId("vm-1");

    private final Path socket;
    private final MemoryControl control = new MemoryControl();
    private final HttpServer server = new HttpServer(Limits.DEFAULT);

    WatchTest(@TempDir Path folder) {
        socket = folder.resolve("agent.sock");
    }

    @BeforeEach
    void listen() throws IOException {
        server.listen(socket, new Api(control, InstantSource.system()));
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void whatHappenedAndWhatHappensIsTold() throws Exception {
        control.reach(VM, MemoryControl.holds(ConditionKind.RULES_ENFORCED));
        control.events()
                .append(revision -> new Event.PeerChanged(
                        revision, MemoryControl.START, IpAddress.parse("10.0.0.1"), "Established", "OPEN agreed"));

        List<String> lines = follow(
                "/v1/watch?since=1001",
                2,
                () -> control.events()
                        .append(revision -> new Event.EndpointRemoved(revision, MemoryControl.START, VM)));

        assertThat(lines).containsExactly("""
                        {"revision":1002,"at":"2026-11-21T08:00:00Z","event":"PeerChanged","peer":"10.0.0.1",\
                        "state":"Established","reason":"OPEN agreed"}""", """
                        {"revision":1003,"at":"2026-11-21T08:00:00Z","event":"EndpointRemoved","endpoint":"vm-1"}""");
    }

    @Test
    void anObserverThatIsTooLateIsTold() throws Exception {
        for (int i = 0; i < 6; i++) {
            control.reach(VM, MemoryControl.holds(ConditionKind.RULES_ENFORCED));
        }
        assertThat(follow("/v1/watch?since=1001", 5, () -> {}))
                .satisfiesExactly(
                        missed -> assertThat(missed).isEqualTo("{\"revision\":1006,\"event\":\"Missed\"}"),
                        line -> assertThat(line).startsWith("{\"revision\":1003,"),
                        line -> assertThat(line).startsWith("{\"revision\":1004,"),
                        line -> assertThat(line).startsWith("{\"revision\":1005,"),
                        line -> assertThat(line).startsWith("{\"revision\":1006,"));
    }

    @Test
    void anObserverFromAnEarlierOrALaterRunIsTold() throws Exception {
        assertThat(follow("/v1/watch?since=0", 1, () -> {}))
                .containsExactly("{\"revision\":1000,\"event\":\"Missed\"}");
        assertThat(follow("/v1/watch?since=5000", 1, () -> {}))
                .containsExactly("{\"revision\":1000,\"event\":\"Missed\"}");
    }

    @Test
    void withoutARevisionItBeginsNow() throws Exception {
        control.reach(VM, MemoryControl.holds(ConditionKind.RULES_ENFORCED));
        var first = new CountDownLatch(1);
        // The observer may not be there yet when an event comes, so they come until it has seen one.
        var source = Thread.ofVirtual().start(() -> {
            while (first.getCount() > 0) {
                control.reach(VM, MemoryControl.holds(ConditionKind.ADVERTISED));
                Thread.onSpinWait();
            }
        });
        List<String> lines = follow("/v1/watch", 1, () -> {});
        first.countDown();
        source.join();
        assertThat(lines.getFirst()).doesNotStartWith("{\"revision\":1001,").containsAnyOf("Advertised", "Missed");
    }

    @Test
    void peopleGetText() throws Exception {
        control.reach(VM, MemoryControl.holds(ConditionKind.ADVERTISED));
        var lines = new ArrayList<String>();
        try (var client = ApiClient.connect(socket, Duration.ofSeconds(30))) {
            client.follow("/v1/watch?since=1000", "text/plain", line -> {
                lines.add(line);
                return false;
            });
        }
        assertThat(lines).containsExactly("2026-11-21T08:00:00Z vm-1 Advertised True (Done) after 0.003 s");
    }

    @Test
    void theDropsOfOneEndpointAreTold() throws Exception {
        for (String endpoint : List.of("vm-2", "vm-1", "vm-2", "vm-1")) {
            control.drops()
                    .append(revision -> new Event.PacketDropped(
                            revision,
                            MemoryControl.START,
                            new EndpointId(endpoint),
                            new InterfaceName("tap-" + endpoint),
                            null,
                            new Drop(DropReason.SPOOFED, Direction.EGRESS),
                            PacketSummary.of(0, Bytes.fromHex("45"))));
        }
        assertThat(follow("/v1/drops?follow=false&endpoint=vm-1", 10, () -> {}))
                .containsExactly(dropped(1002), dropped(1004));
        assertThat(follow("/v1/drops?since=1002&endpoint=vm-1", 1, () -> {})).containsExactly(dropped(1004));
        assertThat(follow("/v1/drops?follow=false", 10, () -> {})).hasSize(4);
    }

    private static String dropped(int revision) {
        return """
                {"revision":%d,"at":"2026-11-21T08:00:00Z","event":"PacketDropped","endpoint":"vm-1","device":"tap-vm-1",\
                "direction":"egress","reason":"spoofed","summary":"ethertype 0x0000, 1 bytes"}""".formatted(revision);
    }

    /// The first {@code count} lines, where {@code then} happens after the first.
    private List<String> follow(String target, int count, Runnable then) throws IOException {
        var lines = new ArrayList<String>();
        try (var client = ApiClient.connect(socket, Duration.ofSeconds(30))) {
            client.follow(target, "application/json", line -> {
                lines.add(line);
                if (lines.size() == 1) {
                    then.run();
                }
                return lines.size() < count;
            });
        }
        return lines;
    }
}
