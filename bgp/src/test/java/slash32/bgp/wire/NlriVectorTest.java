package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The multiprotocol NLRI of other people's UPDATEs, decoded and written again: the bytes must be the same.
class NlriVectorTest {
    private static final String BITS_PAST_THE_PREFIX = "bits set past the prefix length, which we clear";
    /// Their authors write all 16 octets of an IPv6 pattern; RFC 8956 §3.1 has only those behind the offset.
    private static final String OLD_PATTERN = "an IPv6 flow pattern in the form of a draft";

    private static final Map<String, String> EXPLAINED = Map.of(
            "evpn_nlri_ip_prefix.pcap#1", BITS_PAST_THE_PREFIX,
            "ryu/bgp4/evpn_nlri_ip_prefix.pcap#1", BITS_PAST_THE_PREFIX,
            "evpn-composed/yabgp/test_evpn/TestEVPN.test_parse_ip_route_prefix_v6/172", BITS_PAST_THE_PREFIX,
            "pmacct/208-BMP-mem-leak-test/bmp-multi-sources-route-monitoring.pcap#2306",
                    "path identifiers whose capability was not captured",
            "ryu/bgp4/flowspec_nlri_vpn6.pcap#1", OLD_PATTERN,
            "main/encoding/conf-flow", OLD_PATTERN,
            "5.0/encoding/conf-flow", OLD_PATTERN,
            "4.2/encoding/conf-flow", OLD_PATTERN,
            "3.4/encoding/flow", OLD_PATTERN);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evpn/evpn.jsonl",
                "evpn/evpn_composed.jsonl",
                "mrt/updates.jsonl",
                "others/captures_bgp-rs.jsonl",
                "others/captures_pmacct.jsonl",
                "others/captures_ryu.jsonl",
                "others/captures_tcpdump.jsonl"
            })
    void writtenAgainTheyAreTheSame(String file) {
        var books = new Vectors(file + ", multiprotocol NLRI");
        Vectors.records(file).forEach(record -> {
            byte[] message = Vectors.bytes(record.path("hex").asText());
            if (!record.path("msg_type").asText().equals("UPDATE")
                    || !record.path("structure").asText("ok").equals("ok")) {
                books.leaveOut("no whole UPDATE");
            } else if (!record.path("ctx").path("addpath").isEmpty()) {
                books.leaveOut("ADD-PATH");
            } else {
                compare(record.path("id").asText(), message, books);
            }
        });
        assertThat(books.close()).isEmpty();
        assertThat(books.run()).isPositive();
    }

    @Test
    void exabgpsMessagesWrittenAgainAreTheSame() {
        var books = new Vectors("exabgp/exabgp, multiprotocol NLRI");
        Vectors.records("exabgp/exabgp.jsonl")
                .forEach(test -> test.path("messages").forEach(message -> {
                    if (message.path("msg_type").asText().equals("UPDATE")) {
                        compare(
                                test.path("name").asText(),
                                Vectors.bytes(message.path("raw").asText()),
                                books);
                    }
                }));
        assertThat(books.close()).isEmpty();
        assertThat(books.run()).isPositive();
    }

    private static void compare(String id, byte[] message, Vectors books) {
        for (Map.Entry<Boolean, Reader> attribute : multiprotocol(message)) {
            boolean withdrawn = attribute.getKey();
            Reader value = attribute.getValue();
            var family = new AddressFamily(value.u16(), value.u8());
            if (!withdrawn) {
                value.slice(value.u8());
                value.u8();
            }
            String wanted = value.rest().toString();
            List<Nlri> routes = NlriCodec.decode(family, false, withdrawn, value);
            var out = new ByteArrayOutputStream();
            if (routes != null) {
                routes.forEach(route -> NlriCodec.encode(route, false, out));
            }
            String is = routes == null ? "malformed" : HexFormat.of().formatHex(out.toByteArray());
            String why = EXPLAINED.get(id);
            if (why != null && !is.equals(wanted)) {
                books.leaveOut(why);
            } else {
                books.compare(id + " " + family, wanted, is);
            }
        }
    }

    /// The values of attributes 14 (false) and 15 (true).
    private static List<Map.Entry<Boolean, Reader>> multiprotocol(byte[] message) {
        var body = new Reader(message, Framer.HEADER_BYTES, message.length);
        body.slice(body.u16());
        Reader block = body.slice(body.u16());
        var found = new ArrayList<Map.Entry<Boolean, Reader>>();
        while (block.remaining() > 2) {
            int flags = block.u8();
            int type = block.u8();
            Reader value = block.slice((flags & AttributeCode.EXTENDED_LENGTH) != 0 ? block.u16() : block.u8());
            if (type == AttributeCode.MP_REACH_NLRI || type == AttributeCode.MP_UNREACH_NLRI) {
                found.add(Map.entry(type == AttributeCode.MP_UNREACH_NLRI, value));
            }
        }
        return found;
    }
}
