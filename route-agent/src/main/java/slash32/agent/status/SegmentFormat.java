package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import slash32.agent.json.SegmentJson;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.NumberRange;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Refusal;
import slash32.overlay.evpn.Segment;
import slash32.overlay.evpn.SegmentStatus;
import slash32.overlay.vxlan.FrameCount;
import slash32.overlay.vxlan.OffloadFault;

/// Segments as JSON (docs/openapi.yaml) and as text.
public final class SegmentFormat {
    private SegmentFormat() {}

    /// All segments, and what was refused.
    public static void json(JsonGenerator json, SegmentsView view) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("segments");
        for (SegmentStatus status : view.segments()) {
            segment(json, status, view.waiting());
        }
        json.writeEndArray();
        json.writeObjectFieldStart("refusedRoutes");
        for (Map.Entry<Refusal, Long> each : new TreeMap<>(view.refusals()).entrySet()) {
            json.writeNumberField(each.getKey().label(), each.getValue());
        }
        json.writeEndObject();
        json.writeObjectFieldStart("frames");
        for (Map.Entry<FrameCount, Long> each : new TreeMap<>(view.frames()).entrySet()) {
            json.writeNumberField(each.getKey().label(), each.getValue());
        }
        json.writeEndObject();
        json.writeArrayFieldStart("offloadFaults");
        for (OffloadFault fault : view.offloads()) {
            json.writeStartObject();
            json.writeStringField("device", fault.device().value());
            json.writeStringField("driver", fault.driver());
            json.writeStringField("remedy", fault.remedy());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void segment(JsonGenerator json, SegmentStatus status, Map<InterfaceName, String> waiting)
            throws IOException {
        Segment segment = status.segment();
        json.writeStartObject();
        json.writeStringField("name", segment.name());
        json.writeNumberField("vni", segment.vni().value());
        json.writeStringField("flooding", flooding(segment));
        json.writeNumberField("mtuBytes", segment.mtuBytes());
        json.writeNumberField("udpPort", segment.encapsulation().port());
        if (!segment.frames().takesAnyVlan()) {
            json.writeArrayFieldStart("vlans");
            for (NumberRange range : segment.frames().vlans()) {
                json.writeString(range.toString());
            }
            json.writeEndArray();
        }
        Integer most = segment.frames().multicastPerSecond();
        if (most != null) {
            json.writeNumberField("multicastPerSecond", most);
        }
        SegmentJson.writeGateway(json, segment.gateway());
        json.writeArrayFieldStart("ports");
        for (Port port : segment.ports()) {
            json.writeStartObject();
            json.writeStringField("device", port.device().value());
            json.writeStringField("mac", port.mac().toString());
            json.writeArrayFieldStart("addresses");
            for (IpAddress address : port.addresses()) {
                json.writeString(address.toString());
            }
            json.writeEndArray();
            String obstacle = waiting.get(port.device());
            if (obstacle != null) {
                json.writeStringField("waiting", obstacle);
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeNumberField("here", status.here());
        json.writeNumberField("elsewhere", status.elsewhere());
        json.writeNumberField("remote", status.remote());
        json.writeNumberField("unreachable", status.unreachable());
        json.writeNumberField("grouped", status.grouped());
        json.writeNumberField("frozen", status.frozen());
        json.writeNumberField("overLimit", status.overLimit());
        json.writeNumberField("moves", status.moves());
        json.writeNumberField("duplicates", status.duplicates());
        json.writeArrayFieldStart("flooded");
        for (IpAddress vtep : status.flooded()) {
            json.writeString(vtep.toString());
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static String flooding(Segment segment) {
        return segment.flooding().name().toLowerCase(Locale.ROOT);
    }

    /// One line a segment, in order of VNIs, and one for each device that spoils what they carry.
    public static String text(SegmentsView view) {
        var columns = new Columns(
                "NAME",
                "VNI",
                "FLOODING",
                "MTU",
                "PORTS",
                "HERE",
                "ELSEWHERE",
                "REMOTE",
                "UNREACHABLE",
                "GROUPED",
                "FROZEN",
                "MOVES");
        for (SegmentStatus status : view.segments()) {
            Segment segment = status.segment();
            columns.row(
                    segment.name(),
                    segment.vni(),
                    flooding(segment),
                    segment.mtuBytes(),
                    segment.ports().size(),
                    status.here(),
                    status.elsewhere(),
                    status.remote(),
                    status.unreachable(),
                    status.grouped(),
                    status.frozen(),
                    status.moves());
        }
        var text = new StringBuilder(columns.toString());
        for (OffloadFault fault : view.offloads()) {
            text.append("device %s (%s) spoils connections in segments: %s%n"
                    .formatted(fault.device(), fault.driver(), fault.remedy()));
        }
        return text.toString();
    }
}
