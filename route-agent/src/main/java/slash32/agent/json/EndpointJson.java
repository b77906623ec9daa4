package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.DeviceKind;
import slash32.agent.intent.DeviceMode;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointRole;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.intent.MetadataSpec;
import slash32.agent.intent.SegmentPort;
import slash32.agent.intent.SegmentPorts;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.Direction;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.RateLimit;
import slash32.tap.gateway.GuestSettings;

/// An {@link EndpointSpec} as JSON: the fields are its components, and their defaults are here.
public final class EndpointJson {
    private static final int MAX_TX_QUEUE_LENGTH = 1_000_000;

    private EndpointJson() {}

    /// Reads a spec.
    ///
    /// @param path of {@code node} in the document; empty for its root
    /// @param id what the field {@code id} must be if it is there; null if it must be there
    /// @throws InvalidFieldException naming the field from the document's root
    public static EndpointSpec read(JsonNode node, String path, @Nullable EndpointId id) {
        Fields fields = Fields.of(path, node);
        EndpointId stated =
                id == null ? fields.value("id", EndpointId::new) : fields.valueOrNull("id", EndpointId::new);
        long generation = fields.number("generation", 0, Long.MAX_VALUE, 0);
        var device = fields.value("device", InterfaceName::new);
        var mode = fields.constant("mode", DeviceMode.class, DeviceMode.ADOPT);
        var deviceKind = fields.constant("deviceKind", DeviceKind.class, DeviceKind.TAP);
        var role = fields.constant("role", EndpointRole.class, EndpointRole.ACTIVE);
        var mac = fields.value("mac", MacAddress::parse);
        var addresses = fields.values("addresses", Prefix::parse);
        var groups = fields.numbers("groups", 1, GroupJson.MAX_ID, GroupId::new);
        List<AddressPair> pairs = fields.list("allowedAddressPairs", (pair, at) -> pair(Fields.of(at, pair), mac));
        boolean portSecurity = fields.flag("portSecurity", true);
        int mtuBytes = (int) fields.number("mtuBytes", 1, 65_535, EndpointSpec.DEFAULT_MTU_BYTES);
        Integer ownerUid = fields.intOrNull("ownerUid", 0, Integer.MAX_VALUE);
        Integer ownerGid = fields.intOrNull("ownerGid", 0, Integer.MAX_VALUE);
        boolean multiQueue = fields.flag("multiQueue", false);
        Integer txQueueLength = fields.intOrNull("txQueueLength", 0, MAX_TX_QUEUE_LENGTH);
        GuestSettings guest = fields.object("guest", GuestJson::read, GuestSettings.DEFAULT);
        EndpointId named = Objects.requireNonNull(stated == null ? id : stated);
        MetadataSpec metadata =
                fields.objectOrNull("metadata", (metadataNode, at) -> MetadataJson.read(metadataNode, at, named));
        Map<Direction, RateLimit> limits = fields.object("rateLimits", RateLimitJson::read, Map.of());
        String tenant = fields.textOrNull("tenant");
        List<SegmentPort> ports =
                fields.list("segments", (port, at) -> SegmentJson.port(Fields.of(at, port), device, mac));
        fields.end();
        if (id != null && stated != null && !id.equals(stated)) {
            throw new InvalidFieldException("id", "must be '" + id + "' as in the path, was '" + stated + "'");
        }
        return fields.make(() -> new EndpointSpec(
                named,
                generation,
                device,
                mode,
                deviceKind,
                role,
                mac,
                addresses,
                groups,
                pairs,
                portSecurity,
                mtuBytes,
                ownerUid,
                ownerGid,
                multiQueue,
                txQueueLength,
                guest,
                metadata,
                limits,
                new SegmentPorts(tenant, ports)));
    }

    private static AddressPair pair(Fields fields, MacAddress ofEndpoint) {
        Prefix prefix = fields.value("ip", Prefix::parse);
        MacAddress mac = Objects.requireNonNullElse(fields.valueOrNull("mac", MacAddress::parse), ofEndpoint);
        fields.end();
        return fields.make(() -> new AddressPair(prefix, mac));
    }

    /// Writes every field that {@link #read} knows.
    public static void write(JsonGenerator json, EndpointSpec spec) throws IOException {
        json.writeStartObject();
        json.writeStringField("id", spec.id().value());
        json.writeNumberField("generation", spec.generation());
        json.writeStringField("device", spec.device().value());
        json.writeStringField("mode", Fields.lowerCase(spec.mode()));
        if (spec.deviceKind() != DeviceKind.TAP) {
            json.writeStringField("deviceKind", Fields.lowerCase(spec.deviceKind()));
        }
        json.writeStringField("role", Fields.lowerCase(spec.role()));
        json.writeStringField("mac", spec.mac().toString());
        json.writeArrayFieldStart("addresses");
        for (Prefix prefix : spec.addresses()) {
            json.writeString(prefix.address().toString());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("groups");
        for (GroupId group : spec.groups()) {
            json.writeNumber(group.number());
        }
        json.writeEndArray();
        json.writeArrayFieldStart("allowedAddressPairs");
        for (AddressPair pair : spec.allowedAddressPairs()) {
            json.writeStartObject();
            json.writeStringField("ip", pair.prefix().toString());
            json.writeStringField("mac", pair.mac().toString());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeBooleanField("portSecurity", spec.portSecurity());
        json.writeNumberField("mtuBytes", spec.mtuBytes());
        if (spec.ownerUid() != null) {
            json.writeNumberField("ownerUid", spec.ownerUid());
        }
        if (spec.ownerGid() != null) {
            json.writeNumberField("ownerGid", spec.ownerGid());
        }
        json.writeBooleanField("multiQueue", spec.multiQueue());
        if (spec.txQueueLength() != null) {
            json.writeNumberField("txQueueLength", spec.txQueueLength());
        }
        json.writeFieldName("guest");
        GuestJson.write(json, spec.guest());
        if (spec.metadata() != null) {
            json.writeFieldName("metadata");
            MetadataJson.write(json, spec.metadata());
        }
        if (!spec.rateLimits().isEmpty()) {
            json.writeFieldName("rateLimits");
            RateLimitJson.write(json, spec.rateLimits());
        }
        if (spec.segments().tenant() != null) {
            json.writeStringField("tenant", spec.segments().tenant());
        }
        if (!spec.segments().ports().isEmpty()) {
            json.writeArrayFieldStart("segments");
            for (SegmentPort port : spec.segments().ports()) {
                SegmentJson.write(json, port);
            }
            json.writeEndArray();
        }
        json.writeEndObject();
    }
}
