package slash32.bgp.exabgp.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.exabgp.Families;
import slash32.bgp.exabgp.command.CommandEncoder.Encoded;
import slash32.bgp.exabgp.command.CommandParser.Parsed;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.testkit.Requirement;

/// The octets are ExaBGP's.
class CommandEncoderTest {
    private static final Path TABLE = Path.of("src/test/resources/slash32/bgp/exabgp/command/commands.txt");
    private static final String REFUSED = "refused";

    @TempDir
    Path folder;

    /// A command, the session it is for, and what is sent.
    record Row(String session, String command, List<String> sent) {
        @Override
        public String toString() {
            return session + " " + (command.length() > 100 ? command.substring(0, 100) + "…" : command);
        }
    }

    static List<Row> table() {
        var rows = new ArrayList<Row>();
        for (String line : lines(TABLE)) {
            if (line.startsWith("  ")) {
                rows.getLast().sent().add(line.strip());
            } else if (!line.startsWith("#")) {
                String[] parts = line.split("\t", 2);
                rows.add(new Row(parts[0], parts[1], new ArrayList<>()));
            }
        }
        return rows;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("table")
    void sendsWhatExabgpSends(Row row) {
        assertThat(sent(row.command(), context(row.session()))).isEqualTo(row.sent());
    }

    private static EncodeContext context(String session) {
        Set<String> words = Set.copyOf(Arrays.asList(session.split(",")));
        Set<AddressFamily> addPath = words.contains("addpath") ? Families.all() : Set.of();
        return new EncodeContext(
                words.contains("ibgp"),
                !words.contains("as2"),
                addPath,
                new Asn(65001),
                Ipv4Address.parse("192.0.2.1"),
                null,
                4096);
    }

    private static List<String> sent(String command, EncodeContext context) {
        return switch (CommandParser.parse(command)) {
            case Parsed.Refused _ -> List.of(REFUSED);
            case Parsed.Understood(CommandLine line) ->
                switch (CommandEncoder.encode(line.command(), context)) {
                    case Encoded.Refused _ -> List.of(REFUSED);
                    case Encoded.Messages(List<Bytes> list) ->
                        list.stream().map(Bytes::toString).toList();
                };
        };
    }

    /// The table is what the installed ExaBGP says today.
    @Test
    @Tag("interop")
    void theTableIsTheInstalledExabgps() throws IOException, InterruptedException {
        Requirement.program("exabgp", "exabgp");
        List<Row> rows = table();
        var asked = new StringBuilder();
        rows.forEach(row ->
                asked.append(row.session()).append('\t').append(row.command()).append('\n'));
        Path script = folder.resolve("encode.py");
        try (var in = CommandEncoderTest.class.getResourceAsStream("encode.py")) {
            Files.write(script, Objects.requireNonNull(in).readAllBytes());
        }
        Process process = new ProcessBuilder("/usr/bin/python3", script.toString())
                .redirectInput(Files.writeString(folder.resolve("in"), asked).toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
        List<String> answers = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8)
                .lines()
                .toList();
        process.waitFor();
        assertThat(answers).as(Files.readString(folder.resolve("err"))).hasSameSizeAs(rows);
        var theirs = new ArrayList<Row>();
        for (int i = 0; i < rows.size(); i++) {
            theirs.add(new Row(
                    rows.get(i).session(),
                    rows.get(i).command(),
                    List.of(answers.get(i).split(" "))));
        }
        if (Boolean.getBoolean("golden.write")) {
            write(theirs);
        } else {
            assertThat(rows).isEqualTo(theirs);
        }
        System.out.printf("%d commands sent by ExaBGP%n", rows.size());
    }

    private static void write(List<Row> rows) throws IOException {
        var out = new ArrayList<String>();
        lines(TABLE).stream().filter(line -> line.startsWith("#")).forEach(out::add);
        rows.forEach(row -> {
            out.add(row.session() + "\t" + row.command());
            row.sent().forEach(message -> out.add("  " + message));
        });
        Files.write(TABLE, out);
    }

    /// The words of later ExaBGPs mean the same.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "announce ipv4 unicast 10.0.0.0/24 next-hop 1.2.3.4 med 5 | announce route 10.0.0.0/24 next-hop 1.2.3.4 med 5",
                "announce ipv6 unicast fc00::/64 next-hop 2001::1 | announce route fc00::/64 next-hop 2001::1",
                "withdraw ipv6 unicast fc00::/64 | withdraw route fc00::/64",
                "announce ipv4 mpls-vpn 10.0.0.0/24 rd 1:2 label 3 next-hop 1.2.3.4"
                        + " | announce route 10.0.0.0/24 rd 1:2 label 3 next-hop 1.2.3.4",
                "announce ipv4 flow source-ipv4 10.0.0.0/24 extended-community [rate-limit:0]"
                        + " | announce flow route source 10.0.0.0/24 discard",
                "neighbor 10.0.0.9 local-as 1, neighbor 10.0.0.8 announce route 10.0.0.0/24 next-hop 1.2.3.4"
                        + " | announce route 10.0.0.0/24 next-hop 1.2.3.4"
            })
    void laterWordsMeanTheSame(String later, String earlier) {
        EncodeContext context = context("ibgp,as4");
        assertThat(sent(later, context)).isEqualTo(sent(earlier, context)).isNotEqualTo(List.of(REFUSED));
    }

    /// What ExaBGP sends in messages that a peer would refuse, or not at all.
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "announce route 10.0.0.0/24 nexthop 1.2.3.4 | column 28: 'nexthop': no such attribute",
                "announce route 10.0.0.1/24 next-hop 1.2.3.4"
                        + " | column 16: '10.0.0.1/24': a prefix is wanted, without bits past its length",
                "announce route 10.0.0.0/24 | column 27: end of line: an announcement of this family needs next-hop",
                "announce route 10.0.0.0/24 next-hop self med"
                        + " | column 45: end of line: a MED is a number of 0 to 4294967295",
                "announce route 10.0.0.0/24 next-hop self community [ 1:2"
                        + " | column 57: end of line: ']' is wanted here",
                "announce flow route source 10.0.0.0/24 destination 2001:db8::/64"
                        + " | column 52: '2001:db8::/64': source and destination are of one family",
                "say something | column 1: 'say': no such command; there is",
                "announce route 10.0.0.0/8 next-hop 1.1.1.1 split /32"
                        + " | column 50: '/32': a split makes at most 65536 routes",
                "announce route 10.0.0.0/24 next-hop 1.1.1.1 attribute [ 0x0e 0x80 0x00 ]"
                        + " | column 72: ']': this attribute is made of the route",
                "announce eor ipv4 unicast now | column 27: 'now': the command has ended before this",
                "announce route 10.0.0.0/24 next-hop 'self | column 37: ''self': the quote is not closed"
            })
    void whatIsWrongIsSaid(String command, String said) {
        assertThat(CommandParser.parse(command))
                .isInstanceOfSatisfying(
                        Parsed.Refused.class,
                        refused -> assertThat(refused.why().toString()).startsWith(said));
    }

    @Test
    void aNeighborIsDescribed() {
        var neighbor = java.util.Map.of("neighbor", "10.0.0.9", "peer-as", "65000", "local-ip", "10.0.0.1");
        assertThat(line("neighbor 10.0.0.9 peer-as 65000 announce eor").isFor(neighbor))
                .isTrue();
        assertThat(line("neighbor 10.0.0.9 peer-as 65001 announce eor").isFor(neighbor))
                .isFalse();
        assertThat(line("neighbor 10.0.0.8, neighbor 10.0.0.9 announce eor").isFor(neighbor))
                .isTrue();
        assertThat(line("neighbor * announce eor").isFor(neighbor)).isTrue();
        assertThat(line("announce eor").isFor(neighbor)).isTrue();
    }

    private static CommandLine line(String text) {
        return ((Parsed.Understood) CommandParser.parse(text)).line();
    }

    @Test
    void selfNeedsAnAddressAndManyRoutesNeedManyMessages() {
        EncodeContext context = context("ibgp,as4");
        assertThat(sent("announce route 2001:db8::/32 next-hop self", context)).containsExactly(REFUSED);
        List<String> many = sent("announce route 10.0.0.0/16 next-hop self split /28", context);
        assertThat(many)
                .hasSizeGreaterThan(4)
                .allSatisfy(message -> assertThat(message).hasSizeLessThanOrEqualTo(8192));
    }
}
