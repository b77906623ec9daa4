package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.api.ApiClient;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.Loaded;
import slash32.agent.config.ReflectorConfig;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.speaker.LocRibListener;
import slash32.bgp.speaker.OriginatedRoute;
import slash32.bgp.speaker.PeerConfig;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.SpeakerConfig;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// The reflector as a whole, between two speakers of the agent's kind.
@InNetns
class RouteReflectorTest {
    private static final Prefix HOST = Prefix.parse("10.9.0.1/32");

    @TempDir
    Path folder;

    private @Nullable RouteReflector reflector;
    private @Nullable Speaker one;
    private @Nullable Speaker two;

    @AfterEach
    void close() {
        if (one != null) {
            one.close();
        }
        if (two != null) {
            two.close();
        }
        if (reflector != null) {
            reflector.close();
        }
    }

    @Test
    void routesPassAndThePagesSaySo() throws Exception {
        for (String address : List.of("10.0.0.1", "10.0.0.11", "10.0.0.12")) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        reflector = new RouteReflector(config(), "1.2.3");
        reflector.start();
        one = speaker("10.0.0.11", new SynchronousQueue<>());
        var heard = new SynchronousQueue<PathAttributes>();
        two = speaker("10.0.0.12", heard);
        one.originate(List.of(new OriginatedRoute(HOST, IpAddress.parse("10.0.0.11"), 100, List.of())));
        assertThat(Objects.requireNonNull(heard.poll(30, TimeUnit.SECONDS)).originatorId())
                .isEqualTo(new BgpIdentifier(Ipv4Address.parse("10.0.0.11").value()));

        assertThat(page("/v1/status"))
                .startsWith("rr1, slash32 reflector 1.2.3, up ")
                .contains("peers      2 of 2 Established\n", "rib        ipv4-unicast: 1 best of 1 paths\n")
                .doesNotContain("endpoints", "fib");
        assertThat(page("/v1/routes")).contains("10.9.0.1/32", "10.0.0.11");
        assertThat(page("/v1/peers")).contains("10.0.0.12");
        assertThat(page("/v1/watch?follow=false")).contains("peer 10.0.0.11 Established");
        assertThat(page("/v1/endpoints")).contains("there is no /v1/endpoints");
        assertThat(reflector.reload(config())).isEmpty();
    }

    private ReflectorConfig config() {
        String yaml = """
                name: rr1
                asn: 65000
                routerId: 10.0.0.1
                listen: ["10.0.0.1:1790"]
                peerRanges: [{prefix: 10.0.0.0/8}]
                settleTime: 1s
                api: {socket: %s}
                """.formatted(folder.resolve("rr.sock"));
        return switch (ConfigFile.parseReflector(yaml)) {
            case Loaded.Accepted<ReflectorConfig>(ReflectorConfig config) -> config;
            case Loaded.Refused<ReflectorConfig>(var problems) -> throw new AssertionError(problems);
        };
    }

    private String page(String target) throws IOException {
        try (var client = ApiClient.connect(folder.resolve("rr.sock"), Duration.ofSeconds(10))) {
            return client.send("GET", target, "text/plain", null).body();
        }
    }

    private static Speaker speaker(String address, SynchronousQueue<PathAttributes> routes) throws IOException {
        IpAddress own = IpAddress.parse(address);
        var families = java.util.Set.of(AddressFamily.IPV4_UNICAST);
        var peer =
                new PeerConfig(IpAddress.parse("10.0.0.1"), 1790, own, new Asn(65000), families, null, 180, 60, false);
        var speaker = new Speaker(
                new SpeakerConfig(
                        new Asn(65000),
                        new BgpIdentifier(((Ipv4Address) own).value()),
                        List.of(),
                        1790,
                        List.of(peer),
                        false,
                        Duration.ofSeconds(1)),
                new Heard(routes));
        speaker.start();
        return speaker;
    }

    /// Offers the routes that a speaker learns to whoever waits.
    private record Heard(SynchronousQueue<PathAttributes> routes) implements LocRibListener {
        @Override
        public void changed(RibDelta delta) {
            PathAttributes attributes = delta.attributes(0);
            if (attributes != null) {
                try {
                    boolean _ = routes.offer(attributes, 30, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
