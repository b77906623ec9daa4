package slash32.agent.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import slash32.bgp.exabgp.ApiVersion;
import slash32.bgp.exabgp.DecodeContext;
import slash32.bgp.exabgp.Envelope;
import slash32.bgp.exabgp.ExabgpDecoder;
import slash32.bgp.exabgp.ExabgpDecoder.Decoded;
import slash32.bgp.exabgp.Families;
import slash32.bgp.exabgp.Refusal;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Fate;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageFate;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.Asn;

/// {@code slash32 bgp decode}: prints of a message what ExaBGP prints of it.
@Command(
        name = "decode",
        description = {
            "Prints BGP messages, given in hexadecimal, as ExaBGP's JSON.",
            "Without HEX the message is read from standard input; with - each line of it is one: bare hexadecimal,"
                    + " or a JSON object with hex or raw, kind and ctx."
        })
final class BgpDecode implements Callable<Integer> {
    private static final Set<AddressFamily> IPV4 = Set.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV4_MULTICAST,
            AddressFamily.IPV4_LABELED,
            AddressFamily.IPV4_VPN);
    private static final Asn DEFAULT_EXTERNAL_AS = new Asn(65534);
    private static final int OUTPUT_BYTES = 1 << 16;

    private final Console console;
    private final InputStream input;

    @Parameters(arity = "0..1", paramLabel = "HEX", description = "The message; colons and blanks are ignored.")
    private @Nullable String hex;

    @Option(
            names = "--api",
            paramLabel = "VERSION",
            description = "Version of ExaBGP's JSON: 4.0.1, 5.0.0 or 6.0.0; ${DEFAULT-VALUE} by default.",
            converter = ApiConverter.class)
    private ApiVersion api = ApiVersion.V4;

    @Option(names = "--session", paramLabel = "KIND", description = "ibgp or ebgp; by default what the message fits.")
    private @Nullable SessionKind session;

    @Option(
            names = "--asn4",
            arity = "0..1",
            fallbackValue = "true",
            paramLabel = "BOOLEAN",
            description = "AS numbers have four octets; true by default.")
    private boolean fourOctetAs = true;

    @Option(
            names = "--add-path",
            arity = "1..*",
            split = ",",
            paramLabel = "FAMILY",
            description = "Families whose routes have path identifiers, as ipv4/unicast.")
    private List<String> addPath = List.of();

    @Option(names = "--fate", description = "Add what RFC 7606 makes of the message, and the NOTIFICATION.")
    private boolean fate;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    /// "6.0.0" to the version.
    private static final class ApiConverter implements picocli.CommandLine.ITypeConverter<ApiVersion> {
        @Override
        public ApiVersion convert(String text) {
            return Arrays.stream(ApiVersion.values())
                    .filter(version -> version.toString().equals(text))
                    .findFirst()
                    .orElseThrow(() -> new picocli.CommandLine.TypeConversionException(
                            "there is 4.0.1, 5.0.0 and 6.0.0, not '" + text + "'"));
        }
    }

    /// What decodes one session's UPDATEs, kept for the next line of the same.
    private record Fates(Terms terms, UpdateDecoder decoder) {}

    private final Map<Terms, Fates> fates = new HashMap<>();
    private final long process = ProcessHandle.current().pid();
    private final long parent =
            ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
    private String host = "";
    private long counter;

    BgpDecode(Console console, InputStream input) {
        this.console = console;
        this.input = input;
    }

    @Override
    public Integer call() {
        host = hostName();
        addPathFamilies();
        String given = hex;
        try {
            if (given == null) {
                return one(new String(input.readAllBytes(), StandardCharsets.UTF_8));
            }
            return given.equals("-") ? lines() : one(given);
        } catch (IOException e) {
            console.complain("reading standard input: " + e.getMessage());
            return ExitCode.SOFTWARE;
        }
    }

    /// Every message in {@code text}: ExaBGP takes more than one behind each other.
    private int one(String text) {
        DecodeRequest request;
        try {
            request = DecodeRequest.ofHex(text.strip().replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            console.complain("the message must be hexadecimal: " + e.getMessage());
            return ExitCode.USAGE;
        }
        int worst = ExitCode.OK;
        for (byte[] message : messages(request.message().toArray())) {
            DecodeContext context = context(request);
            Decoded decoded = ExabgpDecoder.decode(message, context);
            if (decoded instanceof Decoded.Refused(Refusal(int code, int subcode)) && !fate) {
                console.complain("the message can't be decoded: "
                        + (code == 0 ? "it is cut short" : "NOTIFICATION " + code + "/" + subcode));
                worst = ExitCode.SOFTWARE;
            } else {
                console.out().println(line(message, request, context, decoded));
            }
        }
        console.out().flush();
        return worst;
    }

    private static List<byte[]> messages(byte[] bytes) {
        var messages = new ArrayList<byte[]>();
        int at = 0;
        while (bytes.length - at > Framer.HEADER_BYTES
                && Framer.at(bytes, at, bytes.length, Framer.MAX_EXTENDED_BYTES)
                        instanceof Framer.Frame.Whole(int _, int length)) {
            messages.add(Arrays.copyOfRange(bytes, at, at + length));
            at += length;
        }
        if (at < bytes.length || bytes.length == 0) {
            messages.add(at == 0 ? bytes : Arrays.copyOfRange(bytes, at, bytes.length));
        }
        return messages;
    }

    private int lines() throws IOException {
        var reader = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8), OUTPUT_BYTES);
        var out = new PrintWriter(new java.io.BufferedWriter(console.out(), OUTPUT_BYTES), false);
        String text = reader.readLine();
        while (text != null) {
            if (!text.isBlank()) {
                out.println(line(text.strip()));
            }
            if (!reader.ready()) {
                out.flush(); // somebody may wait for the answer before the next line
            }
            text = reader.readLine();
        }
        out.flush();
        return ExitCode.OK;
    }

    private String line(String text) {
        DecodeRequest request;
        try {
            request = DecodeRequest.ofLine(text);
        } catch (IllegalArgumentException e) {
            return "{ \"error\": \"input\" }";
        }
        DecodeContext context = context(request);
        byte[] message = request.message().toArray();
        return line(message, request, context, ExabgpDecoder.decode(message, context));
    }

    private String line(byte[] message, DecodeRequest request, DecodeContext context, Decoded decoded) {
        counter++;
        String text = switch (decoded) {
            case Decoded.Printed printed -> new Envelope(now(), host, process, parent, counter).line(printed, context);
            case Decoded.Refused(Refusal(int code, int subcode)) ->
                code == 0
                        ? "{ \"error\": \"exception\" }"
                        : "{ \"error\": \"notify\", \"notify\": [ " + code + ", " + subcode + " ] }";
        };
        return fate ? withFate(text, fateOf(message, request, context)) : text;
    }

    /// Seconds with six digits behind the point.
    private static String now() {
        Instant now = Instant.now();
        String micros = String.valueOf(1_000_000 + now.getNano() / 1000);
        return now.getEpochSecond() + "." + micros.substring(1);
    }

    private static String withFate(String text, MessageFate verdict) {
        Message.Notification why = verdict.notification();
        return text.substring(0, text.length() - 2)
                + ", \"fate\": \""
                + verdict.fate().name().toLowerCase(Locale.ROOT).replace('_', '-') + "\""
                + (why == null ? "" : ", \"notification\": [ " + why.code() + ", " + why.subcode() + " ]")
                + " }";
    }

    /// Unless somebody says what session a message is of, the milder of what both kinds make of it.
    private MessageFate fateOf(byte[] message, DecodeRequest request, DecodeContext context) {
        Boolean told = request.internal();
        if (told == null && session != null) {
            told = session == SessionKind.ibgp;
        }
        if (told != null) {
            return fateOf(message, request, context, told);
        }
        MessageFate internal = fateOf(message, request, context, true);
        if (internal.fate() == Fate.ACCEPT) {
            return internal;
        }
        MessageFate external = fateOf(message, request, context, false);
        return external.fate().compareTo(internal.fate()) < 0 ? external : internal;
    }

    private MessageFate fateOf(byte[] message, DecodeRequest request, DecodeContext context, boolean internal) {
        var terms =
                new Terms(internal, context.fourOctetAs(), Families.all(), context.addPath(), Set.of(), false, IPV4);
        Fates fitting = fates.computeIfAbsent(terms, key -> new Fates(key, new UpdateDecoder(key)));
        if (request.headless() || message.length < 16 || !framed(message)) {
            return MessageFate.ofUpdate(fitting.decoder().decode(message, 0, message.length));
        }
        Asn peer = request.peerAs() == 0 ? null : new Asn(request.peerAs());
        return MessageFate.of(message, fitting.terms(), fitting.decoder(), peer);
    }

    private static boolean framed(byte[] message) {
        for (int i = 0; i < 16; i++) {
            if (message[i] != (byte) 0xff) {
                return false;
            }
        }
        return true;
    }

    private DecodeContext context(DecodeRequest request) {
        var paths = new HashSet<>(addPathFamilies());
        request.addPath().stream().map(Families::named).filter(Objects::nonNull).forEach(paths::add);
        boolean four = request.fourOctetAs() == null ? fourOctetAs : request.fourOctetAs();
        Asn local = request.localAs() == 0 ? SessionKind.LOCAL_AS : new Asn(request.localAs());
        Asn peer = request.peerAs() != 0
                ? new Asn(request.peerAs())
                : session == SessionKind.ebgp ? DEFAULT_EXTERNAL_AS : SessionKind.LOCAL_AS;
        return new DecodeContext(api, four, paths, local, peer);
    }

    private Set<AddressFamily> addPathFamilies() {
        return SessionKind.families(addPath, spec);
    }

    private static String hostName() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip();
        } catch (IOException e) {
            throw new UncheckedIOException("reading the host's name", e);
        }
    }
}
