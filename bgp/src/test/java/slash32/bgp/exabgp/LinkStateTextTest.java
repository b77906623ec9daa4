package slash32.bgp.exabgp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.bgp.exabgp.ExabgpDecoder.Decoded;
import slash32.net.Asn;

/// BGP-LS, every route and TLV that ExaBGP knows: well formed, cut and too long.
class LinkStateTextTest {
    /// Withdraws a link of the VPN 65001:1.
    private static final String LINK_OF_A_VPN = "0000001b800f18400448000200110000fde900000001020000000000000005";

    /// ExaBGP 4.2.21's answers by the message, as ExabgpInteropTest holds them against the installed one.
    static Map<String, String> recorded() throws IOException {
        try (var in = Objects.requireNonNull(LinkStateTextTest.class.getResourceAsStream("link-state.txt"))) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
            var recorded = new LinkedHashMap<String, String>();
            for (int i = 0; i < lines.size(); i += 2) {
                recorded.put(lines.get(i), lines.get(i + 1));
            }
            return recorded;
        }
    }

    @Test
    void isPrintedAsByExabgp() throws IOException {
        assertThat(recorded()).hasSizeGreaterThan(100);
        recorded()
                .forEach((message, text) ->
                        assertThat(decoded(message, ApiVersion.V4)).as(message).isEqualTo(text));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            V4 | 0402000361225c         | "node-name": "a\\"\\\\"
            V4 | 044a0003610a62         | "link-name": "a\\nb"
            V4 | 044100047f800000       | refused
            V5 | 0403000349000104030000 | "area-id": "4784129", "area-id": "0"
            V6 | 04030003490001048300040000000104030000 | "area-ids": ["4784129", "0"], "prefix-metric": 1
            V5 | 044b000730000000049310 | "sr-adj": { "flags": {"F": 0, "B": 0, "V": 1, "L": 1, "S": 0, "P": 0, "RSV": 0}, "sids": [299792], "weight": 0, "undecoded-sids": [] }
            V6 | 010a00020a0b010a0000   | "generic-lsid-266": ["0x0A0B", "0x"]
            V5 | 0401000101             | "generic-lsid-1025": ["0x01"]
            """)
    void isOtherwiseWhereThatWouldBeNoJsonAndInLaterVersions(ApiVersion api, String tlvs, String text) {
        int length = tlvs.length() / 2;
        String body = "0000%04x801d%02x".formatted(length + 3, length) + tlvs;
        assertThat(decoded(body, api))
                .isEqualTo(
                        text.equals("refused")
                                ? text
                                : "\"message\": { \"update\": { \"attribute\": { \"bgp-ls\": { " + text + " } } } }");
    }

    /// Which ExaBGP 4.2 prints as an object without a name.
    @Test
    void aLinkOfAVpnHasItsDistinguisher() {
        assertThat(decoded(LINK_OF_A_VPN, ApiVersion.V4))
                .contains("\"bgp-ls bgp-ls\": [ { ")
                .contains("\"neighbor-address\": {  }, \"rd\": \"65001:1\" } ]");
    }

    private static String decoded(String hex, ApiVersion api) {
        var context = new DecodeContext(api, true, Set.of(), new Asn(65533), new Asn(65533));
        return switch (ExabgpDecoder.decode(HexFormat.of().parseHex(hex), context)) {
            case Decoded.Printed(String _, String content) -> content;
            case Decoded.Refused _ -> "refused";
        };
    }
}
