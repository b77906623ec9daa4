package slash32.agent.api;

import static slash32.agent.api.Replies.line;
import static slash32.agent.api.Replies.parameter;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Predicate;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.EndpointId;
import slash32.agent.status.Event;
import slash32.agent.status.StatusJson;
import slash32.agent.status.StatusText;

/// Logs of events, as they are or as they grow.
final class EventPages {
    private static final Duration WATCH_TURN = Duration.ofHours(1);

    private final Control control;

    EventPages(Control control) {
        this.control = control;
    }

    /// {@code /v1/drops}
    Response drops(Request request) {
        EndpointId endpoint = parameter(request, "endpoint", EndpointId::new);
        return watch(
                request,
                control.drops(),
                event -> endpoint == null
                        || (event instanceof Event.PacketDropped dropped && endpoint.equals(dropped.endpoint())));
    }

    /// The lines of a log that are {@code wanted}.
    static Response watch(Request request, EventLog log, Predicate<Event> wanted) {
        Boolean follow = parameter(request, "follow", EventPages::flag);
        Long since = parameter(request, "since", EventPages::revision);
        boolean text = request.wantsText();
        String contentType = text ? Response.TEXT : "application/x-ndjson";
        if (follow != null && !follow) {
            long from = since == null ? log.oldest() : since;
            return new Response.Streamed(
                    200, contentType, out -> write(log.after(from, Duration.ZERO), wanted, text, out));
        }
        long from = since == null ? log.revision() : since;
        return new Response.Streamed(200, contentType, out -> follow(log, from, wanted, text, out));
    }

    private static void follow(EventLog log, long since, Predicate<Event> wanted, boolean text, OutputStream out)
            throws IOException, InterruptedException {
        long next = since;
        while (true) {
            EventLog.Batch batch = log.after(next, WATCH_TURN);
            write(batch, wanted, text, out);
            out.flush();
            next = batch.revision();
        }
    }

    private static void write(EventLog.Batch batch, Predicate<Event> wanted, boolean text, OutputStream out)
            throws IOException {
        if (!batch.complete()) {
            out.write(bytes(text ? "some events were missed\n" : missed(batch.revision())));
        }
        for (Event event : batch.events()) {
            if (wanted.test(event)) {
                out.write(bytes(text ? StatusText.event(event) : line(json -> StatusJson.event(json, event))));
            }
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

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
