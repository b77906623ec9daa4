package slash32.bgp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// docs/rfc-coverage.md names tests that are there: classes of any module, and their methods.
class RfcCoverageTest {
    private static final Path PAGE = Path.of("../docs/rfc-coverage.md");
    private static final Pattern NAMED = Pattern.compile("\\b([A-Z]\\w*(?:Test|Simulation|Matrix))(?:\\.(\\w+))?(…)?");

    @Test
    void everyTestThatIsNamedIsThere() throws IOException {
        Map<String, String> sources = sources();
        var missing = new TreeSet<String>();
        String page = Files.readString(PAGE);
        var matcher = NAMED.matcher(page);
        int count = 0;
        while (matcher.find()) {
            count++;
            String source = sources.get(matcher.group(1));
            String method = matcher.group(2);
            boolean begins = matcher.group(3) != null;
            if (source == null
                    || (method != null
                            && !Pattern.compile(" " + method + (begins ? "\\w*" : "") + "\\(")
                                    .matcher(source)
                                    .find())) {
                missing.add(matcher.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(count).isGreaterThan(50);
    }

    /// Whatever is done names what shows it.
    @Test
    void everyRowThatIsDoneNamesATest() throws IOException {
        List<String> without = Files.readString(PAGE)
                .lines()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| RFC |"))
                .filter(line -> {
                    String[] cells = line.split("\\|", -1);
                    return cells.length > 4
                            && cells[3].strip().startsWith("done")
                            && !NAMED.matcher(cells[4]).find();
                })
                .toList();
        assertThat(without).isEmpty();
    }

    private static Map<String, String> sources() throws IOException {
        try (Stream<Path> all = Files.walk(Path.of(".."))) {
            return all.filter(file -> file.toString().contains("/src/test/java/"))
                    .filter(file -> file.toString().endsWith(".java"))
                    .collect(Collectors.toMap(
                            file -> file.getFileName().toString().replace(".java", ""),
                            RfcCoverageTest::read,
                            String::concat, // of the same name in two modules
                            TreeMap::new));
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
