package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.intent.OverlayRule;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentPort;
import slash32.agent.intent.SegmentRef;
import slash32.agent.intent.SegmentSpec;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.NumberRange;
import slash32.net.Vni;
import slash32.overlay.evpn.FrameRules;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Segment;
import slash32.securitygroup.GroupId;

/// A {@link SegmentSpec} and an endpoint's {@link SegmentPort} as JSON.
public final class SegmentJson {
    private static final int MAX_VNI = 0xff_ffff;
    private static final int MIN_MTU_BYTES = 1_280;
    private static final int MAX_MTU_BYTES = 65_450;
    private static final int MAX_MULTICAST = 1_000_000;

    private SegmentJson() {}

    /// Reads a segment.
    ///
    /// @param path of {@code node} in the document; empty for its root
    /// @param id what the field {@code id} must be if it is there; null if it must be there
    /// @throws InvalidFieldException naming the field from the document's root
    public static SegmentSpec read(JsonNode node, String path, @Nullable SegmentId id) {
        Fields fields = Fields.of(path, node);
        SegmentId stated = id == null ? fields.value("id", SegmentId::new) : fields.valueOrNull("id", SegmentId::new);
        var vni = new Vni((int) fields.number("vni", 1, MAX_VNI));
        String tenant = fields.textOrNull("tenant");
        String overlay = Objects.requireNonNullElse(fields.textOrNull("overlay"), OverlayRule.DEFAULT_NAME);
        var flooding = fields.constant("flooding", Segment.Flooding.class, Segment.Flooding.NONE);
        Integer mtuBytes = fields.intOrNull("mtuBytes", MIN_MTU_BYTES, MAX_MTU_BYTES);
        List<NumberRange> vlans = fields.has("vlans") ? fields.values("vlans", SegmentJson::vlans) : null;
        Integer multicast = fields.intOrNull("multicastPerSecond", 1, MAX_MULTICAST);
        List<GatewayAddress> gateway = fields.values("gateway", GatewayAddress::parse);
        fields.end();
        if (id != null && stated != null && !id.equals(stated)) {
            throw fields.refusal("id", "must be '" + id + "' as in the path, was '" + stated + "'");
        }
        SegmentId named = Objects.requireNonNull(stated == null ? id : stated);
        return new SegmentSpec(
                named, vni, tenant, overlay, flooding, mtuBytes, vlans, multicast, gateway(gateway, fields));
    }

    private static Gateway gateway(List<GatewayAddress> addresses, Fields fields) {
        try {
            return new Gateway(addresses);
        } catch (IllegalArgumentException e) {
            throw fields.refusal("gateway", String.valueOf(e.getMessage()));
        }
    }

    private static NumberRange vlans(String text) {
        NumberRange range = NumberRange.parse(text);
        if (!NumberRange.covers(List.of(FrameRules.ALL_VLANS), range)) {
            throw new IllegalArgumentException("VLANs are 1 to 4094, not " + text);
        }
        return range;
    }

    /// Writes every field that {@link #read} knows.
    public static void write(JsonGenerator json, SegmentSpec spec) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", spec.id().value());
        json.writeNumberField("vni", spec.vni().value());
        if (spec.tenant() != null) {
            json.writeStringField("tenant", spec.tenant());
        }
        json.writeStringField("overlay", spec.overlay());
        json.writeStringField("flooding", Fields.lowerCase(spec.flooding()));
        if (spec.mtuBytes() != null) {
            json.writeNumberField("mtuBytes", spec.mtuBytes());
        }
        List<NumberRange> vlans = spec.vlans();
        if (vlans != null) {
            json.writeArrayFieldStart("vlans");
            for (NumberRange range : vlans) {
                json.writeString(range.toString());
            }
            json.writeEndArray();
        }
        if (spec.multicastPerSecond() != null) {
            json.writeNumberField("multicastPerSecond", spec.multicastPerSecond());
        }
        writeGateway(json, spec.gateway());
        json.writeEndObject();
    }

    /// Writes the field of a gateway, if there is one.
    public static void writeGateway(JsonGenerator json, Gateway gateway) throws IOException {
        if (gateway.isThere()) {
            json.writeArrayFieldStart("gateway");
            for (GatewayAddress address : gateway.addresses()) {
                json.writeString(address.toString());
            }
            json.writeEndArray();
        }
    }

    /// Reads a port: of a segment by its name, or of one that an overlay rule makes.
    ///
    /// @param ofEndpoint the endpoint's own interface, which the port is unless it says another
    /// @param mac the endpoint's own
    static SegmentPort port(Fields fields, InterfaceName ofEndpoint, MacAddress mac) {
        SegmentId segment = fields.valueOrNull("segment", SegmentId::new);
        String overlay = fields.textOrNull("overlay");
        Integer vni = fields.intOrNull("vni", 1, MAX_VNI);
        var device = Objects.requireNonNullElse(fields.valueOrNull("device", InterfaceName::new), ofEndpoint);
        var own = Objects.requireNonNullElse(fields.valueOrNull("mac", MacAddress::parse), mac);
        var addresses = fields.values("addresses", IpAddress::parse);
        boolean sticky = fields.flag("sticky", false);
        List<GroupId> groups =
                fields.has("groups") ? fields.numbers("groups", 1, GroupJson.MAX_ID, GroupId::new) : null;
        fields.end();
        if (segment != null && (overlay != null || vni != null)) {
            throw fields.refusal("segment", "says already what overlay and vni would");
        }
        if (segment == null && vni == null) {
            throw fields.refusal("segment", "is missing, or else vni");
        }
        SegmentRef ref = segment != null
                ? new SegmentRef.Named(segment)
                : new SegmentRef.OfOverlay(
                        Objects.requireNonNullElse(overlay, OverlayRule.DEFAULT_NAME),
                        new Vni(Objects.requireNonNull(vni)));
        return fields.make(() -> new SegmentPort(ref, device, own, addresses, sticky, groups));
    }

    static void write(JsonGenerator json, SegmentPort port) throws IOException {
        json.writeStartObject();
        switch (port.segment()) {
            case SegmentRef.Named(SegmentId id) -> json.writeStringField("segment", id.value());
            case SegmentRef.OfOverlay(String overlay, Vni vni) -> {
                json.writeStringField("overlay", overlay);
                json.writeNumberField("vni", vni.value());
            }
        }
        json.writeStringField("device", port.device().value());
        json.writeStringField("mac", port.mac().toString());
        json.writeArrayFieldStart("addresses");
        for (IpAddress address : port.addresses()) {
            json.writeString(address.toString());
        }
        json.writeEndArray();
        if (port.sticky()) {
            json.writeBooleanField("sticky", true);
        }
        List<GroupId> groups = port.groups();
        if (groups != null) {
            json.writeArrayFieldStart("groups");
            for (GroupId group : groups) {
                json.writeNumber(group.number());
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }
}
