package slash32.agent.json;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.StaticFile;
import slash32.securitygroup.SecurityGroup;

/// A {@link StaticFile} as JSON: {@code {"groups":[…],"endpoints":[…]}}, each as the API has it, with its id.
public final class StaticFileJson {
    private StaticFileJson() {}

    /// Reads what file {@code name} says.
    ///
    /// @param path of {@code node} in the document; empty for its root
    /// @throws slash32.agent.intent.InvalidFieldException naming the field from the document's root
    public static StaticFile read(JsonNode node, String path, String name) {
        Fields fields = Fields.of(path, node);
        var groups = fields.list("groups", (group, at) -> GroupJson.read(group, at, null));
        var endpoints = fields.list("endpoints", (endpoint, at) -> EndpointJson.read(endpoint, at, null));
        fields.end();
        return new StaticFile(name, groups, endpoints);
    }

    public static void write(JsonGenerator json, StaticFile file) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("groups");
        for (SecurityGroup group : file.groups()) {
            GroupJson.write(json, group);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("endpoints");
        for (EndpointSpec endpoint : file.endpoints()) {
            EndpointJson.write(json, endpoint);
        }
        json.writeEndArray();
        json.writeEndObject();
    }
}
