package slash32.bgp.exabgp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.testkit.Requirement;

/// What real ExaBGPs of three versions told a helper process, as we tell it but for spaces, which differ from one place
/// to another.
class EventLineTest {
    private static final Asn AS = new Asn(65_001);
    private static final IpAddress LOCAL = IpAddress.parse("127.0.0.1");
    private static final IpAddress PEER = IpAddress.parse("127.0.0.2");
    private static final Pattern OCTETS =
            Pattern.compile("\"header\": \"0x([0-9A-F]+)\"(?:, \"body\": \"0x([0-9A-F]*)\")?, ");
    private static final Pattern RUN = Pattern.compile(
            "\"time\": ([0-9.]+), \"host\" : \"([^\"]*)\", \"pid\" : (\\d+), \"ppid\" : (\\d+), \"counter\": (\\d+)");

    @ParameterizedTest
    @CsvSource({
        "4.2.25-json, V4, 22",
        "5.0.13-json, V5, 35",
        "5.0.13-json-with-notification, V5, 23",
        "6.0-dev-4460078e-json, V6, 7",
    })
    void isTheRecordedOne(String file, ApiVersion api, int least) {
        var differences = new TreeSet<String>();
        int[] compared = {0};
        Requirement.sharedLines("reference/exabgp-samples/" + file + ".ndjson").forEach(recorded -> {
            String ours = ours(recorded, api);
            if (ours != null) {
                compared[0]++;
                if (!ours.replace(" ", "").equals(plain(recorded))) {
                    differences.add(plain(recorded) + "\n  ours " + ours);
                }
            }
        });
        System.out.printf("%s: %d events run, %d equal%n", file, compared[0], compared[0] - differences.size());
        assertThat(differences).isEmpty();
        assertThat(compared[0]).isGreaterThanOrEqualTo(least);
    }

    /// Without what options add that we have not: packets, and what was negotiated. The quotes that 4.2 doubles in a
    /// refresh make it no JSON, and so does how 6.0 tells of End-of-RIB.
    private static String plain(String recorded) {
        return OCTETS.matcher(recorded)
                .replaceFirst("")
                .replaceFirst(", \"negotiated\": \\{.*", " } }")
                .replaceAll("\"\"(\\w+)\"\"", "\"$1\"")
                .replaceFirst("\"announce\": .*\"eor\".*", " } } } }")
                .replace(" ", "");
    }

    /// Null for an event that we don't tell.
    private static @org.jspecify.annotations.Nullable String ours(String recorded, ApiVersion api) {
        Matcher run = RUN.matcher(recorded);
        if (!run.find()) {
            return null; // that ExaBGP itself ends, which has no number
        }
        var envelope = new Envelope(
                run.group(1),
                run.group(2),
                Long.parseLong(run.group(3)),
                Long.parseLong(run.group(4)),
                Long.parseLong(run.group(5)));
        var line = new EventLine(envelope, api, LOCAL, PEER, AS, AS, "10.0.0.1");
        for (String state : List.of("connected", "up")) {
            if (recorded.contains("\"type\": \"state\"") && recorded.contains("\"state\": \"" + state + "\"")) {
                return line.state(state);
            }
        }
        Matcher octets = OCTETS.matcher(recorded);
        if (!recorded.contains("\"direction\": \"receive\"") || !octets.find()) {
            return null;
        }
        String body = octets.group(2) == null ? "" : octets.group(2);
        byte[] message = HexFormat.of().parseHex(octets.group(1) + body);
        var context = new DecodeContext(api, true, Set.of(), AS, AS);
        return switch (ExabgpDecoder.decode(message, context)) {
            case ExabgpDecoder.Decoded.Printed printed -> line.received(printed);
            case ExabgpDecoder.Decoded.Refused refused -> "refused: " + refused;
        };
    }
}
