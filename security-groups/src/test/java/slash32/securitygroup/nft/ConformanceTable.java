package slash32.securitygroup.nft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import slash32.securitygroup.EtherType;

/// The tables of {@code docs/security-groups.md}: what holds, and the tests that show it.
///
/// @param rows in the page's order
/// @param packetTests the classes whose tests send packets, by the letter that the page has for each
record ConformanceTable(List<Row> rows, Map<String, String> packetTests) {
    static final Path PAGE = Path.of("../docs/security-groups.md");

    private static final Pattern LETTER = Pattern.compile("`([A-Z])` = `(\\w+)`");
    private static final Pattern TEST =
            Pattern.compile("`([A-Z]\\w*)(?:\\.(\\w+))?(?: ?\\([^)]*\\))?`(?: \\((IPv[46])\\))?");

    /// One line.
    ///
    /// @param what its cells, but for the last
    /// @param shownBy its last cell, as it stands
    /// @param tests that the cell names
    record Row(String what, String shownBy, List<Shown> tests) {
        /// The families whose packets its tests send.
        Set<EtherType> families() {
            var families = EnumSet.noneOf(EtherType.class);
            tests.forEach(test -> families.addAll(test.families()));
            return families;
        }
    }

    /// A test that a line names.
    ///
    /// @param type the class
    /// @param method null for all of the class
    /// @param families of the packets that it sends; empty if it is no packet test
    record Shown(String type, @Nullable String method, Set<EtherType> families) {}

    static ConformanceTable read() {
        try {
            return parse(Files.readString(PAGE));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static ConformanceTable parse(String page) {
        var letters = new HashMap<String, String>();
        LETTER.matcher(page).results().forEach(found -> letters.put(found.group(1), found.group(2)));
        var rows = new ArrayList<Row>();
        page.lines()
                .filter(line -> line.startsWith("| ") && line.endsWith(" |"))
                .filter(line -> !line.endsWith("| Shown by |"))
                .forEach(line -> {
                    int bar = line.lastIndexOf(" | ");
                    String last = line.substring(bar + 3, line.length() - 2);
                    rows.add(new Row(line.substring(2, bar), last, tests(last, letters)));
                });
        return new ConformanceTable(List.copyOf(rows), Map.copyOf(letters));
    }

    private static List<Shown> tests(String cell, Map<String, String> letters) {
        return TEST.matcher(cell)
                .results()
                .map(found -> {
                    String letter = found.group(1);
                    Set<EtherType> families = !letters.containsKey(letter)
                            ? Set.of()
                            : found.group(3) == null
                                    ? EnumSet.allOf(EtherType.class)
                                    : EnumSet.of(EtherType.parse(found.group(3)));
                    return new Shown(letters.getOrDefault(letter, letter), found.group(2), families);
                })
                .toList();
    }

    /// The families whose packets a test is said to send; empty if the page does not name it.
    Set<EtherType> families(String type, String method) {
        var families = EnumSet.noneOf(EtherType.class);
        rows.stream()
                .flatMap(row -> row.tests().stream())
                .filter(test -> test.type().equals(type) && method.equals(test.method()))
                .forEach(test -> families.addAll(test.families()));
        return families;
    }
}
