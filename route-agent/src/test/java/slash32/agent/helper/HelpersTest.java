package slash32.agent.helper;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.agent.config.ProcessConfig;
import slash32.bgp.exabgp.ApiVersion;
import slash32.bgp.speaker.LocRibListener;
import slash32.bgp.speaker.Speaker;
import slash32.bgp.speaker.SpeakerConfig;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// Processes come and go with the configuration, beside a speaker that has no sessions.
class HelpersTest implements Announcer {
    private static final Asn AS = new Asn(65_000);
    private static final Ipv4Address OWN = Ipv4Address.parse("10.0.0.11");
    private static final Surroundings HERE = new Surroundings(AS, OWN, OWN, null, Map.of(), "1.0");

    @TempDir
    Path folder;

    private final LinkedBlockingQueue<String> happened = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private Speaker speaker;
    private Helpers helpers;

    @BeforeEach
    void speaker() throws IOException {
        speaker = new Speaker(
                new SpeakerConfig(
                        AS, new BgpIdentifier(1), List.<IpAddress>of(), 1790, List.of(), false, Duration.ofSeconds(2)),
                new LocRibListener() {});
        helpers = new Helpers(HERE, "host", this, speaker.monitoring(), this::started);
    }

    @AfterEach
    void everythingEnds() throws InterruptedException {
        helpers.close();
        speaker.close();
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(20));
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private Thread started(String name, Helpers.Loop loop) {
        Thread thread = Thread.ofPlatform().name(name).daemon(true).start(() -> {
            try {
                loop.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        threads.add(thread);
        return thread;
    }

    /// Announces its own route, and says in a file that it began.
    private ProcessConfig process(String name, int host) {
        String script = "echo begins >> " + folder.resolve(name) + "; echo 'announce route 10.9.0." + host
                + "/32 next-hop self'; read -r forever";
        return new ProcessConfig(
                name,
                List.of("/bin/sh", "-c", script),
                null,
                ApiVersion.V4,
                Set.of(),
                Set.of(),
                List.of(Prefix.parse("10.9.0.0/24")),
                5,
                false,
                true);
    }

    private String next() throws InterruptedException {
        String what = happened.poll(30, TimeUnit.SECONDS);
        return what == null ? "nothing" : what;
    }

    private long beginnings(String name) throws IOException {
        try (var lines = Files.lines(folder.resolve(name))) {
            return lines.count();
        }
    }

    @Test
    void whatDidNotChangeRunsOnAndWhatIsNoMoreTakesItsRoutesAlong() throws Exception {
        helpers.configure(List.of(process("one", 1), process("two", 2)), HERE);
        assertThat(List.of(next(), next())).containsExactlyInAnyOrder("one +10.9.0.1/32", "two +10.9.0.2/32");
        helpers.configure(List.of(process("one", 1), process("three", 3)), HERE);
        assertThat(List.of(next(), next())).containsExactlyInAnyOrder("two -10.9.0.2/32", "three +10.9.0.3/32");
        assertThat(beginnings("one")).isEqualTo(1);
        helpers.configure(List.of(process("one", 4), process("three", 3)), HERE);
        assertThat(next()).isEqualTo("one +10.9.0.4/32"); // the other is there until it had its time to come again
        assertThat(beginnings("one")).isEqualTo(2);
        assertThat(beginnings("three")).isEqualTo(1);
        helpers.configure(List.of(), HERE);
        assertThat(List.of(next(), next(), next()))
                .containsExactlyInAnyOrder("one -10.9.0.1/32", "one -10.9.0.4/32", "three -10.9.0.3/32");
    }

    @Override
    public @Nullable String announce(String process, Prefix prefix, PathAttributes attributes) {
        happened.add(process + " +" + prefix);
        return null;
    }

    @Override
    public void retract(String process, Collection<Prefix> prefixes) {
        prefixes.forEach(prefix -> happened.add(process + " -" + prefix));
    }
}
