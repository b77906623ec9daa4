package slash32.agent.api;

import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.Response;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.StrictJson;

/// What the pages have in common: reading parameters, writing answers.
final class Replies {
    private Replies() {}

    static <T> @Nullable T parameter(Request request, String name, Function<String, T> parser) {
        List<String> values = request.query().getOrDefault(name, List.of());
        if (values.isEmpty()) {
            return null;
        }
        if (values.size() > 1) {
            throw new InvalidFieldException(name, "is there twice");
        }
        try {
            return parser.apply(values.getFirst());
        } catch (IllegalArgumentException e) {
            throw new InvalidFieldException(name, String.valueOf(e.getMessage()));
        }
    }

    static Response deleted(Outcome outcome) {
        return outcome instanceof Outcome.Refused(Problem problem) ? problem(problem) : Response.empty(204);
    }

    static Response noSuch(String kind, Object id) {
        return problem(new Problem(404, "No such " + kind, "there is no " + kind + " " + id, null, null));
    }

    static Response page(Request request, StrictJson.Writer json, Supplier<String> text) {
        return request.wantsText() ? Response.of(200, Response.TEXT, text.get()) : json(200, json);
    }

    static Response json(int status, StrictJson.Writer writer) {
        return Response.of(status, Response.JSON, line(writer));
    }

    static Response.Whole problem(Problem problem) {
        String body = line(json -> {
            json.writeStartObject();
            json.writeStringField("type", "about:blank");
            json.writeStringField("title", problem.title());
            json.writeNumberField("status", problem.status());
            json.writeStringField("detail", problem.detail());
            if (problem.field() != null) {
                json.writeStringField("field", problem.field());
            }
            if (problem.currentGeneration() != null) {
                json.writeNumberField("currentGeneration", problem.currentGeneration());
            }
            json.writeEndObject();
        });
        return Response.of(problem.status(), "application/problem+json", body);
    }

    static String line(StrictJson.Writer writer) {
        return StrictJson.text(writer) + "\n";
    }
}
