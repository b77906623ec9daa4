package slash32.agent.metrics;

import java.util.List;
import java.util.function.BooleanSupplier;
import slash32.agent.api.http.Admission;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.RequestHandler;
import slash32.agent.api.http.Response;

/// What is served where Prometheus scrapes: {@code /metrics}, {@code /healthz}, {@code /readyz}.
public final class MetricsPages implements RequestHandler {
    private final AgentMetrics metrics;
    private final BooleanSupplier ready;

    /// Pages for {@code metrics}.
    ///
    /// @param ready whether every source of desired state is complete
    public MetricsPages(AgentMetrics metrics, BooleanSupplier ready) {
        this.metrics = metrics;
        this.ready = ready;
    }

    @Override
    public Admission admit(String method, List<String> path) {
        return new Admission.Taken(0);
    }

    @Override
    public Response handle(Request request) {
        if (!request.method().equals("GET")) {
            return Response.of(405, Response.TEXT, "only GET\n");
        }
        return switch (String.join("/", request.path())) {
            case "metrics" -> {
                var page = metrics.expose(request.accept());
                yield Response.of(200, page.contentType(), page.text());
            }
            case "healthz" -> Response.of(200, Response.TEXT, "healthy\n");
            case "readyz" ->
                ready.getAsBoolean()
                        ? Response.of(200, Response.TEXT, "ready\n")
                        : Response.of(503, Response.TEXT, "not in sync\n");
            default -> Response.of(404, Response.TEXT, "there are /metrics, /healthz and /readyz\n");
        };
    }

    @Override
    public Response.Whole refused(int status, String detail) {
        return Response.of(status, Response.TEXT, detail + "\n");
    }
}
