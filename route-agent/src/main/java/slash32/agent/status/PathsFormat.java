package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import slash32.overlay.probe.PathStatus;

/// Paths to other nodes as JSON (docs/openapi.yaml) and as text.
public final class PathsFormat {
    private PathsFormat() {}

    public static void json(JsonGenerator json, PathsView view) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("paths");
        for (PathStatus path : view.paths()) {
            json.writeStartObject();
            json.writeStringField("kind", path.path().kind().label());
            json.writeStringField("local", path.path().local().toString());
            json.writeStringField("node", path.path().node().toString());
            json.writeStringField("state", path.state().label());
            json.writeNumberField("packetBytes", path.fullBytes());
            if (path.fitsBytes() > 0) {
                json.writeNumberField("fitsBytes", path.fitsBytes());
            }
            if (path.why() != null) {
                json.writeStringField("reason", path.why());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeObjectFieldStart("echoes");
        for (Map.Entry<String, Long> each : new TreeMap<>(view.echoes()).entrySet()) {
            json.writeNumberField(each.getKey(), each.getValue());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    /// One line for each path.
    public static String text(PathsView view) {
        var columns = new Columns("KIND", "FROM", "NODE", "STATE", "PACKET", "FITS", "REASON");
        for (PathStatus path : view.paths()) {
            columns.row(
                    path.path().kind().label(),
                    path.path().local(),
                    path.path().node(),
                    path.state().label(),
                    path.fullBytes(),
                    path.fitsBytes() == 0 ? "-" : path.fitsBytes(),
                    Objects.requireNonNullElse(path.why(), ""));
        }
        return columns.toString();
    }
}
