package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.netlink.netfilter.Counts;
import slash32.overlay.choice.Path;
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
        ends(json, explanation.ends());
        json.writeFieldName("source");
        json(json, explanation.source(), explanation.keys());
        json.writeFieldName("destination");
        json(json, explanation.destination(), explanation.keys());
        AdminVerdict admin = explanation.admin();
        if (admin != null) {
            json.writeObjectFieldStart("admin");
            json.writeBooleanField("passes", admin.passes());
            json.writeStringField("reason", admin.why());
            json.writeEndObject();
        }
        json.writeArrayFieldStart("segments");
        for (SegmentWay way : explanation.segments()) {
            SegmentWayFormat.json(json, way);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void ends(JsonGenerator json, List<ExplanationView.End> ends) throws IOException {
        json.writeArrayFieldStart("ends");
        for (ExplanationView.End end : ends) {
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
                Counts counts = end.counts();
                if (counts != null) {
                    json.writeNumberField("packets", counts.packets());
                    json.writeNumberField("bytes", counts.bytes());
                }
                if (rule.remote() instanceof Remote.Members(var members)) {
                    json.writeNumberField("remoteGroupId", members.number());
                }
            }
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void json(JsonGenerator json, ExplanationView.Side side, SasView keys) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("routes");
        for (RouteView route : side.routes()) {
            StatusJson.route(json, route);
        }
        json.writeEndArray();
        json.writeArrayFieldStart("overlay");
        for (var hop : side.paths().entrySet()) {
            json.writeStartObject();
            json.writeStringField("nextHop", hop.getKey().toString());
            json.writeStringField("path", text(hop.getValue()));
            if (hop.getValue() instanceof Path.Encrypted path) {
                json.writeStringField("encapsulation", path.carriage().toString());
                json.writeBooleanField("keyed", isKeyed(keys, path.node()));
                json.writeStringField("keys", keys(keys, path.node()));
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        KernelWay way = side.way();
        json.writeObjectFieldStart("neighbor");
        if (way.device() != null) {
            json.writeStringField("device", way.device().value());
            json.writeStringField("state", way.neighbor());
        }
        if (way.gateway() != null) {
            json.writeStringField("gateway", way.gateway().toString());
        }
        if (way.mac() != null) {
            json.writeStringField("mac", way.mac().toString());
        }
        if (way.failure() != null) {
            json.writeStringField("failure", way.failure());
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static boolean isKeyed(SasView keys, Ipv4Address node) {
        SasView.PeerKeys peer = keys.peer(node);
        return peer != null && peer.isKeyed();
    }

    private static String keys(SasView keys, Ipv4Address node) {
        SasView.PeerKeys peer = keys.peer(node);
        return peer == null ? "no keys: the node is not known yet" : SasFormat.brief(peer, keys.carrier());
    }

    static String text(Path path) {
        return switch (path) {
            case Path.Native() -> "native";
            case Path.Encrypted(var node, var external, var _, var _) ->
                "encrypted: it is in another site, where node " + node + " is reached at " + external;
            case Path.Refused(Path.Reason reason) -> "refused: " + reason.text();
        };
    }

    /// The verdict, then a line for each end, then the routes of both addresses.
    public static String text(ExplanationView explanation) {
        var text = new StringBuilder(explanation.passes() ? "passes\n" : "is dropped\n");
        AdminVerdict admin = explanation.admin();
        if (admin != null) {
            text.append("  admin network: %s, %s%n".formatted(admin.passes() ? "passes" : "dropped", admin.why()));
        } else if (explanation.ends().isEmpty() && explanation.segments().isEmpty()) {
            text.append("  neither address is an endpoint of this host\n");
        }
        explanation.ends().forEach(end -> text.append("  ").append(text(end)));
        side(text, "source", explanation.source(), explanation.keys());
        side(text, "destination", explanation.destination(), explanation.keys());
        explanation.segments().forEach(way -> SegmentWayFormat.text(text, way));
        return text.toString();
    }

    static String text(ExplanationView.End end) {
        Judgement judgement = end.judgement();
        return "%s of %s (%s): %s, %s%s%n"
                .formatted(
                        judgement.direction(),
                        end.endpoint(),
                        judgement.device(),
                        judgement.passes() ? "passes" : "dropped",
                        because(judgement) + counted(end.counts()),
                        judgement.inForce() ? "" : "; NOT IN FORCE");
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

    private static String counted(@Nullable Counts counts) {
        return counts == null ? "" : " (let " + counts.packets() + " packets pass)";
    }

    private static void side(StringBuilder text, String end, ExplanationView.Side side, SasView keys) {
        if (side.routes().isEmpty()) {
            text.append("  ").append(end).append(": no host route\n");
        } else {
            text.append("  ").append(end).append(":\n");
            StatusText.routes(side.routes())
                    .lines()
                    .forEach(line -> text.append("    ").append(line).append('\n'));
        }
        side.paths().forEach((hop, path) -> {
            text.append("    overlay to " + hop + ": " + text(path) + "\n");
            if (path instanceof Path.Encrypted encrypted) {
                text.append("      in " + encrypted.carriage() + "; " + keys(keys, encrypted.node()) + "\n");
            }
        });
        text.append("    neighbor: ").append(side.way()).append('\n');
    }
}
