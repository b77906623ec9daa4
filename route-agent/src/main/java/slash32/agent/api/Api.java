package slash32.agent.api;

import static slash32.agent.api.Replies.page;
import static slash32.agent.api.Replies.problem;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import slash32.agent.api.http.Admission;
import slash32.agent.api.http.Request;
import slash32.agent.api.http.RequestHandler;
import slash32.agent.api.http.Response;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.status.PathsFormat;
import slash32.agent.status.PathsView;
import slash32.agent.status.SasFormat;
import slash32.agent.status.SasView;

/// The paths of the API (docs/openapi.yaml) and what each does with {@link Control}.
///
/// Thread-safe: it holds nothing.
public final class Api implements RequestHandler {
    private static final int ONE_BYTES = 1 << 20;
    private static final int SET_BYTES = 16 << 20;

    private final List<Route> routes;

    /// An API to {@code control}.
    ///
    /// @param clock for ages in text
    public Api(Control control, InstantSource clock) {
        var endpoints = new EndpointPages(control, clock);
        var groups = new GroupPages(control);
        var node = new NodePages(control, clock);
        var explain = new ExplainPage(control);
        var events = new EventPages(control);
        var segments = new SegmentPages(control);
        var sas = new Route("GET", "sas", Set.of(), 0, request -> sas(control, clock, request));
        var paths = new Route("GET", "paths", Set.of(), 0, request -> paths(control, request));
        routes = Stream.of(
                        ofHost(endpoints, groups, explain, events, node),
                        ofSegments(segments),
                        List.of(sas, paths),
                        ofAnyNode(node))
                .flatMap(List::stream)
                .toList();
    }

    private static Response sas(Control control, InstantSource clock, Request request) {
        SasView view = control.sas();
        return page(request, json -> SasFormat.json(json, view), () -> SasFormat.text(view, clock.instant()));
    }

    private static Response paths(Control control, Request request) {
        PathsView view = control.paths();
        return page(request, json -> PathsFormat.json(json, view), () -> PathsFormat.text(view));
    }

    private Api(List<Route> routes) {
        this.routes = routes;
    }

    /// An API to a route reflector, which has neither endpoints nor groups.
    public static Api ofReflector(NodeControl control, InstantSource clock) {
        var node = new NodePages(control, clock);
        var status = new Route("GET", "status", Set.of(), 0, node::reflectorStatus);
        return new Api(
                Stream.concat(Stream.of(status), ofAnyNode(node).stream()).toList());
    }

    private static List<Route> ofHost(
            EndpointPages endpoints, GroupPages groups, ExplainPage explain, EventPages events, NodePages node) {
        return List.of(
                new Route("GET", "endpoints", Set.of(), 0, endpoints::getAll),
                new Route("PUT", "endpoints", Set.of(), SET_BYTES, endpoints::putAll),
                new Route("GET", "endpoints/{id}", Set.of(), 0, endpoints::get),
                new Route("PUT", "endpoints/{id}", Set.of("wait", "timeout"), ONE_BYTES, endpoints::put),
                new Route("DELETE", "endpoints/{id}", Set.of(), 0, endpoints::delete),
                new Route("GET", "groups", Set.of(), 0, groups::getAll),
                new Route("GET", "groups/{id}", Set.of(), 0, groups::get),
                new Route("GET", "groups/{id}/counters", Set.of(), 0, groups::counters),
                new Route("PUT", "groups/{id}", Set.of(), ONE_BYTES, groups::put),
                new Route("DELETE", "groups/{id}", Set.of(), 0, groups::delete),
                new Route("POST", "explain", Set.of(), ONE_BYTES, explain::explain),
                new Route("GET", "drops", Set.of("since", "follow", "endpoint"), 0, events::drops),
                new Route("GET", "status", Set.of(), 0, node::status));
    }

