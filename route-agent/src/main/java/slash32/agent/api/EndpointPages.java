package slash32.agent.api;

import static slash32.agent.api.Replies.deleted;
import static slash32.agent.api.Replies.json;
import static slash32.agent.api.Replies.noSuch;
import static slash32.agent.api.Replies.page;
import static slash32.agent.api.Replies.parameter;
import static slash32.agent.api.Replies.problem;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.Fields;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.agent.status.Condition;
import slash32.agent.status.ConditionKind;
import slash32.agent.status.ConditionState;
import slash32.agent.status.EndpointView;
import slash32.agent.status.Snapshot;
import slash32.agent.status.StatusJson;
import slash32.agent.status.StatusText;

/// {@code /v1/endpoints} and below.
final class EndpointPages {
    private static final Duration DEFAULT_WAIT = Duration.ofSeconds(2);
    private static final Duration MAX_WAIT = Duration.ofMinutes(1);
    private static final Pattern TIMEOUT = Pattern.compile("([0-9]{1,6})(ms|s)");

    private final Control control;
    private final InstantSource clock;

    EndpointPages(Control control, InstantSource clock) {
        this.control = control;
        this.clock = clock;
    }

    Response getAll(Request request) {
        Snapshot snapshot = control.snapshot();
        return page(
                request,
                json -> StatusJson.endpoints(json, snapshot),
                () -> StatusText.endpoints(snapshot.endpoints(), clock.instant()));
    }

    Response get(Request request) {
        EndpointId id = endpointId(request);
        EndpointView view = control.endpoint(id);
        return view == null ? noSuch("endpoint", id) : endpoint(request, 200, view);
    }

    Response put(Request request) throws MalformedJsonException, InterruptedException {
        EndpointId id = endpointId(request);
        Wait wait = asked(request);
        EndpointSpec spec = EndpointJson.read(StrictJson.parse(request.body()), "", id);
        Outcome outcome = control.putEndpoint(spec);
        if (outcome instanceof Outcome.Refused(Problem problem)) {
            return problem(problem);
        }
        EndpointView view =
                wait == null ? control.endpoint(id) : control.awaitEndpoint(id, wait.kind(), wait.timeout());
        if (view == null) {
            return problem(new Problem(409, "Removed meanwhile", "endpoint " + id + " was removed", null, null));
        }
        if (wait != null && !view.holds(wait.kind())) {
            return problem(notInForce(view, wait));
        }
        return endpoint(request, outcome instanceof Outcome.Created ? 201 : 200, view);
    }

    /// The state to wait for after a change.
    private record Wait(ConditionKind kind, Duration timeout) {}

    private static @Nullable Wait asked(Request request) {
        String kind = parameter(request, "wait", Function.identity());
        Duration timeout = parameter(request, "timeout", EndpointPages::timeout);
        if (kind == null) {
            if (timeout != null) {
                throw new InvalidFieldException("timeout", "only together with wait");
            }
            return null;
        }
        return new Wait(
                switch (kind) {
                    case "enforced" -> ConditionKind.RULES_ENFORCED;
                    case "advertised" -> ConditionKind.ADVERTISED;
                    default ->
                        throw new InvalidFieldException("wait", "must be enforced or advertised, was '" + kind + "'");
                },
                timeout == null ? DEFAULT_WAIT : timeout);
    }

    private static Duration timeout(String text) {
        Matcher matcher = TIMEOUT.matcher(text);
        if (matcher.matches()) {
            long amount = Long.parseLong(matcher.group(1));
            Duration timeout = matcher.group(2).equals("s") ? Duration.ofSeconds(amount) : Duration.ofMillis(amount);
            if (timeout.compareTo(MAX_WAIT) <= 0) {
                return timeout;
            }
        }
        throw new IllegalArgumentException("must be 0ms to 60s, such as 500ms or 2s, was '" + text + "'");
    }

    /// Names what failed, or else the first condition that doesn't hold: those after it wait for it.
    private static Problem notInForce(EndpointView view, Wait wait) {
        Condition missing = Stream.of(ConditionKind.values())
                .map(view::condition)
                .filter(condition -> condition.state() != ConditionState.TRUE)
                .min(Comparator.comparing(condition -> condition.state() != ConditionState.FAILED))
                .orElseThrow();
        String message = missing.message().isEmpty() ? "" : ": " + missing.message();
        return new Problem(
                504,
                "Not in force yet",
                "the endpoint was taken, but within %d ms %s is %s (%s)%s"
                        .formatted(
                                wait.timeout().toMillis(),
                                missing.kind().label(),
                                missing.state().label(),
                                missing.reason(),
                                message),
                "wait",
                null);
    }

    Response putAll(Request request) throws MalformedJsonException, InterruptedException {
        Fields fields = Fields.of("", StrictJson.parse(request.body()));
        List<EndpointSpec> specs = fields.requiredList("endpoints", EndpointPages::endpoint);
        fields.end();
        return switch (control.putEndpoints(specs)) {
            case Outcome.Refused(Problem problem) -> problem(problem);
            case Outcome.Replaced replaced ->
                json(200, json -> {
                    json.writeStartObject();
                    json.writeNumberField("created", replaced.created());
                    json.writeNumberField("changed", replaced.changed());
                    json.writeNumberField("unchanged", replaced.unchanged());
                    json.writeNumberField("removed", replaced.removed());
                    json.writeEndObject();
                });
        };
    }

    private static EndpointSpec endpoint(JsonNode node, String path) {
        return EndpointJson.read(node, path, null);
    }

    Response delete(Request request) throws InterruptedException {
        return deleted(control.deleteEndpoint(endpointId(request)));
    }

    private Response endpoint(Request request, int status, EndpointView view) {
        return request.wantsText()
                ? Response.of(status, Response.TEXT, StatusText.endpoints(List.of(view), clock.instant()))
                : json(status, json -> StatusJson.endpoint(json, view));
    }

    private static EndpointId endpointId(Request request) {
        return new EndpointId(request.path().get(2));
    }
}
