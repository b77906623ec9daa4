package slash32.agent.helper;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.agent.config.ProcessConfig;
import slash32.bgp.exabgp.ApiVersion;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.InNetns;

/// Real processes, and what becomes of what they write.
class HelperProcessTest {
    private static final Surroundings HERE = new Surroundings(
            new Asn(65000),
            Ipv4Address.parse("10.0.0.11"),
            Ipv4Address.parse("10.0.0.11"),
            null,
            Map.of(IpAddress.parse("10.0.0.1"), new Asn(65000), IpAddress.parse("10.0.0.2"), new Asn(65000)),
            "1.0");

    @TempDir
    Path folder;

    private final Map<Prefix, PathAttributes> announced = new ConcurrentHashMap<>();
    private final LinkedBlockingQueue<String> happened = new LinkedBlockingQueue<>();
    private final List<HelperProcess> helpers = new ArrayList<>();
    private final List<Thread> threads = new ArrayList<>();

    private final Announcer announcer = new Announcer() {
        @Override
        public @Nullable String announce(String process, Prefix prefix, PathAttributes attributes) {
            announced.put(prefix, attributes);
            happened.add("+" + prefix);
            return null;
        }

        @Override
        public void retract(String process, Collection<Prefix> prefixes) {
            prefixes.forEach(prefix -> {
                announced.remove(prefix);
                happened.add("-" + prefix);
            });
        }
    };

    @AfterEach
    void everythingEnds() throws InterruptedException {
        helpers.forEach(HelperProcess::close);
        for (Thread thread : threads) {
            thread.join(TimeUnit.SECONDS.toMillis(20));
            assertThat(thread.isAlive()).isFalse();
        }
    }

    private static ProcessConfig config(List<String> run, boolean ack, boolean respawn) {
        return new ProcessConfig(
                "test",
                run,
                null,
                ApiVersion.V4,
                Set.of(),
                Set.of(),
                List.of(Prefix.parse("10.9.0.0/24")),
                2,
                ack,
                respawn);
    }

    private HelperProcess start(ProcessConfig config) {
        var helper = new HelperProcess(config, HERE, announcer);
        helpers.add(helper);
        threads.add(thread(helper::run));
        threads.add(thread(helper::runEvents));
        return helper;
    }

    private PathAttributes attributes(String prefix) {
        return Objects.requireNonNull(announced.get(Prefix.parse(prefix)), prefix);
    }

    private interface Work {
        void run() throws InterruptedException;
    }

