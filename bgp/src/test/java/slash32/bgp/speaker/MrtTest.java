package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.speaker.monitor.MrtFiles;
import slash32.bgp.speaker.monitor.MrtLoop;
import slash32.bgp.speaker.monitor.TableDump;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// MRT files of a speaker with scripted peers, read by bgpdump.
@InNetns
class MrtTest {
    private static final int PORT = 1790;
    private static final String OWN = "10.0.0.11";
    private static final String PEER = "10.0.0.1";
    private static final String OTHER = "10.0.0.2";
    private static final Prefix ONE = Prefix.parse("10.9.0.1/32");
    private static final Prefix LAST = Prefix.parse("10.10.0.1/32");
    private static final Prefix SIX = Prefix.parse("2001:db8:9::1/128");
    private static final BgpIdentifier IDENTIFIER = new BgpIdentifier(0x0a00_000b);
    private static final PathAttributes VIA = PathAttributes.builder()
            .asPath(AsPath.EMPTY.prepend(new Asn(4_200_000_000L)).prepend(new Asn(65_001)))
            .nextHop(IpAddress.parse("10.0.0.50"))
            .localPref(100)
            .med(7)
            .communities(List.of(65_000 << 16 | 5))
            .build();
    private static final PathAttributes VIA_SIX =
            VIA.toBuilder().nextHop(IpAddress.parse("2001:db8::50")).build();

    @RegisterExtension
    final Opened opened = new Opened(PEER, OTHER, OWN);

    private final Recorder heard = new Recorder();

    @TempDir
    Path folder;

