package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;

/// The admin network as JSON (docs/openapi.yaml) and as text.
final class AdminFormat {
    private AdminFormat() {}

    static void json(JsonGenerator json, AdminView admin) throws IOException {
        json.writeObjectFieldStart("admin");
        json.writeStringField("address", admin.address().toString());
        json.writeStringField("prefix", admin.network().toString());
        json.writeArrayFieldStart("nodes");
        for (AdminView.Node node : admin.nodes()) {
            json.writeStartObject();
            json.writeStringField("address", node.address().toString());
            json.writeStringField("node", node.node().toString());
            json.writeBooleanField("encrypted", node.crosses());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeArrayFieldStart("problems");
        for (String problem : admin.problems()) {
            json.writeString(problem);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void text(StringBuilder text, AdminView admin) {
        long crossing = admin.nodes().stream().filter(AdminView.Node::crosses).count();
        text.append("admin      %s in %s, %d other nodes, %d of them in other sites%n"
                .formatted(admin.address(), admin.network(), admin.nodes().size(), crossing));
        admin.problems().forEach(problem -> text.append("           PROBLEM %s%n".formatted(problem)));
    }
}
