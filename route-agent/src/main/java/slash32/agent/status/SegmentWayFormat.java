package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.SegmentWay.Holder;
import slash32.agent.status.SegmentWay.Place;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.overlay.choice.Path;
import slash32.securitygroup.GroupId;

/// A segment's part of an explanation as JSON (docs/openapi.yaml) and as text.
final class SegmentWayFormat {
    private SegmentWayFormat() {}

    static void json(JsonGenerator json, SegmentWay way) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", way.name());
        json.writeNumberField("vni", way.vni().value());
        json.writeBooleanField("carries", way.carries());
        json.writeBooleanField("routes", way.routes());
        ExplanationFormat.ends(json, way.ends());
        holders(json, "source", way.source());
        holders(json, "destination", way.destination());
        json.writeEndObject();
    }

    private static void holders(JsonGenerator json, String name, List<Holder> holders) throws IOException {
        json.writeArrayFieldStart(name);
        for (Holder holder : holders) {
            json.writeStartObject();
            json.writeStringField("mac", holder.mac().toString());
            json.writeNumberField("moves", holder.moves());
            json.writeBooleanField("frozen", holder.frozen());
            switch (holder.place()) {
                case Place.Here(InterfaceName device, String obstacle) -> {
                    json.writeStringField("device", device.value());
                    if (obstacle != null) {
                        json.writeStringField("waiting", obstacle);
                    }
                }
                case Place.Behind(IpAddress vtep, Path path, boolean ready) -> {
                    json.writeStringField("vtep", vtep.toString());
                    json.writeStringField("path", ExplanationFormat.text(path));
                    json.writeBooleanField("ready", ready);
                }
            }
            json.writeArrayFieldStart("groups");
            for (GroupId group : holder.groups()) {
                json.writeNumber(group.number());
            }
            json.writeEndArray();
            json.writeArrayFieldStart("routes");
            for (EvpnView route : holder.routes()) {
                json.writeStartObject();
                json.writeStringField("distinguisher", route.distinguisher());
                json.writeStringField("nextHop", route.nextHop());
                json.writeStringField("learnedFrom", route.learnedFrom());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    /// What the segment makes of each end, with the path and the routes that decide.
    static void text(StringBuilder text, SegmentWay way) {
        text.append("  segment ")
                .append(way.name())
                .append(" (VNI ")
                .append(way.vni())
                .append("): ")
                .append(verdict(way))
                .append('\n');
        end(text, "source", way.source(), way);
        end(text, "destination", way.destination(), way);
        way.ends().forEach(end -> text.append("    ").append(ExplanationFormat.text(end)));
    }

    private static String verdict(SegmentWay way) {
        if (way.routes()) {
            return way.permits() ? "its gateway routes it" : "it does not get through to be routed";
        }
        return way.carries() ? "carries it" : "does not carry it";
    }

    private static void end(StringBuilder text, String end, List<Holder> holders, SegmentWay way) {
        if (holders.isEmpty()) {
            text.append("    ").append(end).append(": nobody says to have it");
            text.append(way.routes() ? "\n" : "; a question for it goes to " + nodes(way.copies()));
        }
        for (Holder holder : holders) {
            text.append("    ").append(end).append(": ").append(holder.mac());
            switch (holder.place()) {
                case Place.Here(InterfaceName device, String obstacle) ->
                    text.append(" at port ")
                            .append(device)
                            .append(waiting(obstacle))
                            .append(way.judges(device) ? "" : ", without groups");
                case Place.Behind(IpAddress vtep, Path path, boolean ready) ->
                    text.append(" behind ")
                            .append(vtep)
                            .append(", ")
                            .append(carried(path, ready))
                            .append(groups(holder.groups()));
            }
            text.append(holder.moves() == 0 ? "" : ", moved " + holder.moves() + " times");
            text.append(holder.frozen() ? ", too often: it stays there\n" : "\n");
            for (EvpnView route : holder.routes()) {
                text.append("      type 2 of ").append(route.distinguisher());
                text.append(" via ").append(route.nextHop());
                text.append(", learned from ").append(route.learnedFrom()).append('\n');
            }
        }
    }

    private static String nodes(int copies) {
        return copies + (copies == 1 ? " node\n" : " nodes\n");
    }

    private static String groups(List<GroupId> groups) {
        return groups.isEmpty()
                ? ", in no group"
                : groups.stream().map(GroupId::toString).collect(Collectors.joining(", ", ", in groups ", ""));
    }

    private static String waiting(@Nullable String obstacle) {
        return obstacle == null ? " of this host" : " of this host, which is not in the segment: " + obstacle;
    }

    private static String carried(Path path, boolean ready) {
        return switch (path) {
            case Path.Native _ -> "plain over the underlay: it is in this site";
            case Path.Encrypted _ -> ExplanationFormat.text(path) + (ready ? "" : "; the overlay is not ready");
            case Path.Refused _ -> ExplanationFormat.text(path);
        };
    }
}
