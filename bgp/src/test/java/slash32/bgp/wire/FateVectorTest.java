package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.testkit.Requirement;

/// Every third-party record that is a whole BGP message, holds some (BMP), or has a fate that its author expects:
/// what becomes of it here, counted file by file in docs/interop-vectors.md. Each difference is there with its reason.
class FateVectorTest {
    private static final Path PAGE = Path.of("../docs/interop-vectors.md");
    private static final boolean WRITE = Boolean.getBoolean("golden.write");
    private static final String[] FOLDERS = {"evpn", "exabgp", "frr", "gobgp", "malformed", "mrt", "others"};

    private static final Set<AddressFamily> IPV4 = Set.of(
            AddressFamily.IPV4_UNICAST,
            AddressFamily.IPV4_MULTICAST,
            AddressFamily.IPV4_LABELED,
            AddressFamily.IPV4_VPN);

    private static final String UNKNOWN_WELL_KNOWN = "an unknown attribute that claims to be well-known: RFC 4271 §6.3";
    private static final String WRONG_FLAGS = "flags that contradict the attribute's: RFC 7606 §3 c";
    private static final String AS_BYTES = "a family that is kept as bytes, and not looked into";

    /// What is different, by a part of the record's id: the clause or the reason.
    private static final Map<String, String> EXPLAINED = Map.ofEntries(
            Map.entry("MpReachNLRIWithImplicitPrefix", "MP_REACH_NLRI in MRT's short form: RFC 6396 §4.3.4"),
            Map.entry("MUPExtendedUnknownSubType", "what is in this extended community is not looked into"),
            Map.entry("attr_41_bier", "BIER's attribute (RFC 9793) is passed on and not looked into"),
            Map.entry("mod/test_mp_reach_no_next_hop", "a next hop of no octets: RFC 7606 §7.11"),
            Map.entry("test_rfc7606_attribute_length_error", "an ORIGIN of two octets: RFC 7606 §7.1"),
            Map.entry("test_rfc7606_no_session_reset", UNKNOWN_WELL_KNOWN),
            Map.entry("labeledUnicast/170", "no bottom of the label stack: RFC 8277 §2.2"),
            Map.entry("decoder_test.go/TestDecodeUpdateMsg/731", WRONG_FLAGS),
            Map.entry("decoder_test.go/TestDecodeUpdateMsg/841", WRONG_FLAGS),
            Map.entry("decoder_test.go/TestDecodeUpdateMsg/1145", UNKNOWN_WELL_KNOWN),
            Map.entry("TestDecodePathAttr", WRONG_FLAGS),
            Map.entry("TestSerializeUnknownAttribute", UNKNOWN_WELL_KNOWN),
            Map.entry("TestBGPRoleCapability", "two roles that differ: RFC 9234 §4.2"),
            Map.entry("TestUnmarshalBGPPrefixSID", "RFC 8669 §6: what is in the TLVs is not looked into"),
            Map.entry("BaseAttributesASPathSegments", "AS_CONFED segments without a confederation: RFC 5065 §5"),
            Map.entry("TestUnmarshalMPReachNLRI", "a next hop of no octets: RFC 7606 §7.11"),
            Map.entry("TestRFC8955_MultipleComponents", "components that are not by ascending type: RFC 8955 §4.2"),
            Map.entry("TestRFC8955_SecurityRules", "an operator says one octet where two follow: RFC 8955 §4.2.1.1"),
            Map.entry("TestVPNFlowspecNLRI_IPv6", "an IPv6 pattern without its offset: RFC 8956 §3.1"),
            Map.entry("TestVPNFlowspecNLRI_RDOnlyNoSpecs", "a rule without components: RFC 8955 §4.2"),
            Map.entry("l3vpn/TestRFC4364_ErrorCases", "cut short, as the test's row says: RFC 7606 §5.3"),
            Map.entry("TestUnmarshalMCASTVPNNLRI", AS_BYTES),
            Map.entry("TestRFC6514_Dispatcher", AS_BYTES),
            Map.entry("TestUnmarshalRFC6074NLRI", AS_BYTES),
            Map.entry("TestUnmarshalVPLSNLRI", AS_BYTES),
            Map.entry("TestUnmarshalRTCNLRI", "RFC 4684 §4 has any extended community's bits there"),
            Map.entry("aspath/empty_segments", "a segment of no numbers: RFC 7606 §7.2"),
            Map.entry("ebgp-oad", "draft-uttaro-idr-bgp-oad is not spoken: an external peer is external"),
            Map.entry("pmsi-type-8", "FRR knows no tunnel type 8; RFC 6514 §5 has no error for an unknown type"),
            Map.entry("mp-reach-nexthop-len-overrun", "NOTIFICATION 3/9 as RFC 4760 §7 says, FRR sends 3/1"),
            Map.entry("IPv6-bug", "an MP_REACH_NLRI without NLRI, which announces nothing and ends nothing"),
            Map.entry("IPv6-default", "next hop fffe:: is multicast, which no host has (RFC 4271 §6.3)"),
            Map.entry("VPNv4", "the test's NLRI have no bottom of stack (RFC 8277 §2.2), which FRR doesn't look at"),
            Map.entry("PREFIX-SID-SRv6", "FRR withdraws; RFC 8669 §6 discards, and SRv6 TLVs are not looked into"),
            Map.entry("route_refresh_message_with_orf", "ORF (RFC 5291) is not spoken: RFC 7313 §5, length not 4"),
            Map.entry("TestSerializeAddPath", "a prefix without attributes: RFC 7606 §3 d"),
            Map.entry("TestDecodePeerUp", "an optional parameter that is not capabilities: RFC 4271 §6.2"),
            Map.entry("pa_communities", "path identifiers, which the record doesn't tell: RFC 7911 §3"),
            Map.entry("chained_community_iters", "path identifiers, which the record doesn't tell: RFC 7911 §3"),
            Map.entry("routecore/update/bgpsec", "AS_PATH is missing, BGPsec (RFC 8205) is not spoken"),
            Map.entry("unknown_afi_safi_withdrawals", "a family that was not agreed is ignored: RFC 4760 §7"),
            Map.entry("encoding/conf-flow", "all 16 octets of an IPv6 pattern with an offset: RFC 8956 §3.1"),
            Map.entry("encoding/flow", "all 16 octets of an IPv6 pattern with an offset: RFC 8956 §3.1"),
            Map.entry("flowspec_nlri_vpn6", "all 16 octets of an IPv6 pattern with an offset: RFC 8956 §3.1"),
            Map.entry("generic-attribute", UNKNOWN_WELL_KNOWN),
            Map.entry("aigp-oobr", UNKNOWN_WELL_KNOWN),
            Map.entry("UNRECOGNIZED_ATTRIBUTE", UNKNOWN_WELL_KNOWN),
            Map.entry("extended-nexthop", "an IPv6 route with an IPv4 next hop, which RFC 8950 doesn't have"),
            Map.entry("#2306", "path identifiers whose capability was not captured: RFC 7911 §3"),
            Map.entry("cve-2023-47235-malformed-eor", "a faulty attribute and no reachable route: RFC 7606 §5.2"),
            Map.entry("PathIdMsg", "path identifiers, which the record doesn't tell: RFC 7911 §3"),
            Map.entry("BgpMessageSerializerTest", "path identifiers, which the record doesn't tell: RFC 7911 §3"),
            Map.entry("TestWithdrawPrefix", "an MP_UNREACH_NLRI with a path identifier: RFC 7911 §3"));

