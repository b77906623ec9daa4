package slash32.agent.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import slash32.agent.json.StrictJson;

/// {@code slash32 explain}: asks what becomes of a packet, and why.
@Command(
        name = "explain",
        description = "Says whether a packet passes the security groups, and by which rule or route.")
final class Explain implements Callable<Integer> {
    private final Console console;

    @Mixin
    private final Connection connection = new Connection();

    @Option(names = "--from", required = true, paramLabel = "ADDRESS", description = "Who sends it.")
    private String from = "";

    @Option(names = "--to", required = true, paramLabel = "ADDRESS", description = "Where it goes.")
    private String to = "";

    @Option(
            names = "--proto",
            required = true,
            paramLabel = "PROTOCOL",
            description = "A name, as in a rule, or a number.")
    private String protocol = "";

    @Option(names = "--port", paramLabel = "PORT", description = "The destination port, where there are ports.")
    private @Nullable Integer port;

    @Option(names = "--source-port", paramLabel = "PORT", description = "49152 by default.")
    private @Nullable Integer sourcePort;

    @Option(names = "--type", paramLabel = "TYPE", description = "Of ICMP; an echo request by default.")
    private @Nullable Integer type;

    @Option(names = "--code", paramLabel = "CODE", description = "Of ICMP; 0 by default.")
    private @Nullable Integer code;

    Explain(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        String question = StrictJson.text(json -> {
            json.writeStartObject();
            json.writeStringField("from", from);
            json.writeStringField("to", to);
            json.writeStringField("protocol", protocol);
            number(json, "port", port);
            number(json, "sourcePort", sourcePort);
            number(json, "icmpType", type);
            number(json, "icmpCode", code);
            json.writeEndObject();
        });
        return connection.ask("/v1/explain", question, console);
    }

    private static void number(JsonGenerator json, String field, @Nullable Integer value) throws IOException {
        if (value != null) {
            json.writeNumberField(field, value);
        }
    }
}
