package slash32.agent.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Option;
import slash32.agent.api.ApiClient;
import slash32.agent.config.AgentConfig;
import slash32.agent.json.MalformedJsonException;
import slash32.agent.json.StrictJson;
import slash32.net.Bytes;

/// What every command that asks a running agent has in common.
final class Connection {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    @Option(
            names = "--socket",
            paramLabel = "PATH",
            description = "The agent's API socket; $SLASH32_SOCKET or /run/slash32/agent.sock by default.")
    private @Nullable Path socket;

    @Option(names = "--json", description = "Write JSON and not text.")
    private boolean json;

    /// Writes the page at {@code target}.
    ///
    /// @return the exit code
    int show(String target, Console console) {
        return show("GET", target, null, console);
    }

    /// Writes what the agent answers to a question.
    ///
    /// @param question JSON
    /// @return the exit code
    int ask(String target, String question, Console console) {
        return show("POST", target, question, console);
    }

    private int show(String method, String target, @Nullable String body, Console console) {
        try (var client = ApiClient.connect(socket(), TIMEOUT)) {
            ApiClient.Reply reply = client.send(method, target, accept("application/json"), body);
            if (!reply.isSuccess()) {
                return refused(reply, console);
            }
            console.out().print(reply.body());
            console.out().flush();
            return ExitCode.OK;
        } catch (IOException e) {
            return failed(e, console);
        }
    }

    /// Writes the lines at {@code target} as they come, until the agent or the reader ends it.
    ///
    /// @return the exit code
    int follow(String target, Console console) {
        try (var client = ApiClient.connect(socket(), TIMEOUT)) {
            ApiClient.Reply reply = client.follow(target, accept("application/x-ndjson"), line -> {
                console.out().println(line);
                return !console.out().checkError();
            });
            return reply.isSuccess() ? ExitCode.OK : refused(reply, console);
        } catch (IOException e) {
            return failed(e, console);
        }
    }

    /// Writes the octets at {@code target}.
    ///
    /// @return the exit code
    int copy(String target, OutputStream out, Console console) {
        try (var client = ApiClient.connect(socket(), TIMEOUT)) {
            ApiClient.Reply reply = client.copy(target, out);
            return reply.isSuccess() ? ExitCode.OK : refused(reply, console);
        } catch (IOException e) {
            return failed(e, console);
        }
    }

    private Path socket() {
        if (socket != null) {
            return socket;
        }
        String fromEnvironment = System.getenv("SLASH32_SOCKET");
        return fromEnvironment == null ? AgentConfig.DEFAULT_API_SOCKET : Path.of(fromEnvironment);
    }

    private String accept(String jsonType) {
        return json ? jsonType : "text/plain";
    }

    private static int refused(ApiClient.Reply reply, Console console) {
        try {
            JsonNode problem = StrictJson.parse(Bytes.copyOf(reply.body().getBytes(UTF_8)));
            String field = problem.has("field") ? problem.get("field").asText() + ": " : "";
            console.complain(field + problem.path("detail").asText());
        } catch (MalformedJsonException e) {
            console.complain("the agent answered " + reply.status() + ": " + reply.body());
        }
        return ExitCode.SOFTWARE;
    }

    private static int failed(IOException e, Console console) {
        console.complain(String.valueOf(e.getMessage()));
        return ExitCode.SOFTWARE;
    }
}