    private static Thread thread(Work work) {
        return Thread.ofPlatform().daemon(true).start(() -> {
            try {
                work.run();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private HelperProcess script(String text, boolean ack, boolean respawn) throws IOException {
        Path script = Files.writeString(folder.resolve("script"), text);
        return start(config(List.of("/bin/sh", script.toString(), folder.toString()), ack, respawn));
    }

    private String next() throws InterruptedException {
        String what = happened.poll(30, TimeUnit.SECONDS);
        return what == null ? "nothing" : what;
    }

    @Test
    void aScriptAnnouncesIsAnsweredAndWithdraws() throws IOException, InterruptedException {
        script("""
                echo 'announce route 10.9.0.1/32 next-hop self med 5 large-community [ 65000:2:7 ]'
                read -r answer; echo "announce route 10.9.0.2/32 next-hop self community [ no-export ]"
                read -r second; echo "withdraw route 10.9.0.1/32"
                read -r third
                echo "$answer $second $third" > "$1/answers"
                echo 'announce route 10.9.0.3/32 next-hop self'
                read -r forever
                """, true, false);
        assertThat(List.of(next(), next(), next(), next()))
                .containsExactly("+10.9.0.1/32", "+10.9.0.2/32", "-10.9.0.1/32", "+10.9.0.3/32");
        assertThat(Files.readString(folder.resolve("answers"))).isEqualTo("done done done\n");
        assertThat(attributes("10.9.0.2/32").nextHop()).isEqualTo(IpAddress.parse("10.0.0.11"));
    }

    @Test
    void attributesAreThoseOfTheCommand() throws InterruptedException {
        var commands = new Commands(config(List.of("/bin/true"), true, true), HERE, announcer);
        String line = "neighbor 10.0.0.1, neighbor 10.0.0.2 announce route 10.9.0.1/32 next-hop self med 5"
                + " as-path [ 65010 ] local-preference 300 large-community [ 65000:2:7 ]";
        assertThat(commands.line(line).refusal()).isNull();
        PathAttributes attributes = attributes("10.9.0.1/32");
        assertThat(attributes.med()).isEqualTo(5);
        assertThat(attributes.localPref()).isEqualTo(300);
        assertThat(attributes.asPath()).hasToString("65010");
        assertThat(attributes.largeCommunities()).containsExactly(new LargeCommunity(65000, 2, 7));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "announce route 10.9.1.1/32 next-hop self | 10.9.1.1/32 is not in allowedPrefixes of process test",
                "announce route 10.0.0.0/8 next-hop self | 10.0.0.0/8 is not in allowedPrefixes of process test",
                "withdraw route 10.9.1.1/32 | 10.9.1.1/32 is not in allowedPrefixes of process test",
                "announce route 10.9.0.1/32 nexthop self | column 28: 'nexthop': no such attribute",
                "announce route 10.9.0.1/32 next-hop self path-information 5"
                        + " | one path of a prefix is announced, without an identifier",
                "announce route 10.9.0.1/32 next-hop 0.0.0.0 | no peer would take 10.9.0.1/32 with these attributes",
                "announce route 10.9.0.1/32 next-hop 2001:db8::1 | no peer would take 10.9.0.1/32 with these attributes",
                "announce route 10.9.0.1/32 next-hop self attribute [ 0x20 0xc0 0x00 ]"
                        + " | no peer would take 10.9.0.1/32 with these attributes",
                "announce flow route source 10.9.0.0/24 discard | family ipv4-flowspec is not spoken here",
                "neighbor 10.0.0.9 announce route 10.9.0.1/32 next-hop self | there is no such neighbor",
                "shutdown | a process announces and withdraws; all else is the operator's",
                "announce attributes next-hop self nlri 10.9.0.1/32 10.9.1.1/32"
                        + " | 10.9.1.1/32 is not in allowedPrefixes of process test"
            })
    void whatIsNotAllowedIsRefusedWhole(String line, String reason) throws InterruptedException {
        var commands = new Commands(config(List.of("/bin/true"), true, true), HERE, announcer);
        assertThat(commands.line(line).refusal()).isEqualTo(reason);
        assertThat(happened).isEmpty();
    }

    @Test
    void noMoreRoutesThanItMayAndTheLimitIsOfAProcess() throws InterruptedException {
        var commands = new Commands(config(List.of("/bin/true"), true, true), HERE, announcer);
        assertThat(commands.line("announce route 10.9.0.1/32 next-hop self").refusal())
                .isNull();
        assertThat(commands.line("announce route 10.9.0.2/32 next-hop self").refusal())
                .isNull();
        assertThat(commands.line("announce route 10.9.0.2/32 next-hop self med 1")
                        .refusal())
                .isNull();
        assertThat(commands.line("announce route 10.9.0.3/32 next-hop self").refusal())
                .isEqualTo("process test announces 2 routes, which is maxRoutes");
        assertThat(commands.line("withdraw route 10.9.0.1/32").refusal()).isNull();
        assertThat(commands.line("announce route 10.9.0.3/32 next-hop self").refusal())
                .isNull();
    }

    /// One path of a prefix: other neighbours may have it too, with the same attributes, or lose it.
    @Test
    void aRouteMayBeForOneNeighbor() throws InterruptedException {
        var commands = new Commands(config(List.of("/bin/true"), true, true), HERE, announcer);
        IpAddress first = IpAddress.parse("10.0.0.1");
        IpAddress second = IpAddress.parse("10.0.0.2");
        String route = " route 10.9.0.1/32 next-hop self";
        assertThat(commands.line("neighbor 10.0.0.1 announce" + route).refusal())
                .isNull();
        assertThat(attributes("10.9.0.1/32").onlyTo()).containsExactly(first);
        assertThat(commands.line("neighbor 10.0.0.2 announce" + route + " med 5")
                        .refusal())
                .isEqualTo("10.9.0.1/32 is announced to another neighbor with other attributes");
        assertThat(commands.line("neighbor 10.0.0.2 announce" + route).refusal())
                .isNull();
        assertThat(attributes("10.9.0.1/32").onlyTo()).containsExactlyInAnyOrder(first, second);
        assertThat(commands.line("neighbor 10.0.0.1 withdraw" + route).refusal())
                .isNull();
        assertThat(attributes("10.9.0.1/32").onlyTo()).containsExactly(second);
        assertThat(commands.line("neighbor 10.0.0.2 announce" + route + " med 5")
                        .refusal())
                .isNull();
        assertThat(attributes("10.9.0.1/32").med()).isEqualTo(5);
        assertThat(commands.line("announce" + route).refusal()).isNull();
        assertThat(attributes("10.9.0.1/32").onlyTo()).isEmpty();
        assertThat(commands.line("neighbor 10.0.0.2 withdraw" + route).refusal())
                .isNull();
        assertThat(attributes("10.9.0.1/32").onlyTo()).containsExactly(first);
        assertThat(commands.line("neighbor 10.0.0.1 withdraw" + route).refusal())
                .isNull();
        assertThat(announced).isEmpty();
    }

    @Test
    void aWatchdogAnnouncesAndWithdrawsItsRoutes() throws InterruptedException {
        var commands = new Commands(config(List.of("/bin/true"), true, true), HERE, announcer);
        commands.line("announce route 10.9.0.1/32 next-hop self med 5 watchdog dog withdraw");
        commands.line("announce route 10.9.0.2/32 next-hop self watchdog dog");
        assertThat(announced.keySet()).containsExactly(Prefix.parse("10.9.0.2/32"));
        assertThat(commands.line("announce watchdog dog").refusal()).isNull();
        assertThat(announced).hasSize(2);
        assertThat(attributes("10.9.0.1/32").med()).isEqualTo(5);
        assertThat(commands.line("withdraw watchdog dog").refusal()).isNull();
        assertThat(announced).isEmpty();
        commands.line("withdraw route 10.9.0.1/32");
        commands.line("announce watchdog dog");
        assertThat(announced.keySet()).containsExactly(Prefix.parse("10.9.0.2/32"));
        assertThat(commands.line("announce watchdog cat").refusal()).isNull();
    }

    /// A changed configuration takes over what it still allows; what is not announced again goes.
    @Test
    void oneOfAnotherConfigurationGoesOnWithTheRoutes() throws InterruptedException {
        ProcessConfig narrow = config(List.of("/bin/true"), true, true);
        var wide = new ProcessConfig(
                "test",
                narrow.run(),
                null,
                ApiVersion.V4,
                Set.of(),
                Set.of(),
                List.of(Prefix.parse("10.9.0.0/16")),
                5,
                true,
                true);
        var before = new Commands(wide, HERE, announcer);
        before.line("announce attributes next-hop self nlri 10.9.0.1/32 10.9.0.2/32 10.9.1.1/32");
        happened.clear();
        var now = new Commands(narrow, HERE, announcer);
        now.inherit(before);
        assertThat(happened).containsExactly("-10.9.1.1/32");
        now.line("announce route 10.9.0.2/32 next-hop self");
        assertThat(now.sweep()).isEqualTo(1);
        assertThat(announced.keySet()).containsExactly(Prefix.parse("10.9.0.2/32"));
    }

    @Test
    void routesOfAnEarlierRunGoUnlessTheyAreAnnouncedAgain() throws InterruptedException {
        var commands = new Commands(config(List.of("/bin/true"), true, true), HERE, announcer);
        commands.line("announce attributes next-hop self nlri 10.9.0.1/32 10.9.0.2/32");
        commands.ended();
        commands.line("announce route 10.9.0.2/32 next-hop self");
        happened.clear();
        assertThat(commands.sweep()).isEqualTo(1);
        assertThat(happened).containsExactly("-10.9.0.1/32");
        assertThat(commands.sweep()).isZero();
    }

    @Test
    void oneThatEndsIsStartedAgainAndOneThatIsNotToBeLosesItsRoutes() throws IOException, InterruptedException {
        script("echo 'announce route 10.9.0.1/32 next-hop self'; sleep 0.1", false, true);
        assertThat(List.of(next(), next())).containsExactly("+10.9.0.1/32", "+10.9.0.1/32");
        helpers.getFirst().close();
        happened.clear();
        Path other = Files.writeString(folder.resolve("other"), "echo 'announce route 10.9.0.2/32 next-hop self'");
        start(config(List.of("/bin/sh", other.toString()), false, false));
        assertThat(List.of(next(), next())).containsExactly("+10.9.0.2/32", "-10.9.0.2/32");
    }

    /// It reads nothing, and the one who tells it does not wait; then it reads, and hears what had room.
    @Test
    void oneThatDoesNotReadDelaysNobody() throws IOException, InterruptedException {
        HelperProcess helper = script("""
                echo 'announce route 10.9.0.1/32 next-hop self'
                while [ ! -e "$1/read" ]; do sleep 0.05; done
                read -r first
                echo 'announce route 10.9.0.2/32 next-hop self'
                read -r forever
                """, false, false);
        assertThat(next()).isEqualTo("+10.9.0.1/32");
        var told = new CountDownLatch(1);
        String line = "x".repeat(1_000);
        Thread teller = Thread.ofPlatform().daemon(true).start(() -> {
            for (int i = 0; i < 10 * HelperProcess.EVENTS_MAX; i++) {
                helper.tell(_ -> line);
            }
            told.countDown();
        });
        assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
        teller.join();
        assertThat(helper.dropped()).isGreaterThan(8 * HelperProcess.EVENTS_MAX);
        Files.createFile(folder.resolve("read"));
        assertThat(next()).isEqualTo("+10.9.0.2/32");
    }

    @Test
    @InNetns
    void oneMayRunAsAnotherUserWithoutAWayBack() throws InterruptedException {
        String check = "[ \"$(id -un)\" = nobody ] && grep -q 'NoNewPrivs:.1' /proc/self/status"
                + " && echo 'announce route 10.9.0.1/32 next-hop self'";
        ProcessConfig plain = config(List.of("/bin/sh", "-c", check), false, false);
        start(new ProcessConfig(
                plain.name(),
                plain.run(),
                "nobody",
                plain.api(),
                plain.neighbors(),
                plain.receive(),
                plain.allowedPrefixes(),
                plain.maxRoutes(),
                plain.ack(),
                plain.respawn()));
        assertThat(next()).isEqualTo("+10.9.0.1/32");
    }

    /// A line without an end does not fill the memory: the process is ended, and started again.
    @Test
    void oneThatWritesWithoutEndIsEnded() throws IOException, InterruptedException {
        script("echo 'announce route 10.9.0.1/32 next-hop self'; exec tr '\\0' x < /dev/zero", false, true);
        assertThat(List.of(next(), next())).containsExactly("+10.9.0.1/32", "+10.9.0.1/32");
    }
}
