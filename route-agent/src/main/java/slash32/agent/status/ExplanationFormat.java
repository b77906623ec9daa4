package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Judgement;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;

/// An explanation as JSON (docs/openapi.yaml) and as text.
public final class ExplanationFormat {
    private ExplanationFormat() {}

    public static void json(JsonGenerator json, ExplanationView explanation) throws IOException {
        json.writeStartObject();
        json.writeBooleanField("passes", explanation.passes());
        json.writeArrayFieldStart("ends");
        for (ExplanationView.End end : explanation.ends()) {
            Judgement judgement = end.judgement();
            json.writeStartObject();
            json.writeStringField("endpoint", end.endpoint().value());
            json.writeStringField("device", judgement.device().value());
            json.writeStringField("direction", judgement.direction().toString());
            json.writeBooleanField("passes", judgement.passes());
            json.writeBooleanField("inForce", judgement.inForce());
            json.writeStringField(
                    "cause", judgement.cause().name().toLowerCase(Locale.ROOT).replace('_', '-'));
            GroupId group = judgement.group();
            Rule rule = judgement.rule();
            if (group != null && rule != null) {
                json.writeNumberField("group", group.number());
                json.writeStringField("rule", rule.id());
                if (rule.remote() instanceof Remote.Members(var members)) {
                    json.writeNumberField("remoteGroupId", members.number());
                }
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeFieldName("source");
        StatusJson.routes(json, explanation.source());
        json.writeFieldName("destination");
        StatusJson.routes(json, explanation.destination());
        json.writeEndObject();
    }

    /// The verdict, then a line for each end, then the routes of both addresses.
    public static String text(ExplanationView explanation) {
        var text = new StringBuilder(explanation.passes() ? "passes\n" : "is dropped\n");
        if (explanation.ends().isEmpty()) {
            text.append("  neither address is an endpoint of this host\n");
        }
        for (ExplanationView.End end : explanation.ends()) {
            Judgement judgement = end.judgement();
            text.append("  %s of %s (%s): %s, %s%s%n"
                    .formatted(
                            judgement.direction(),
                            end.endpoint(),
                            judgement.device(),
                            judgement.passes() ? "passes" : "dropped",
                            because(judgement),
                            judgement.inForce() ? "" : "; NOT IN FORCE"));
        }
        routes(text, "source", explanation.source());
        routes(text, "destination", explanation.destination());
        return text.toString();
    }

    private static String because(Judgement judgement) {
        GroupId group = judgement.group();
        Rule rule = judgement.rule();
        if (group == null || rule == null) {
            return judgement.cause().text();
        }
        String named = "rule " + rule.id() + " of group " + group;
        return rule.remote() instanceof Remote.Members(var members)
                ? named + ", as a member of group " + members
                : named;
    }

    private static void routes(StringBuilder text, String end, List<RouteView> routes) {
        if (routes.isEmpty()) {
            text.append("  ").append(end).append(": no host route\n");
            return;
        }
        text.append("  ").append(end).append(":\n");
        StatusText.routes(routes)
                .lines()
                .forEach(line -> text.append("    ").append(line).append('\n'));
    }
}
