package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Locale;
import slash32.net.TableSize;

/// What memory is used for, as JSON (docs/openapi.yaml) and as text.
public final class MemoryFormat {
    private static final double MIB = 1 << 20;

    private MemoryFormat() {}

    /// All of it in octets.
    public static void json(JsonGenerator json, MemoryView view) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("tables");
        for (TableSize table : view.tables()) {
            json.writeStartObject();
            json.writeStringField("name", table.name());
            json.writeNumberField("entries", table.entries());
            if (table.octets() != TableSize.OBJECTS) {
                json.writeNumberField("octets", table.octets());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("heap");
        json.writeNumberField("tables", view.tableOctets());
        json.writeNumberField("otherObjects", view.otherObjects());
        json.writeNumberField("used", view.heap().used());
        json.writeNumberField("committed", view.heap().committed());
        json.writeNumberField("max", view.heap().max());
        json.writeEndObject();
        json.writeObjectFieldStart("areas");
        for (MemoryView.Area area : view.areas()) {
            json.writeNumberField(area.name(), area.octets());
        }
        json.writeEndObject();
        json.writeObjectFieldStart("resident");
        json.writeNumberField("octets", view.resident().octets());
        json.writeNumberField("anonymous", view.resident().anonymous());
        json.writeNumberField("file", view.resident().file());
        json.writeNumberField("rest", view.rest());
        json.writeNumberField("peak", view.resident().peak());
        json.writeEndObject();
        json.writeEndObject();
    }

    /// The tables, then the areas that what is resident consists of.
    public static String text(MemoryView view) {
        var tables = new Columns("TABLE", "ENTRIES", "MIB", "OCTETS EACH");
        for (TableSize table : view.tables()) {
            boolean arrays = table.octets() != TableSize.OBJECTS;
            tables.row(
                    table.name(),
                    table.entries(),
                    arrays ? mib(table.octets()) : "-",
                    arrays && table.entries() > 0 ? table.octets() / table.entries() : "-");
        }
        MemoryView.Heap heap = view.heap();
        var areas = new Columns("AREA", "MIB", "OF WHICH");
        areas.row("heap", mib(heap.committed()), "at most " + mib(heap.max()));
        areas.row("  tables", mib(view.tableOctets()), "arrays of the tables above");
        areas.row("  other objects", mib(view.otherObjects()), "some of them garbage");
        areas.row("  unused", mib(heap.committed() - heap.used()), "the system's again after the next collection");
        for (MemoryView.Area area : view.areas()) {
            areas.row(area.name(), mib(area.octets()), "of the JVM");
        }
        areas.row("rest", mib(view.rest()), "libraries, class archive, stacks");
        MemoryView.Resident resident = view.resident();
        areas.row(
                "resident",
                mib(resident.octets()),
                "anonymous %s, of files %s, at most so far %s"
                        .formatted(mib(resident.anonymous()), mib(resident.file()), mib(resident.peak())));
        return tables + "\n" + areas;
    }

    private static String mib(long octets) {
        return String.format(Locale.ROOT, "%.1f", octets / MIB);
    }
}
