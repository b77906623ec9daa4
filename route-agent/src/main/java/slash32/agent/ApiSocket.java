package slash32.agent;

import java.io.IOException;
import slash32.agent.api.Api;
import slash32.agent.api.Callers;
import slash32.agent.api.http.HttpServer;
import slash32.agent.config.ApiConfig;
import slash32.agent.metrics.AgentMetrics;

/// The API on its socket, for whom the configuration names.
final class ApiSocket {
    private ApiSocket() {}

    static void listen(HttpServer server, ApiConfig config, Api api, AgentMetrics metrics) throws IOException {
        var access = new Callers.Access(config.userIds(), config.groupIds(), config.requestsPerSecond());
        var callers = new Callers(api, access, metrics::apiRefused);
        if (access.isBySocket()) {
            server.listen(config.socket(), callers::of);
        } else {
            server.listenToAll(config.socket(), callers::of);
        }
    }
}