    private static List<Route> ofSegments(SegmentPages segments) {
        return List.of(
                new Route("GET", "segments", Set.of(), 0, segments::getAll),
                new Route("GET", "segments/{id}", Set.of(), 0, segments::get),
                new Route("PUT", "segments/{id}", Set.of(), ONE_BYTES, segments::put),
                new Route("DELETE", "segments/{id}", Set.of(), 0, segments::delete));
    }

    private static List<Route> ofAnyNode(NodePages node) {
        return List.of(
                new Route("GET", "peers", Set.of(), 0, node::peers),
                new Route("GET", "routes", Set.of("prefix"), 0, node::routes),
                new Route("GET", "evpn", Set.of(), 0, node::evpn),
                new Route("GET", "memory", Set.of(), 0, node::memory),
                new Route("GET", "mrt", Set.of(), 0, node::mrt),
                new Route("GET", "watch", Set.of("since", "follow"), 0, node::watch),
                new Route("GET", "healthz", Set.of(), 0, node::healthy),
                new Route("GET", "readyz", Set.of(), 0, node::ready),
                new Route("GET", "version", Set.of(), 0, node::version));
    }

    /// A method on a path.
    ///
    /// @param shape below {@code /v1/}, with {@code {id}} for a name
    /// @param query the parameters it knows
    record Route(String method, String shape, Set<String> query, int bodyLimitBytes, Operation operation) {}

    /// What a route does.
    @FunctionalInterface
    interface Operation {
        /// Answers; a {@link InvalidFieldException} becomes 422.
        Response handle(Request request) throws MalformedJsonException, InterruptedException;
    }

    /// All there are, for the test that compares them with docs/openapi.yaml.
    List<Route> routes() {
        return routes;
    }

    @Override
    public Admission admit(String method, List<String> path) {
        return new Admission.Taken(routesAt(path).stream()
                .filter(route -> route.method().equals(method))
                .mapToInt(Route::bodyLimitBytes)
                .findAny()
                .orElse(ONE_BYTES));
    }

    @Override
    public Response handle(Request request) throws InterruptedException {
        List<Route> here = routesAt(request.path());
        if (here.isEmpty()) {
            return problem(new Problem(404, "No such path", "there is no " + path(request), null, null));
        }
        Route route = here.stream()
                .filter(candidate -> candidate.method().equals(request.method()))
                .findAny()
                .orElse(null);
        if (route == null) {
            return methodNotAllowed(request, here);
        }
        try {
            for (String parameter : request.query().keySet()) {
                if (!route.query().contains(parameter)) {
                    throw new InvalidFieldException(parameter, "is no parameter of this path");
                }
            }
            return route.operation().handle(request);
        } catch (MalformedJsonException e) {
            return refused(400, "the body is not JSON: " + e.getMessage());
        } catch (InvalidFieldException e) {
            return problem(Problem.invalid(e.field(), e.reason()));
        }
    }

    @Override
    public Response.Whole refused(int status, String detail) {
        String title = switch (status) {
            case 400 -> "Malformed request";
            case 403 -> "Not allowed";
            case 408 -> "Too slow";
            case 429 -> "Too many requests";
            case 503 -> "Busy";
            default -> "Too large";
        };
        return problem(new Problem(status, title, detail, null, null));
    }

    private List<Route> routesAt(List<String> path) {
        if (!path.getFirst().equals("v1") || path.size() < 2) {
            return List.of();
        }
        var words = new ArrayList<>(path.subList(1, path.size()));
        if (words.size() > 1) {
            words.set(1, "{id}");
        }
        String shape = String.join("/", words);
        return routes.stream().filter(route -> route.shape().equals(shape)).toList();
    }

    private static Response methodNotAllowed(Request request, List<Route> here) {
        List<String> allowed = here.stream().map(Route::method).toList();
        var whole = problem(new Problem(
                405,
                "Method not allowed",
                path(request) + " takes " + String.join(", ", allowed) + ", not " + request.method(),
                null,
                null));
        return new Response.Whole(405, whole.contentType(), whole.body(), Map.of("Allow", String.join(", ", allowed)));
    }

    private static String path(Request request) {
        return "/" + String.join("/", request.path());
    }
}
