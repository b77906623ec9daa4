package slash32.bgp.exabgp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.bgp.exabgp.ExabgpDecoder.Decoded;
import slash32.net.Asn;
import slash32.testkit.Requirement;

/// The installed ExaBGP and we print the same characters for the same messages, but for who printed them and when.
@Tag("interop")
class ExabgpInteropTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String RUN = "\"time\": [0-9.]+, \"host\" : \"[^\"]*\", \"pid\" : \\d+, \"ppid\" : \\d+, ";

    @TempDir
    Path folder;

    @BeforeEach
    void exabgpIsInstalled() {
        Requirement.program("exabgp", "exabgp");
    }

    @Test
    void printsItsVectorsAsItDoes() throws IOException, InterruptedException {
        var messages = new LinkedHashSet<String>();
        Requirement.sharedLines("vectors/exabgp/exabgp.jsonl")
                .forEach(line -> parse(line).path("messages").forEach(message -> {
                    if (message.path("msg_type").asText().equals("UPDATE")) {
                        messages.add(message.path("raw").asText());
                    }
                }));
        compare("ExaBGP's vectors", messages);
    }

    @Test
    void printsRealTrafficAsItDoes() throws IOException, InterruptedException {
        var messages = new LinkedHashSet<String>();
        for (String file : List.of("mrt/updates", "evpn/evpn", "evpn/evpn_composed", "others/captures_pmacct")) {
            Requirement.sharedLines("vectors/" + file + ".jsonl").forEach(line -> {
                JsonNode record = parse(line);
                boolean four = record.path("ctx").path("asn4").asBoolean(true)
                        && record.path("ctx").path("asn4_guess").asBoolean(true);
                if (record.path("msg_type").asText().equals("UPDATE") && four) {
                    messages.add(record.path("hex").asText());
                }
            });
        }
        compare("real traffic", messages);
    }

    @Test
    void printsLinkStateAsItDoes() throws IOException, InterruptedException {
        compare("BGP-LS", LinkStateTextTest.recorded().keySet());
    }

    /// What the script asks of ExaBGP in one process is what the command prints.
    @Test
    void theCommandSaysWhatTheScriptSays() throws IOException, InterruptedException {
        String message = "ffffffffffffffffffffffffffffffff003e0200000027800e240019460411111111000119000011111111111101"
                + "aabbccddeeff12340000001111000651";
        List<String> command = run(List.of("exabgp", resource("decode.conf"), "--decode", message), "");
        String printed = command.stream()
                .filter(line -> line.contains("update json "))
                .map(line -> line.substring(line.indexOf("update json ") + 12))
                .findFirst()
                .orElseThrow();
        assertThat(ours(message)).isEqualTo(printed.replaceFirst(RUN, ""));
    }

    private void compare(String name, Set<String> messages) throws IOException, InterruptedException {
        List<String> script = List.of("/usr/bin/python3", resource("decode.py"), resource("decode.conf"));
        List<String> theirs = run(script, String.join("\n", messages) + "\n");
        assertThat(theirs).hasSameSizeAs(messages);
        var differences = new ArrayList<String>();
        int at = 0;
        for (String message : messages) {
            String printed = theirs.get(at++).replaceFirst(RUN, "");
            if (!ours(message).equals(printed)) {
                differences.add(message + "\n  theirs " + printed + "\n  ours   " + ours(message));
            }
        }
        System.out.printf(
                "%s through exabgp: %d run, %d equal%n", name, messages.size(), messages.size() - differences.size());
        assertThat(differences).isEmpty();
    }

    private static String ours(String hex) {
        var context = new DecodeContext(ApiVersion.V4, true, Set.of(), new Asn(65533), new Asn(65533));
        return switch (ExabgpDecoder.decode(HexFormat.of().parseHex(hex), context)) {
            case Decoded.Printed printed ->
                new Envelope("0", "", 1, 1, 1).line(printed, context).replaceFirst(RUN, "");
            case Decoded.Refused _ -> "refused";
        };
    }

    private String resource(String name) throws IOException {
        Path file = folder.resolve(name);
        try (var in = ExabgpInteropTest.class.getResourceAsStream(name)) {
            Files.write(file, java.util.Objects.requireNonNull(in, name).readAllBytes());
        }
        return file.toString();
    }

    private List<String> run(List<String> command, String input) throws IOException, InterruptedException {
        Path in = Files.writeString(folder.resolve("in"), input);
        Process process = new ProcessBuilder(command)
                .redirectInput(in.toFile())
                .redirectError(folder.resolve("err").toFile())
                .start();
        List<String> lines;
        try (Stream<String> output =
                new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()) {
            lines = output.toList();
        }
        process.waitFor();
        assertThat(lines).as(Files.readString(folder.resolve("err"))).isNotEmpty();
        return lines;
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }
}