    private final Map<String, int[]> counts = new TreeMap<>();
    private final Map<String, Integer> explained = new TreeMap<>();
    private final Map<String, Integer> leftOut = new TreeMap<>();
    private int fragments;
    private final ArrayList<String> differences = new ArrayList<>();

    @Test
    void everyMessageHasTheFateThatItsAuthorExpects() throws IOException {
        for (String folder : FOLDERS) {
            for (Path file : files(folder)) {
                String name = folder + "/" + file.getFileName();
                Vectors.records(name).forEach(record -> one(name, record));
            }
        }
        String page = page();
        System.out.println(page);
        assertThat(differences).isEmpty();
        if (WRITE) {
            Files.writeString(PAGE, page);
        }
        assertThat(page)
                .as("docs/interop-vectors.md; -Dgolden.write=true rewrites it")
                .isEqualTo(Files.readString(PAGE));
    }

    private static java.util.List<Path> files(String folder) throws IOException {
        try (var files = Files.list(Requirement.shared("vectors/" + folder))) {
            return files.filter(file -> file.toString().endsWith(".jsonl"))
                    .sorted()
                    .toList();
        }
    }

    private void one(String file, JsonNode record) {
        String id = record.path("id").asText(record.path("name").asText());
        if (record.has("messages")) {
            record.path("messages").forEach(message -> {
                if (message.has("raw")) {
                    compare(file, id, Vectors.bytes(message.path("raw").asText()), message, "session-kept");
                }
            });
            return;
        }
        String kind = record.path("kind").asText();
        String hex = record.path("hex").asText();
        String framed = hex.startsWith("ff".repeat(16))
                ? hex
                : record.path("raw_composed").asText(record.path("raw").asText());
        if (kind.equals("bmp-message")) {
            bmp(file, id, Vectors.bytes(hex), record);
        } else if (framed.startsWith("ff".repeat(16)) && !kind.equals("as-path-value") && !kind.startsWith("dynamic")) {
            compare(file, id, Vectors.bytes(framed), record, expected(record));
        } else if (!file.startsWith("malformed") && !file.startsWith("frr") && !file.startsWith("mrt")) {
            fragment(file, id, record);
        }
    }

