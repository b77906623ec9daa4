package slash32.bgp.exabgp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.bgp.exabgp.ExabgpDecoder.Decoded;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Asn;
import slash32.testkit.Requirement;

/// Third-party messages with what ExaBGP made of them, of each version: our JSON must say the same.
class ExabgpVectorTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> FILES = List.of(
            "evpn/evpn.jsonl",
            "evpn/evpn_composed.jsonl",
            "malformed/frr_bird_fuzz_corpus.jsonl",
            "mrt/updates.jsonl",
            "others/captures_bgp-rs.jsonl",
            "others/captures_bgpkit-pcap.jsonl",
            "others/captures_ndpi.jsonl",
            "others/captures_pmacct.jsonl",
            "others/captures_ryu.jsonl",
            "others/captures_tcpdump.jsonl",
            "others/tests_bgpcep.jsonl",
            "others/tests_bgpcep_functional.jsonl",
            "others/tests_bgppp.jsonl",
            "others/tests_tf-controller.jsonl");

    private static final Map<String, AddressFamily> FAMILIES = Map.of(
            "ipv4/unicast", AddressFamily.IPV4_UNICAST,
            "ipv6/unicast", AddressFamily.IPV6_UNICAST,
            "ipv4/mpls-vpn", AddressFamily.IPV4_VPN,
            "ipv6/mpls-vpn", AddressFamily.IPV6_VPN,
            "ipv4/nlri-mpls", AddressFamily.IPV4_LABELED,
            "ipv6/nlri-mpls", AddressFamily.IPV6_LABELED);

    private static final String OTHER_PATHS = "ExaBGP was told of path identifiers, the record doesn't say so";
    private static final String TCP_FLAGS = "4.2.25 joins TCP flags, 4.2.21 names each: we follow 4.2.21";
    private static final String FOREIGN_NEXT_HOP = "its session has agreed on IPv6 next hops, which 4.0.1 doesn't tell";

    private static final Map<String, String> EXPLAINED = Map.of(
            "4.0.1 4.2/encoding/extended-nexthop#1", FOREIGN_NEXT_HOP,
            "4.0.1 4.2/encoding/extended-nexthop#2", FOREIGN_NEXT_HOP,
            "6.0.0 pmacct/208-BMP-mem-leak-test/bmp-multi-sources-route-monitoring.pcap#2306", OTHER_PATHS,
            "6.0.0 BGP/BgpMessageSerializerTest/msg/879", OTHER_PATHS,
            "6.0.0 BGP/BgpMessageSerializerTest/mpAnnouncedMsg/1496", OTHER_PATHS,
            "6.0.0 BGP/BgpMessageSerializerTest/mpWithdrawnMsg/1532", OTHER_PATHS,
            "4.0.1 ryu/bgp4/flowspec_nlri_ipv4.pcap#1", TCP_FLAGS,
            "4.0.1 ryu/bgp4/flowspec_nlri_vpn6.pcap#1", TCP_FLAGS,
            "6.0.0 tcpdump/tests/bgp-aigp-oobr.pcap#1", "a next hop whose distinguisher is not zero is refused",
            "6.0.0 tcpdump/tests/bgp-infinite-loop.pcap#1", "a message cut short has a NOTIFICATION there");

    private int run;
    private final List<String> differences = new ArrayList<>();
    private final Map<String, Integer> explained = new TreeMap<>();

    @Test
    void recordedMessagesReadTheSame() {
        for (String file : FILES) {
            Requirement.sharedLines("vectors/" + file)
                    .map(ExabgpVectorTest::parse)
                    .forEach(record -> {
                        byte[] message =
                                HexFormat.of().parseHex(record.path("hex").asText());
                        record.path("oracle").properties().forEach(oracle -> {
                            ApiVersion api = oracle.getKey().endsWith("4.0.1") ? ApiVersion.V4 : ApiVersion.V6;
                            compare(record.path("id").asText(), message, context(record, api), oracle.getValue());
                        });
                    });
        }
        report();
    }

    /// Its own messages, with the JSON that each branch's version prints.
    @Test
    void exabgpsOwnMessagesReadTheSame() {
        Requirement.sharedLines("vectors/exabgp/exabgp.jsonl")
                .map(ExabgpVectorTest::parse)
                .forEach(test -> test.path("messages").forEach(message -> {
                    // what its branch has beside them
                    boolean linkState = test.path("name").asText().startsWith("5.0/decoding/bgp-ls");
                    JsonNode oracle = linkState
                            ? message.path("json")
                            : message.path("oracle").path("json");
                    if (!oracle.has("neighbor")) {
                        return;
                    }
                    ApiVersion api = switch (oracle.path("exabgp").asText()) {
                        case "4.0.1" -> ApiVersion.V4;
                        case "5.0.0" -> ApiVersion.V5;
                        default -> ApiVersion.V6;
                    };
                    String id = test.path("name").asText() + "#"
                            + message.path("line").asText();
                    byte[] bytes = HexFormat.of().parseHex(message.path("raw").asText());
                    ObjectNode neighbor = oracle.path("neighbor").deepCopy();
                    neighbor.remove(List.of("address", "asn", "router-id", "direction"));
                    boolean four = !id.contains("no-asn4");
                    var context = new DecodeContext(api, four, Set.of(), new Asn(65533), new Asn(65533));
                    compare(id, bytes, context, neighbor.has("message") ? neighbor.path("message") : neighbor);
                }));
        report();
    }

    private static JsonNode parse(String line) {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }

    private static DecodeContext context(JsonNode record, ApiVersion api) {
        JsonNode ctx = record.path("ctx");
        boolean four = Stream.of("asn4", "asn4_guess", "asn4_sender")
                .map(ctx::path)
                .filter(JsonNode::isBoolean)
                .findFirst()
                .map(JsonNode::asBoolean)
                .orElse(true);
        Set<AddressFamily> paths = StreamSupport.stream(ctx.path("addpath").spliterator(), false)
                .map(family -> FAMILIES.get(family.asText()))
                .collect(Collectors.toSet());
        return new DecodeContext(api, four, paths, new Asn(65533), new Asn(65533));
    }

    /// Why ExaBGP says something else; null if there is no reason.
    private static @Nullable String explanation(String id, String wanted) {
        if (wanted.contains("srv6-lan-endx-isis")) {
            return "SRv6 TLVs of BGP-LS are printed as octets";
        }
        if (id.contains("conf-srv6-mup")) {
            return "MUP routes are not printed";
        }
        if (id.contains("corpi/")) {
            return "fuzzed: of several faults another is answered, or none";
        }
        if (wanted.equals("error ")) {
            return "ExaBGP fails with an exception of its own";
        }
        return EXPLAINED.get(id);
    }

    private void compare(String id, byte[] message, DecodeContext context, JsonNode oracle) {
        String wanted = oracle.has("error") ? "error " + oracle.path("notify") : oracle.toString();
        String is = switch (ExabgpDecoder.decode(message, context)) {
            case Decoded.Printed(String type, String content) -> {
                JsonNode neighbor = parse("{" + content + "}");
                yield (type.equals("update") ? neighbor.path("message") : neighbor).toString();
            }
            case Decoded.Refused(Refusal(int code, int subcode)) ->
                "error " + (code == 0 ? "" : "[" + code + "," + subcode + "]");
        };
        run++;
        String why = wanted.equals(is) ? null : explanation(context.api() + " " + id, wanted);
        if (why != null) {
            explained.merge(why, 1, Integer::sum);
        } else if (!wanted.equals(is)) {
            differences.add(context.api() + " " + id + "\n  wanted " + wanted + "\n  is     " + is);
        }
    }

    private void report() {
        int unequal = differences.size()
                + explained.values().stream().mapToInt(Integer::intValue).sum();
        System.out.printf("ExaBGP's recorded JSON: %d run, %d equal, %s%n", run, run - unequal, explained);
        differences.forEach(System.out::println);
        assertThat(differences).isEmpty();
    }
}
