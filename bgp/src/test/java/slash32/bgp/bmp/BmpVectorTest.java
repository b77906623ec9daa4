package slash32.bgp.bmp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import slash32.testkit.Requirement;

/// The BMP messages among the third-party records: captured ones of real routers, and what other decoders' tests feed
/// them. Each must be decoded or refused as its author expects, and be the same octets when it is written again.
class BmpVectorTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private static final Map<String, Class<?>> TYPES = Map.of(
            "route-monitoring", BmpMessage.RouteMonitoring.class,
            "statistics-report", BmpMessage.StatisticsReport.class,
            "peer-down", BmpMessage.PeerDown.class,
            "peer-up", BmpMessage.PeerUp.class,
            "initiation", BmpMessage.Initiation.class,
            "termination", BmpMessage.Termination.class,
            "route-mirroring", BmpMessage.RouteMirroring.class);

    /// Records that we refuse and their authors don't, and why.
    private static final Map<String, String> EXPLAINED = Map.of(
            "TestCommonHeader", "its author looks at the common header only",
            "TestUnmarshalCommonHeaderGuards", "its author looks at the common header only",
            "TestUnmarshalBMPRawMessageGuards", "its author looks at the common header only",
            "pmacct-bmp/208-BMP-mem-leak-test#2306.", "TLVs behind the UPDATE, which version 3 has not: RFC 7854 §4.6");

    private final List<String> differences = new ArrayList<>();
    private int run;
    private int explained;

    @Test
    void everyRecordIsWhatItsAuthorSays() {
        for (String file : List.of("bmp_pmacct", "tests_gobmp", "tests_routecore", "tests_bgpcep")) {
            Requirement.sharedLines("vectors/others/" + file + ".jsonl")
                    .map(BmpVectorTest::parse)
                    .filter(BmpVectorTest::isWhole)
                    .forEach(this::one);
        }
        System.out.printf(
                "BMP: %d run, %d equal, %d explained%n", run, run - differences.size() - explained, explained);
        assertThat(differences).isEmpty();
        assertThat(run).isGreaterThan(100);
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }

    private static boolean isWhole(JsonNode record) {
        String hex = record.path("hex").asText();
        return record.path("kind").asText().equals("bmp-message") || (hex.startsWith("030000") && hex.length() > 12);
    }

    private void one(JsonNode record) {
        run++;
        byte[] bytes = HexFormat.of().parseHex(record.path("hex").asText());
        String id = record.path("id").asText();
        switch (BmpDecoder.decode(bytes, 0, bytes.length)) {
            case BmpDecoder.Decoded.Accepted(BmpMessage message, int length) -> {
                String name = record.path("expect").path("bmp_type_name").asText();
                if (TYPES.containsKey(name) && !TYPES.get(name).isInstance(message)) {
                    differences.add(id + " is no " + name + ": " + message);
                }
                if (!HexFormat.of()
                        .formatHex(BmpEncoder.encode(message))
                        .equals(HexFormat.of().formatHex(bytes, 0, length))) {
                    differences.add(id + " is written otherwise: " + message);
                }
            }
            case BmpDecoder.Decoded _ when EXPLAINED.keySet().stream().anyMatch(id::contains) -> explained++;
            case BmpDecoder.Decoded other -> differences.add(id + ": " + other + " " + record);
        }
    }
}
