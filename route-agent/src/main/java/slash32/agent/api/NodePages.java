package slash32.agent.api;

import static slash32.agent.api.Replies.json;
import static slash32.agent.api.Replies.line;
import static slash32.agent.api.Replies.page;
import static slash32.agent.api.Replies.parameter;
import static slash32.agent.api.Replies.problem;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Collection;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.json.StrictJson;
import slash32.agent.status.Event;
import slash32.agent.status.RouteView;
import slash32.agent.status.Snapshot;
import slash32.agent.status.StatusJson;
import slash32.agent.status.StatusText;
import slash32.net.Prefix;

/// What the API tells of the node as a whole: status, peers, routes, events, health.
final class NodePages {
    private static final Duration WATCH_TURN = Duration.ofHours(1);

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

    Response mrt(Request request) {
        return new Response.Streamed(200, "application/octet-stream", control::dumpRoutes);
    }

    Response watch(Request request) {
        EventLog log = control.events();
        Boolean follow = parameter(request, "follow", NodePages::flag);
        Long since = parameter(request, "since", NodePages::revision);
        boolean text = request.wantsText();
        String contentType = text ? Response.TEXT : "application/x-ndjson";
        if (follow != null && !follow) {
            long from = since == null ? log.oldest() : since;
            return new Response.Streamed(200, contentType, out -> write(log.after(from, Duration.ZERO), text, out));
        }
        long from = since == null ? log.revision() : since;
        return new Response.Streamed(200, contentType, out -> follow(log, from, text, out));
    }

    private static void follow(EventLog log, long since, boolean text, OutputStream out)
            throws IOException, InterruptedException {
        long next = since;
        while (true) {
            EventLog.Batch batch = log.after(next, WATCH_TURN);
            write(batch, text, out);
            out.flush();
            next = batch.revision();
        }
    }

    private static void write(EventLog.Batch batch, boolean text, OutputStream out) throws IOException {
        if (!batch.complete()) {
            out.write(bytes(text ? "some events were missed\n" : missed(batch.revision())));
        }
        for (Event event : batch.events()) {
            out.write(bytes(text ? StatusText.event(event) : line(json -> StatusJson.event(json, event))));
        }
    }

    private static boolean flag(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("must be true or false, was '" + text + "'");
        };
    }

    private static String missed(long revision) {
        return line(json -> {
            json.writeStartObject();
            json.writeNumberField("revision", revision);
            json.writeStringField("event", "Missed");
            json.writeEndObject();
        });
    }

    private static long revision(String text) {
        if (!text.matches("[0-9]{1,18}")) {
            throw new IllegalArgumentException("must be a revision, was '" + text + "'");
        }
        return Long.parseLong(text);
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

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
