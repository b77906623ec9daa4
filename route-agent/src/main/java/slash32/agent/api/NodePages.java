package slash32.agent.api;

import static slash32.agent.api.Replies.json;
import static slash32.agent.api.Replies.page;
import static slash32.agent.api.Replies.parameter;
import static slash32.agent.api.Replies.problem;

import com.fasterxml.jackson.core.JsonGenerator;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.json.StrictJson;
import slash32.agent.status.EvpnView;
import slash32.agent.status.MemoryFormat;
import slash32.agent.status.MemoryView;
import slash32.agent.status.RouteView;
import slash32.agent.status.Snapshot;
import slash32.agent.status.StatusJson;
import slash32.agent.status.StatusText;
import slash32.net.Prefix;

/// What the API tells of the node as a whole: status, peers, routes, events, health.
final class NodePages {
    private final NodeControl control;
    private final InstantSource clock;

    NodePages(NodeControl control, InstantSource clock) {
        this.control = control;
        this.clock = clock;
    }

    Response status(Request request) {
        Snapshot snapshot = control.snapshot();
        return page(
                request, json -> StatusJson.status(json, snapshot), () -> StatusText.status(snapshot, clock.instant()));
    }

    Response reflectorStatus(Request request) {
        Snapshot snapshot = control.snapshot();
        return page(
                request,
                json -> StatusJson.reflector(json, snapshot),
                () -> StatusText.reflector(snapshot, clock.instant()));
    }

    Response peers(Request request) {
        Snapshot snapshot = control.snapshot();
        return page(
                request,
                json -> StatusJson.peers(json, snapshot.peers()),
                () -> StatusText.peers(snapshot.peers(), clock.instant()));
    }

    Response routes(Request request) {
        Collection<RouteView> found = control.routes(parameter(request, "prefix", Prefix::parse));
        if (request.wantsText()) {
            return Response.of(200, Response.TEXT, StatusText.routes(found));
        }
        return new Response.Streamed(200, Response.JSON, out -> {
            try (JsonGenerator json = StrictJson.generator(out)) {
                StatusJson.routes(json, found);
                json.writeRaw('\n');
            }
        });
    }

    Response evpn(Request request) {
        List<EvpnView> found = control.evpn();
        return page(request, json -> StatusJson.evpn(json, found), () -> StatusText.evpn(found));
    }

    Response memory(Request request) {
        MemoryView view = control.memory();
        return page(request, json -> MemoryFormat.json(json, view), () -> MemoryFormat.text(view));
    }

    Response mrt(Request request) {
        return new Response.Streamed(200, "application/octet-stream", control::dumpRoutes);
    }

    Response watch(Request request) {
        return EventPages.watch(request, control.events(), _ -> true);
    }

    Response healthy(Request request) {
        return json(200, json -> {
            json.writeStartObject();
            json.writeBooleanField("healthy", true);
            json.writeEndObject();
        });
    }

    Response ready(Request request) {
        if (!control.snapshot().inSync()) {
            return problem(Problem.unavailable("not in sync: a source of desired state is not complete yet"));
        }
        return json(200, json -> {
            json.writeStartObject();
            json.writeBooleanField("ready", true);
            json.writeEndObject();
        });
    }

    Response version(Request request) {
        Snapshot.Node node = control.snapshot().node();
        return json(200, json -> {
            json.writeStartObject();
            json.writeStringField("node", node.name());
            json.writeStringField("version", node.version());
            json.writeStringField("started", node.started().toString());
            json.writeEndObject();
        });
    }
}