    /// A part of a message, in a message.
    private void fragment(String file, String id, JsonNode record) {
        switch (Fragment.of(file, record)) {
            case Fragment.Left(String reason) -> leftOut.merge(reason, 1, Integer::sum);
            case Fragment.Whole(Bytes bytes, boolean four, boolean paths) -> {
                fragments++;
                byte[] message = bytes.toArray();
                JsonNode expect = record.path("expect");
                String wanted = expect.path("result").asText("session-kept");
                MessageFate internal = fragmentFate(message, four, paths, true);
                MessageFate external = fragmentFate(message, four, paths, false);
                MessageFate milder = internal.fate().compareTo(external.fate()) <= 0 ? internal : external;
                count(file, id, milder, record, wanted);
            }
        }
    }

    private static MessageFate fragmentFate(byte[] message, boolean four, boolean paths, boolean internal) {
        Set<AddressFamily> withIds = paths ? NlriTest.FAMILIES : Set.of();
        var terms = new Terms(internal, four, NlriTest.FAMILIES, withIds, Set.of(), true, IPV4);
        return MessageFate.of(message, terms, new UpdateDecoder(terms), null);
    }

    /// What the record's author expects, or that the session survives a message of a real one.
    private static String expected(JsonNode record) {
        JsonNode expect = record.path("expect");
        String action =
                expect.isTextual() ? expect.asText() : expect.path("action").asText();
        String result = expect.path("result").asText();
        if (!action.isEmpty() || !result.isEmpty()) {
            return action.isEmpty() ? result : action;
        }
        boolean whole = record.path("structure").asText("ok").equals("ok");
        return whole && !record.path("id").asText().startsWith("corpi") ? "session-kept" : "answered";
    }

    /// The messages that a BMP message holds (RFC 7854 §4.6, §4.10).
    private void bmp(String file, String id, byte[] bytes, JsonNode record) {
        int type = bytes.length > 5 ? bytes[5] : -1;
        int from = type == 0 ? 48 : type == 3 ? 68 : bytes.length;
        while (from < bytes.length
                && Framer.at(bytes, from, bytes.length) instanceof Framer.Frame.Whole(int _, int length)) {
            compare(file, id, Arrays.copyOfRange(bytes, from, from + length), record, "session-kept");
            from += length;
        }
    }

    private void compare(String file, String id, byte[] message, JsonNode record, String wanted) {
        count(file, id, fate(message, record), record, wanted);
    }

    private void count(String file, String id, MessageFate is, JsonNode record, String wanted) {
        int[] count = counts.computeIfAbsent(file, _ -> new int[2]);
        count[0]++;
        String notification = is.notification() == null
                ? ""
                : "[" + is.notification().code() + "," + is.notification().subcode() + "]";
        String wantedNotification = record.path("expect").path("notification").toString();
        boolean sameNotification = is.notification() == null
                || !wantedNotification.startsWith("[")
                || wantedNotification.equals(notification);
        if (fits(wanted, is.fate()) && sameNotification) {
            count[1]++;
            return;
        }
        String why = explanation(id, is);
        if (why == null) {
            differences.add(file + " " + id + ": wanted " + wanted + " " + wantedNotification + ", is " + is);
        } else {
            explained.merge(file + ": " + why, 1, Integer::sum);
        }
    }

