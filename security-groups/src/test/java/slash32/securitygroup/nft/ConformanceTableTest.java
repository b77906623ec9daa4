package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import slash32.securitygroup.EtherType;

/// {@code docs/security-groups.md} names tests that are there, and of both families wherever packets are concerned.
/// {@link ConformanceExtension} holds the packet tests to it as they run.
class ConformanceTableTest {
    private static final Pattern SCENARIO = Pattern.compile("\\(\\.\\./lab/topologies/([a-z0-9-]+)/README\\.md\\)");

    private static Map<String, String> sources() throws IOException {
        var sources = new HashMap<String, String>();
        for (String module : List.of("security-groups", "route-agent")) {
            try (Stream<Path> files = Files.walk(Path.of("..", module, "src/test/java"))) {
                for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                    sources.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
                }
            }
        }
        return sources;
    }

    @Test
    void everyLineNamesTestsThatAreThere() throws IOException {
        Map<String, String> sources = sources();
        List<ConformanceTable.Row> rows = ConformanceTable.read().rows();
        assertThat(rows).hasSizeGreaterThan(60);
        for (ConformanceTable.Row row : rows) {
            var scenario = SCENARIO.matcher(row.shownBy());
            boolean played = scenario.find();
            assertThat(played || !row.tests().isEmpty()).as(row.what()).isTrue();
            if (played) {
                assertThat(Path.of("../lab/topologies", scenario.group(1), "expect"))
                        .as(row.what())
                        .isDirectory();
            }
            for (ConformanceTable.Shown test : row.tests()) {
                assertThat(sources).as(row.what()).containsKey(test.type());
                if (test.method() != null) {
                    assertThat(sources.get(test.type())).as(row.what()).contains("void " + test.method() + "(");
                }
            }
        }
    }

    /// A line of one family says so, one that no packet shows is about what is refused, or says so too. Of a scenario
    /// nobody can tell here.
    @Test
    void everyLineIsShownByPacketsOfBothFamilies() {
        for (ConformanceTable.Row row : ConformanceTable.read().rows()) {
            Set<EtherType> wanted = EnumSet.noneOf(EtherType.class);
            if (row.what().startsWith("IPv4: ")) {
                wanted.add(EtherType.IPV4);
            } else if (row.what().startsWith("IPv6: ")) {
                wanted.add(EtherType.IPV6);
            } else if (!row.what().contains("refused")
                    && !row.shownBy().startsWith("no packets: ")
                    && !row.shownBy().startsWith("lab scenario ")) {
                wanted.addAll(EnumSet.allOf(EtherType.class));
            }
            assertThat(row.families()).as(row.what()).containsAll(wanted);
        }
    }

    @Test
    void aLineIsReadWithItsFamilies() {
        var table = ConformanceTable.parse("""
                `F` = `FirstTest`
                | What | Shown by |
                |---|---|
                | all | `F.a`, `OtherTest.b` |
                | one | `F.c` (IPv6), `F.a` |
                """);
        assertThat(table.rows()).hasSize(2);
        assertThat(table.families("FirstTest", "a")).containsExactlyInAnyOrder(EtherType.values());
        assertThat(table.families("FirstTest", "c")).containsExactly(EtherType.IPV6);
        assertThat(table.families("OtherTest", "b")).isEmpty();
    }
}
