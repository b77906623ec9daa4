package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What real peers and this speaker make of each other: a table of peers and features of which every cell is measured
/// in the run that writes it. Not a test that may fail, so its name does not end in Test; `make interop` runs it.
@InNetns
class InteropMatrix {
    @TempDir
    Path folder;

    @Test
    void table() throws Exception {
        for (String address : List.of("10.0.0.1", "10.0.0.11", "10.0.0.12", "10.0.0.13")) {
            Command.run("ip", "addr", "add", address + "/32", "dev", "lo");
        }
        for (String address : List.of("2001:db8::11", "2001:db8::12")) {
            Command.run("ip", "addr", "add", address + "/128", "dev", "lo");
        }
        var columns = new ArrayList<InteropColumn>();
        String only = System.getProperty("interop.peer", "");
        var exabgp = new ExabgpMeasurements(folder);
        if (only.isEmpty() || only.equals(exabgp.name())) {
            columns.add(exabgp.measured());
        }
        for (RealPeer peer : RealPeer.all(folder)) {
            if (only.isEmpty() || only.equals(peer.name())) {
                columns.add(new InteropMeasurements(peer).measured());
            }
        }
        String notes =
                columns.stream().flatMap(column -> column.notes().stream()).collect(Collectors.joining("\n"));
        String table = table(columns) + "\n" + notes + "\n";
        System.out.println(table);
        if (only.isEmpty()) {
            write(table);
        }
    }

    private static String table(List<InteropColumn> columns) throws IOException {
        var text = new StringBuilder("| feature");
        for (InteropColumn column : columns) {
            text.append(" | ").append(column.title());
        }
        text.append(" |\n").append("|---".repeat(columns.size() + 1)).append("|\n");
        for (String feature : InteropColumn.FEATURES) {
            text.append("| ").append(feature);
            columns.forEach(column -> text.append(" | ").append(column.cell(feature)));
            text.append(" |\n");
        }
        return text.toString();
    }

    /// Between the marks of docs/interop.md.
    private static void write(String table) throws IOException {
        Path page = Path.of("../docs/interop.md");
        String text = Files.readString(page);
        String begin = "<!-- table: written by `make interop` -->\n";
        String end = "<!-- end of table -->";
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf(end);
        assertThat(from).isPositive().isLessThanOrEqualTo(to);
        Files.writeString(page, text.substring(0, from) + table + text.substring(to));
    }
}
