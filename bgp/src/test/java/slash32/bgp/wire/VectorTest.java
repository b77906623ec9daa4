package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.testkit.Requirement;

/// Third-party vectors of malformed UPDATEs, each with the fate that RFC 7606 gives it. Read from beside the
/// checkout.
class VectorTest {
    private static final Set<AddressFamily> FAMILIES = Set.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    @ParameterizedTest
    @ValueSource(strings = {"malformed/rfc_spec_cases.jsonl", "malformed/frr_rfc7606.jsonl"})
    void fatesAreThoseOfRfc7606(String file) {
        var differences = new ArrayList<String>();
        var explained = new HashMap<String, Integer>();
        int run = 0;
        for (String line : Requirement.sharedLines("vectors/" + file).toList()) {
            if (!"UPDATE".equals(field(line, "msg_type"))) {
                explained.merge("not an UPDATE", 1, Integer::sum);
                continue;
            }
            String outside = outsideToday(line);
            if (outside != null) {
                explained.merge(outside, 1, Integer::sum);
                continue;
            }
            run++;
            Fate fate = decode(line).fate();
            if (!expected(line).contains(fate)) {
                differences.add(field(line, "id") + ": wanted " + expected(line) + ", is " + fate + " "
                        + decode(line).faults());
            }
        }
        System.out.printf("%s: %d run, %d equal, left out %s%n", file, run, run - differences.size(), explained);
        assertThat(differences).isEmpty();
        assertThat(run).isGreaterThan(50);
    }

    private static @Nullable String outsideToday(String line) {
        if (field(line, "id").contains("pmsi-type-8")) {
            return "what FRR does where RFC 6514 is silent";
        }
        if (field(line, "id").contains("labeled-unicast")) {
            return "family that is not spoken";
        }
        if (field(line, "id").contains("length-4097")) {
            return "the framer's, see FramerTest";
        }
        return null;
    }

    private static Update decode(String line) {
        byte[] message = HexFormat.of().parseHex(field(line, "hex"));
        boolean internal = "ibgp".equals(field(line, "session"));
        var terms = new Terms(internal, line.contains("\"asn4\": true"), FAMILIES);
        return new UpdateDecoder(terms).decode(message, Framer.HEADER_BYTES, message.length);
    }

    private static Set<Fate> expected(String line) {
        String action = field(line, "action");
        return switch (action) {
            case "accept", "accept-first-occurrence", "end-of-rib", "ignore", "accept-no-route-change" ->
                Set.of(Fate.ACCEPT, Fate.ATTRIBUTE_DISCARD);
            case "accept (possibly with attribute discard)" -> Set.of(Fate.ACCEPT, Fate.ATTRIBUTE_DISCARD);
            case "attribute-discard" -> Set.of(Fate.ATTRIBUTE_DISCARD);
            case "treat-as-withdraw" -> Set.of(Fate.TREAT_AS_WITHDRAW);
            case "session-reset", "session-reset-or-afi-safi-disable" -> Set.of(Fate.SESSION_RESET);
            default -> throw new AssertionError("unknown action '" + action + "' in " + line);
        };
    }

    private static String field(String line, String name) {
        Matcher matcher = Pattern.compile("\"" + name + "\": \"([^\"]*)\"").matcher(line);
        return matcher.find() ? matcher.group(1) : "";
    }
}
