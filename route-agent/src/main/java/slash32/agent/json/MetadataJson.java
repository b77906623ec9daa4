package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.MetadataSpec;

/// A {@link MetadataSpec} as JSON: the fields are its components.
final class MetadataJson {
    private MetadataJson() {}

    /// Reads it; an instance without an id of its own has the endpoint's.
    static MetadataSpec read(JsonNode node, String path, EndpointId endpoint) {
        Fields fields = Fields.of(path, node);
        String instanceId = Objects.requireNonNullElse(fields.textOrNull("instanceId"), endpoint.value());
        String userData = fields.textOrNull("userData");
        List<String> publicKeys = fields.values("publicKeys", text -> text);
        boolean proxy = fields.flag("proxy", false);
        String tenantId = fields.textOrNull("tenantId");
        fields.end();
        return fields.make(() -> new MetadataSpec(instanceId, userData, publicKeys, proxy, tenantId));
    }

    static void write(JsonGenerator json, MetadataSpec metadata) throws IOException {
        json.writeStartObject();
        json.writeStringField("instanceId", metadata.instanceId());
        if (metadata.userData() != null) {
            json.writeStringField("userData", metadata.userData());
        }
        json.writeArrayFieldStart("publicKeys");
        for (String key : metadata.publicKeys()) {
            json.writeString(key);
        }
        json.writeEndArray();
        if (metadata.proxy()) {
            json.writeBooleanField("proxy", true);
        }
        if (metadata.tenantId() != null) {
            json.writeStringField("tenantId", metadata.tenantId());
        }
        json.writeEndObject();
    }
}