    private static boolean fits(String wanted, Fate is) {
        return switch (wanted) {
            case "answered" -> true;
            case "session-kept" -> is != Fate.SESSION_RESET;
            case "ok" -> is == Fate.ACCEPT || is == Fate.ATTRIBUTE_DISCARD;
            case "error" -> is != Fate.ACCEPT;
            case "session-reset-or-afi-safi-disable" -> is == Fate.SESSION_RESET;
            case "end-of-rib", "ignore" -> is == Fate.ACCEPT;
            default ->
                wanted.startsWith("accept")
                        ? is == Fate.ACCEPT || is == Fate.ATTRIBUTE_DISCARD
                        : wanted.equals(is.name().toLowerCase(Locale.ROOT).replace('_', '-'));
        };
    }

    private static @Nullable String explanation(String id, MessageFate is) {
        return EXPLAINED.entrySet().stream()
                .filter(entry -> id.contains(entry.getKey()))
                .max(Map.Entry.comparingByKey())
                .map(Map.Entry::getValue)
                .orElseGet(() -> captured(is));
    }

    /// Reasons that many captured messages share.
    private static @Nullable String captured(MessageFate is) {
        String code = is.notification() == null
                ? ""
                : is.notification().code() + "/" + is.notification().subcode();
        return switch (code) {
            case "1/2" -> "a length that the type or RFC 8654 doesn't allow: RFC 4271 §6.1";
            case "1/3" -> "a message type that is not assigned: RFC 4271 §6.1";
            case "2/1" -> "a version that is not 4: RFC 4271 §6.2";
            case "2/2" -> "AS 0 in an OPEN: RFC 7607 §2";
            case "2/3" -> "BGP Identifier 0: RFC 6286 §2.2";
            case "2/6" -> "a hold time of 1 or 2 s: RFC 4271 §6.2";
            case "7/1" -> "ORF (RFC 5291) is not spoken: RFC 7313 §5";
            default -> null;
        };
    }

    private static MessageFate fate(byte[] message, JsonNode record) {
        JsonNode context = record.path("ctx");
        boolean four = Vectors.terms(record).fourOctetAs();
        String session = context.path("session").asText();
        MessageFate internal = fate(message, record, four, true);
        if (session.equals("ibgp") || (session.isEmpty() && internal.fate() == Fate.ACCEPT)) {
            return internal;
        }
        MessageFate external = fate(message, record, four, false);
        return session.isEmpty() && internal.fate().compareTo(external.fate()) < 0 ? internal : external;
    }

    private static MessageFate fate(byte[] message, JsonNode record, boolean four, boolean internal) {
        boolean paths = !record.path("ctx").path("addpath").isEmpty();
        Set<AddressFamily> pathFamilies = paths ? Set.of(AddressFamily.IPV4_UNICAST) : Set.of();
        var terms = new Terms(internal, four, NlriTest.FAMILIES, pathFamilies, Set.of(), false, IPV4);
        long peer = record.path("ctx").path("peer_as").asLong(0);
        return MessageFate.of(message, terms, new UpdateDecoder(terms), peer == 0 ? null : new Asn(peer));
    }

    private String page() {
        var page = new StringBuilder("# Third-party vectors\n\nWritten by FateVectorTest from ../shared/vectors; ")
                .append("`make golden` rewrites it.\n\n")
                .append(
                        "Every record there that is a whole BGP message, that holds some (BMP), or that somebody put into ")
                .append(
                        "one,\nis decoded; its fate must be what its author expects. Where that is not said, the message ")
                .append("is of a real\nsession and must not end one; fuzzed and cut ones must be answered.\n\n")
                .append("| File | run | equal |\n|---|---|---|\n");
        int run = 0;
        int equal = 0;
        for (Map.Entry<String, int[]> count : counts.entrySet()) {
            int[] numbers = count.getValue();
            page.append("| %s | %d | %d |%n".formatted(count.getKey(), numbers[0], numbers[1]));
            run += numbers[0];
            equal += numbers[1];
        }
        page.append("| all | %d | %d |%n%n## Differences%n%n".formatted(run, equal));
        explained.forEach((why, times) -> page.append("- %s (%d)%n".formatted(why, times)));
        page.append("%n## Parts of messages%n%n".formatted())
                .append("Of those records, %d are parts: attributes, their values, routes, capabilities. Each was put%n"
                        .formatted(fragments))
                .append("into a message, as `bgp/src/test/resources/slash32/bgp/wire/fragments.txt` says what it is;%n"
                        .formatted())
                .append("the milder of both kinds of session counts. Not put into one, because each is:%n%n"
                        .formatted());
        leftOut.forEach((reason, times) -> page.append("- %s (%d)%n".formatted(reason, times)));
        return page.toString();
    }
}