    @Test
    @Tag("interop")
    void bgpdumpReadsTheTableAsItIs() throws Exception {
        Requirement.program("bgpdump", "bgpdump");
        Speaker speaker = speaker();
        peer(PEER).announce(VIA, prefixes(3_000)).announce(VIA_SIX, SIX);
        peer(OTHER).announce(VIA.toBuilder().localPref(50).build(), ONE, LAST);
        heard.await("the routes", () -> heard.routes.size() == 3_002);
        Path file = folder.resolve("rib.mrt");
        try (OutputStream out = Files.newOutputStream(file)) {
            new TableDump(speaker.monitoring(), IDENTIFIER).write(out);
        }
        var wanted = new TreeSet<String>();
        for (Prefix prefix : prefixes(3_000)) {
            wanted.add(line(PEER, prefix, "10.0.0.50", 100));
        }
        wanted.add(line(OTHER, LAST, "10.0.0.50", 50));
        wanted.add(line(OTHER, ONE, "10.0.0.50", 50));
        wanted.add(line(PEER, SIX, "2001:db8::50", 100));
        Set<String> read = bgpdump(file)
                .map(line -> line.replaceFirst("TABLE_DUMP2\\|\\d+\\|B\\|", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(read).isEqualTo(wanted);
    }

    private static String line(String peer, Prefix prefix, String nextHop, int preference) {
        return "%s|65000|%s|65001 4200000000|IGP|%s|%d|7|65000:5|NAG||".formatted(peer, prefix, nextHop, preference);
    }

    @Test
    @Tag("interop")
    void bgpdumpReadsWhatPeersSaid() throws Exception {
        Requirement.program("bgpdump", "bgpdump");
        Speaker speaker = speaker();
        MrtLoop loop = loop(speaker, new MrtFiles(folder, Duration.ZERO, Duration.ofDays(1), 3));
        Thread thread = run(loop);
        heard.await("the log", () -> !files("updates.").isEmpty());
        peer(PEER).announce(VIA, ONE).announce(VIA_SIX, SIX);
        heard.await("the routes", () -> heard.routes.size() == 2);
        loop.close();
        thread.join();
        List<Path> files = files("updates.");
        assertThat(files).singleElement().asString().endsWith(".mrt");
        List<String> lines = bgpdump(files.getFirst())
                .map(line -> line.replaceFirst("BGP4MP\\|\\d+\\|", ""))
                .toList();
        assertThat(lines)
                .contains(
                        "STATE|10.0.0.1|65000|5|6",
                        "A|" + line(PEER, ONE, "10.0.0.50", 100),
                        "A|" + line(PEER, SIX, "2001:db8::50", 100));
    }

    @Test
    void tablesAreWrittenAgainAndAgainAndOldOnesRemoved() throws Exception {
        Path left = Files.writeString(folder.resolve("updates.20260101.000000.mrt.part"), "");
        Path torn = Files.writeString(folder.resolve("rib.20260101.000000.mrt.part"), "");
        Speaker speaker = speaker();
        run(loop(speaker, new MrtFiles(folder, Duration.ofSeconds(1), Duration.ZERO, 2)));
        heard.await("a table", () -> !files("rib.").isEmpty() && !Files.exists(torn));
        assertThat(left).doesNotExist();
        assertThat(folder.resolve("updates.20260101.000000.mrt")).exists();
        heard.await(
                "a table",
                () -> files("rib.").stream().anyMatch(file -> file.toString().endsWith(".mrt")));
        Path first = files("rib.").getFirst();
        heard.await("the first to be removed", () -> !Files.exists(first));
        assertThat(files("rib.").size()).isLessThanOrEqualTo(4);
    }

    @Test
    void aFullDiskHarmsNobody() throws Exception {
        Command.run("mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder.toString());
        opened.add(() -> Command.run("umount", "-l", folder.toString()));
        Speaker speaker = speaker();
        MrtLoop loop = loop(speaker, new MrtFiles(folder, Duration.ofSeconds(1), Duration.ofDays(1), 3));
        Thread thread = run(loop);
        heard.await("the log", () -> !files("updates.").isEmpty());
        ScriptedPeer peer = peer(PEER).announce(VIA, prefixes(20_000));
        heard.await("the routes", () -> heard.routes.size() == 20_000);
        heard.await(
                "the log to be given up",
                () -> files("updates.").stream()
                        .allMatch(file -> file.toString().endsWith(".mrt")));
        peer.announce(VIA_SIX, SIX);
        heard.await("one more", () -> heard.routes.size() == 20_001);
        assertThat(speaker.status().peers().getFirst().counters().flaps()).isZero();
        loop.close();
        thread.join();
    }

    private List<Path> files(String kind) {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(file -> file.getFileName().toString().startsWith(kind))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> bgpdump(Path file) {
        Command.Outcome outcome = Command.tryRun("bgpdump", "-m", file.toString());
        assertThat(outcome.exitCode()).isZero();
        return outcome.output().lines().filter(line -> line.contains("|"));
    }

    private static Prefix[] prefixes(int count) {
        return IntStream.rangeClosed(1, count)
                .mapToObj(host -> new Ipv4Address(0x0a09_0000 + host).hostPrefix())
                .toArray(Prefix[]::new);
    }

    private MrtLoop loop(Speaker speaker, MrtFiles files) {
        return new MrtLoop(files, ScriptedPeer.AS, IDENTIFIER, speaker.monitoring());
    }

    private Thread run(MrtLoop loop) {
        return opened.run("mrt", loop::run, loop::close);
    }

    private ScriptedPeer peer(String address) throws IOException {
        var peer = new ScriptedPeer(address, OWN, PORT);
        opened.add(peer);
        return peer.establish();
    }

    private Speaker speaker() throws IOException {
        var config = new SpeakerConfig(
                ScriptedPeer.AS,
                IDENTIFIER,
                List.of(IpAddress.parse(OWN)),
                PORT,
                List.of(passive(PEER), passive(OTHER)),
                false,
                Duration.ofSeconds(2));
        var speaker = new Speaker(config, heard);
        opened.add(speaker);
        speaker.start();
        speaker.initialRoutesOriginated();
        return speaker;
    }

    private static PeerConfig passive(String address) {
        return new PeerConfig(
                IpAddress.parse(address), PORT, null, ScriptedPeer.AS, ScriptedPeer.FAMILIES, null, 180, 0, true);
    }
}
