package slash32.agent.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import slash32.bgp.exabgp.command.CommandEncoder;
import slash32.bgp.exabgp.command.CommandEncoder.Encoded;
import slash32.bgp.exabgp.command.CommandParser;
import slash32.bgp.exabgp.command.CommandParser.Parsed;
import slash32.bgp.exabgp.command.EncodeContext;
import slash32.bgp.wire.Framer;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;

/// {@code slash32 bgp encode}: the octets that ExaBGP sends for its text commands.
@Command(
        name = "encode",
        description = {
            "Prints the BGP messages, in hexadecimal, that ExaBGP sends for a command of its text API.",
            "Without COMMAND, or with -, each line of standard input is one, and is answered by one line:"
                    + " the messages with blanks between them, or \"error\" and the reason."
        })
final class BgpEncode implements Callable<Integer> {
    private final Console console;
    private final InputStream input;

    @Parameters(arity = "0..*", paramLabel = "COMMAND", description = "As: announce route 10.0.0.1/32 next-hop self")
    private List<String> words = List.of();

    @Option(names = "--session", paramLabel = "KIND", description = "ibgp or ebgp; ${DEFAULT-VALUE} by default.")
    private SessionKind session = SessionKind.ibgp;

    @Option(
            names = "--asn4",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "AS numbers have four octets; true by default.")
    private boolean fourOctetAs = true;

    @Option(
            names = "--add-path",
            split = ",",
            paramLabel = "FAMILY",
            description = "Families whose routes have path identifiers, as ipv4/unicast.")
    private List<String> addPath = List.of();

    @Option(
            names = "--local-as",
            paramLabel = "AS",
            description = "Ours, which an external peer's AS_PATH begins with; ${DEFAULT-VALUE} by default.")
    private long localAs = SessionKind.LOCAL_AS.value();

    @Option(names = "--local-address", paramLabel = "ADDRESS", description = "What next-hop self is for IPv4 routes.")
    private @Nullable String self;

    @Option(names = "--local-address6", paramLabel = "ADDRESS", description = "The same for IPv6 routes.")
    private @Nullable String self6;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    BgpEncode(Console console, InputStream input) {
        this.console = console;
        this.input = input;
    }

    /// What a command became.
    ///
    /// @param good else {@code text} says why not
    private record Answer(boolean good, String text) {}

    @Override
    public Integer call() {
        EncodeContext context = context();
        if (!words.isEmpty() && !words.equals(List.of("-"))) {
            Answer answer = answer(String.join(" ", words), context);
            if (!answer.good) {
                console.complain(answer.text);
                return ExitCode.SOFTWARE;
            }
            answer.text.lines().forEach(console.out()::println);
            console.out().flush();
            return ExitCode.OK;
        }
        try {
            lines(context);
            return ExitCode.OK;
        } catch (IOException e) {
            console.complain("reading standard input: " + e.getMessage());
            return ExitCode.SOFTWARE;
        }
    }

    private void lines(EncodeContext context) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (!line.isBlank()) {
                Answer answer = answer(line, context);
                console.out().println(answer.good ? answer.text.replace('\n', ' ') : "error " + answer.text);
            }
            if (!reader.ready()) {
                console.out().flush(); // somebody may wait for the answer before the next line
            }
        }
        console.out().flush();
    }

    private static Answer answer(String line, EncodeContext context) {
        return switch (CommandParser.parse(line)) {
            case Parsed.Refused(var why) -> new Answer(false, why.toString());
            case Parsed.Understood(var understood) ->
                switch (CommandEncoder.encode(understood.command(), context)) {
                    case Encoded.Refused(String reason) -> new Answer(false, reason);
                    case Encoded.Messages(List<Bytes> messages) ->
                        new Answer(true, messages.stream().map(Bytes::toString).collect(Collectors.joining("\n")));
                };
        };
    }

    private EncodeContext context() {
        try {
            return new EncodeContext(
                    session == SessionKind.ibgp,
                    fourOctetAs,
                    SessionKind.families(addPath, spec),
                    new Asn(localAs),
                    self == null ? null : Ipv4Address.parse(self),
                    self6 == null ? null : Ipv6Address.parse(self6),
                    Framer.MAX_BYTES);
        } catch (IllegalArgumentException e) {
            throw new picocli.CommandLine.ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }
}
