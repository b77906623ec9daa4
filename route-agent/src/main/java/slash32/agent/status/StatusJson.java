package slash32.agent.status;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.GroupJson;
import slash32.netlink.netfilter.Counts;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.PacketSummary;

/// Writes what the node is like as JSON (docs/openapi.yaml).
///
/// Durations are seconds with a fraction, times are RFC 3339. What is absent is left out.
public final class StatusJson {
    private static final double NANOS_PER_SECOND = 1e9;

    private StatusJson() {}

    /// The node as a whole, with counts where the other pages have the objects.
    public static void status(JsonGenerator json, Snapshot snapshot) throws IOException {
        json.writeStartObject();
        node(json, snapshot);
        json.writeNumberField("endpoints", snapshot.endpoints().size());
        json.writeObjectFieldStart("conditions");
        for (ConditionKind kind : ConditionKind.values()) {
            json.writeNumberField(kind.label(), snapshot.holding(kind));
        }
        json.writeEndObject();
        json.writeNumberField("groups", snapshot.groups().size());
        json.writeArrayFieldStart("files");
        for (FileView file : snapshot.files()) {
            json.writeStartObject();
            json.writeStringField("name", file.name());
            json.writeNumberField("endpoints", file.endpoints());
            json.writeNumberField("groups", file.groups());
            optional(json, "problem", file.problem());
            json.writeEndObject();
        }
        json.writeEndArray();
        bgp(json, snapshot);
        json.writeNumberField("fibRoutes", snapshot.fibRoutes());
        if (snapshot.admin() != null) {
            AdminFormat.json(json, snapshot.admin());
        }
        json.writeArrayFieldStart("tables");
        for (TableView table : snapshot.tables()) {
            table(json, table);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    /// A route reflector as a whole.
    public static void reflector(JsonGenerator json, Snapshot snapshot) throws IOException {
        json.writeStartObject();
        node(json, snapshot);
        bgp(json, snapshot);
        json.writeEndObject();
    }

    private static void node(JsonGenerator json, Snapshot snapshot) throws IOException {
        json.writeStringField("node", snapshot.node().name());
        json.writeStringField("version", snapshot.node().version());
        json.writeStringField("started", snapshot.node().started().toString());
        json.writeNumberField("revision", snapshot.revision());
        json.writeBooleanField("inSync", snapshot.inSync());
    }

    private static void bgp(JsonGenerator json, Snapshot snapshot) throws IOException {
        json.writeObjectFieldStart("peers");
        json.writeNumberField("configured", snapshot.peers().size());
        json.writeNumberField("established", snapshot.established());
        json.writeEndObject();
        json.writeArrayFieldStart("ribs");
        for (RibView rib : snapshot.ribs()) {
            json.writeStartObject();
            json.writeStringField("family", rib.family());
            json.writeNumberField("paths", rib.paths());
            json.writeNumberField("best", rib.best());
            json.writeNumberField("originated", rib.originated());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void table(JsonGenerator json, TableView table) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", table.name());
        json.writeNumberField("desired", table.desired());
        json.writeNumberField("owned", table.owned());
        json.writeNumberField("applied", table.applied());
        json.writeNumberField("refused", table.refused());
        json.writeArrayFieldStart("failures");
        for (TableView.TableFailure failure : table.failures()) {
            json.writeStartObject();
            json.writeStringField("key", failure.key());
            json.writeStringField("reason", failure.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    public static void peers(JsonGenerator json, List<PeerView> peers) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("peers");
        for (PeerView peer : peers) {
            json.writeStartObject();
            json.writeStringField("address", peer.address().toString());
            optional(json, "interface", peer.link() == null ? null : peer.link().value());
            json.writeNumberField("asn", peer.asn().value());
            json.writeStringField("state", peer.state());
            json.writeStringField("since", peer.since().toString());
            optional(json, "lastError", peer.lastError());
            bfd(json, peer.bfd());
            json.writeNumberField("transitions", peer.transitions());
            json.writeNumberField("messagesReceived", peer.traffic().messagesReceived());
            json.writeNumberField("messagesSent", peer.traffic().messagesSent());
            json.writeNumberField("updatesReceived", peer.traffic().updatesReceived());
            json.writeNumberField("updatesSent", peer.traffic().updatesSent());
            json.writeArrayFieldStart("families");
            for (PeerView.Family family : peer.families()) {
                json.writeStartObject();
                json.writeStringField("name", family.name());
                json.writeNumberField("received", family.received());
                json.writeNumberField("advertised", family.advertised());
                json.writeBooleanField("inSync", family.inSync());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void bfd(JsonGenerator json, @Nullable BfdView bfd) throws IOException {
        if (bfd == null) {
            return;
        }
        json.writeObjectFieldStart("bfd");
        json.writeStringField("state", bfd.state());
        json.writeStringField("since", bfd.since().toString());
        json.writeStringField("reason", bfd.reason());
        json.writeStringField("remoteState", bfd.remoteState());
        json.writeNumberField("intervalSeconds", seconds(bfd.interval()));
        json.writeNumberField("detectionSeconds", seconds(bfd.detectionTime()));
        json.writeNumberField("packetsReceived", bfd.packetsReceived());
        json.writeNumberField("packetsSent", bfd.packetsSent());
        json.writeNumberField("lost", bfd.lost());
        json.writeEndObject();
    }

    public static void endpoints(JsonGenerator json, Snapshot snapshot) throws IOException {
        json.writeStartObject();
        json.writeNumberField("revision", snapshot.revision());
        json.writeArrayFieldStart("endpoints");
        for (EndpointView endpoint : snapshot.endpoints()) {
            endpoint(json, endpoint);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    public static void endpoint(JsonGenerator json, EndpointView endpoint) throws IOException {
        json.writeStartObject();
        json.writeFieldName("spec");
        EndpointJson.write(json, endpoint.spec());
        optional(json, "file", endpoint.file());
        json.writeArrayFieldStart("conditions");
        for (Condition condition : endpoint.conditions()) {
            json.writeStartObject();
            conditionFields(json, condition);
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void conditionFields(JsonGenerator json, Condition condition) throws IOException {
        json.writeStringField("condition", condition.kind().label());
        json.writeStringField("state", condition.state().label());
        json.writeStringField("since", condition.since().toString());
        json.writeStringField("reason", condition.reason());
        json.writeStringField("message", condition.message());
        if (condition.latency() != null) {
            json.writeNumberField("latencySeconds", seconds(condition.latency()));
        }
    }

    public static void groups(JsonGenerator json, List<GroupView> groups) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("groups");
        for (GroupView group : groups) {
            group(json, group);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    public static void group(JsonGenerator json, GroupView group) throws IOException {
        json.writeStartObject();
        json.writeFieldName("spec");
        GroupJson.write(json, group.group());
        json.writeNumberField("localMembers", group.localMembers());
        json.writeNumberField("remoteMembers", group.remoteMembers());
        json.writeEndObject();
    }

    /// What rules let pass, by their ids.
    public static void counters(JsonGenerator json, Map<String, Counts> counters) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("rules");
        for (var rule : counters.entrySet()) {
            json.writeStartObject();
            json.writeStringField("id", rule.getKey());
            json.writeNumberField("packets", rule.getValue().packets());
            json.writeNumberField("bytes", rule.getValue().bytes());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    public static void routes(JsonGenerator json, Iterable<RouteView> routes) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("routes");
        for (RouteView route : routes) {
            route(json, route);
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    public static void evpn(JsonGenerator json, Iterable<EvpnView> routes) throws IOException {
        json.writeStartObject();
        json.writeArrayFieldStart("routes");
        for (EvpnView route : routes) {
            json.writeStartObject();
            json.writeNumberField("type", route.type());
            json.writeStringField("route", route.route());
            json.writeStringField("distinguisher", route.distinguisher());
            if (route.vni() != EvpnView.NO_VNI) {
                json.writeNumberField("vni", route.vni());
            }
            json.writeStringField("nextHop", route.nextHop());
            json.writeArrayFieldStart("targets");
            for (String target : route.targets()) {
                json.writeString(target);
            }
            json.writeEndArray();
            json.writeNumberField("sequence", route.sequence());
            json.writeBooleanField("sticky", route.sticky());
            optional(json, "learnedFrom", route.learnedFrom());
            json.writeBooleanField("imported", route.imported());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    static void route(JsonGenerator json, RouteView route) throws IOException {
        json.writeStartObject();
        json.writeStringField("prefix", route.prefix().toString());
        switch (route.path()) {
            case RouteView.Path.Local local ->
                json.writeStringField("device", local.device().value());
            case RouteView.Path.Remote remote -> {
                json.writeStringField("nextHop", remote.nextHop().toString());
                json.writeStringField("learnedFrom", remote.learnedFrom().toString());
            }
        }
        json.writeNumberField("localPref", route.localPref());
        json.writeArrayFieldStart("groups");
        for (GroupId group : route.groups()) {
            json.writeNumber(group.number());
        }
        json.writeEndArray();
        RouteView.Fib fib = route.fib();
        if (fib != null) {
            json.writeStringField("fib", fib.state().label());
            optional(json, "fibReason", fib.reason());
        }
        json.writeEndObject();
    }

    public static void event(JsonGenerator json, Event event) throws IOException {
        json.writeStartObject();
        json.writeNumberField("revision", event.revision());
        json.writeStringField("at", event.at().toString());
        switch (event) {
            case Event.ConditionChanged changed -> {
                json.writeStringField("event", "ConditionChanged");
                json.writeStringField("endpoint", changed.endpoint().value());
                conditionFields(json, changed.condition());
            }
            case Event.EndpointRemoved removed -> {
                json.writeStringField("event", "EndpointRemoved");
                json.writeStringField("endpoint", removed.endpoint().value());
            }
            case Event.PeerChanged changed -> {
                json.writeStringField("event", "PeerChanged");
                json.writeStringField("peer", changed.peer().toString());
                json.writeStringField("state", changed.state());
                json.writeStringField("reason", changed.reason());
            }
            case Event.PacketDropped dropped -> {
                json.writeStringField("event", "PacketDropped");
                dropped(json, dropped);
            }
            case Event.SyncChanged changed -> {
                json.writeStringField("event", "SyncChanged");
                json.writeBooleanField("inSync", changed.inSync());
            }
        }
        json.writeEndObject();
    }

    private static void dropped(JsonGenerator json, Event.PacketDropped dropped) throws IOException {
        optional(
                json,
                "endpoint",
                dropped.endpoint() == null ? null : dropped.endpoint().value());
        optional(
                json,
                "device",
                dropped.device() == null ? null : dropped.device().value());
        optional(json, "mac", dropped.mac() == null ? null : dropped.mac().toString());
        json.writeStringField("direction", dropped.drop().direction().toString());
        json.writeStringField("reason", dropped.drop().reason().label());
        json.writeStringField("summary", dropped.packet().toString());
        if (dropped.packet() instanceof PacketSummary.Ip packet) {
            json.writeStringField("source", packet.source().toString());
            json.writeStringField("destination", packet.destination().toString());
            json.writeNumberField("protocol", packet.protocol().number());
            if (packet.first() != null && packet.second() != null) {
                json.writeNumberField(packet.isIcmp() ? "icmpType" : "sourcePort", packet.first());
                json.writeNumberField(packet.isIcmp() ? "icmpCode" : "port", packet.second());
            }
        }
    }

    private static void optional(JsonGenerator json, String field, @Nullable String value) throws IOException {
        if (value != null) {
            json.writeStringField(field, value);
        }
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / NANOS_PER_SECOND;
    }
}
