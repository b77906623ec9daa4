package slash32.agent;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.ApiClient;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.ConfigFile;
import slash32.agent.config.Loaded;

/// Whole agents in tests: how they are configured and started, and what they answer.
final class Agents {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Agents() {}

    static AgentConfig config(String yaml) {
        if (ConfigFile.parse(yaml) instanceof Loaded.Accepted(AgentConfig config)) {
            return config;
        }
        throw new AssertionError(ConfigFile.parse(yaml));
    }

    /// One that runs in the calling thread's network namespace.
    static RouteAgent start(String yaml) throws IOException {
        var agent = new RouteAgent(config(yaml), "test");
        agent.start();
        return agent;
    }

    /// The body of the answer.
    static String get(Path socket, String target) {
        try (var client = ApiClient.connect(socket, PATIENCE)) {
            return client.send("GET", target, null).body();
        } catch (IOException e) {
            throw new UncheckedIOException(target, e);
        }
    }

    /// The answer's status and body.
    static String send(Path socket, String method, String target, @Nullable String body) throws IOException {
        try (var client = ApiClient.connect(socket, PATIENCE)) {
            var reply = client.send(method, target, body);
            return reply.status() + " " + reply.body();
        }
    }
}
