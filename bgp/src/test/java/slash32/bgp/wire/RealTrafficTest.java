package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.IpAddress;

/// UPDATEs of the real Internet and of other speakers, decoded here and by bgpdump or ExaBGP.
class RealTrafficTest {
    private static final Set<String> UNICAST =
            Set.of("ipv4/unicast", "ipv6/unicast", "ipv4/unicast(withdraw)", "ipv6/unicast(withdraw)");

    @Test
    void routesOfRouteCollectorsAreThoseThatBgpdumpReads() {
        var books = new Vectors("mrt/updates");
        Vectors.records("mrt/updates.jsonl").forEach(record -> {
            byte[] message = Vectors.bytes(record.path("hex").asText());
            if (!record.path("structure").asText().equals("ok")) {
                books.leaveOut("cut in its file");
            } else if (!onlyUnicast(record)) {
                books.leaveOut("another family");
            } else if (texts(record.path("expect").path("bgpdump_m")).anyMatch(RealTrafficTest::isBroken)) {
                books.leaveOut("bgpdump writes the peer for the prefix, or forgets a bar");
            } else if (bgpdump(record).stream().anyMatch(RealTrafficTest::hasNoHost)) {
                books.leaveOut("next hop that is no host's address");
            } else {
                Update update = Vectors.update(Vectors.terms(record), message);
                books.compare(record.path("id").asText(), bgpdump(record), Vectors.lines(update));
            }
        });
        assertThat(books.close()).isEmpty();
        assertThat(books.run()).isGreaterThan(400);
    }

    private static boolean onlyUnicast(JsonNode record) {
        return texts(record.path("afi_safi")).allMatch(UNICAST::contains);
    }

    private static Stream<String> texts(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText);
    }

    private static boolean isBroken(String line) {
        String[] field = line.split("\\|", -1);
        return field[2].equals("W") ? field[5].startsWith(field[3] + "/") : !field[10].matches("\\d+");
    }

    /// Its lines in our form: type|time|A|peer|as|prefix|path|origin|next hop|local-pref|med|...
    private static Set<String> bgpdump(JsonNode record) {
        var lines = new TreeSet<String>();
        texts(record.path("expect").path("bgpdump_m")).forEach(text -> {
            String[] field = text.split("\\|", -1);
            lines.add(
                    field[2].equals("W")
                            ? "W " + field[5]
                            : Vectors.line(
                                    field[5],
                                    IpAddress.parse(field[8]).toString(),
                                    field[6].replace(',', ' '),
                                    field[7],
                                    Long.parseLong(field[10])));
        });
        return lines;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "others/captures_bgp-rs.jsonl",
                "others/captures_bgpkit-pcap.jsonl",
                "others/captures_ndpi.jsonl",
                "others/captures_pmacct.jsonl",
                "others/captures_ryu.jsonl",
                "others/captures_tcpdump.jsonl"
            })
    void capturedRoutesAreThoseThatExabgpReads(String file) {
        var books = new Vectors(file);
        Vectors.records(file)
                .forEach(record -> compare(
                        record.path("id").asText(),
                        record.path("hex").asText(),
                        record,
                        record.path("oracle").path("exabgp-6.0.0"),
                        books));
        assertThat(books.close()).isEmpty();
    }

    @Test
    void exabgpsOwnMessagesAreReadAsItReadsThem() {
        var books = new Vectors("exabgp/exabgp");
        Vectors.records("exabgp/exabgp.jsonl")
                .forEach(test -> test.path("messages").forEach(message -> {
                    String id = test.path("name").asText() + "#"
                            + message.path("line").asText();
                    JsonNode oracle =
                            message.path("oracle").path("json").path("neighbor").path("message");
                    compare(id, message.path("raw").asText(), message, oracle, books);
                }));
        assertThat(books.close()).isEmpty();
        assertThat(books.run()).isGreaterThan(50);
    }

    private static void compare(String id, String hex, JsonNode record, JsonNode oracle, Vectors books) {
        if (!record.path("msg_type").asText().equals("UPDATE")) {
            byte[] bytes = Vectors.bytes(hex);
            books.leaveOut(record.path("msg_type").asText() + (bytes.length < Framer.HEADER_BYTES ? " cut" : ""));
        } else if (!onlyUnicast(record) || record.path("afi_safi").isEmpty()) {
            books.leaveOut("another family");
        } else if (!record.path("ctx").path("addpath").isEmpty()) {
            books.leaveOut("ADD-PATH");
        } else if (!oracle.has("update") || oracle.path("update").isEmpty()) {
            books.leaveOut("ExaBGP has nothing to compare");
        } else {
            Set<String> wanted = exabgp(oracle.path("update"));
            if (id.contains("extended-nexthop")) {
                books.leaveOut("next hop of the other family (RFC 8950)");
            } else if (id.contains("conf-generic-attribute")) {
                books.leaveOut("an unknown attribute that claims to be well-known (RFC 4271 §6.3)");
            } else if (wanted.stream().anyMatch(RealTrafficTest::hasNoHost)) {
                books.leaveOut("next hop that is no host's address");
            } else {
                Terms terms = id.contains("no-asn4") ? new Terms(true, false, Vectors.FAMILIES) : Vectors.terms(record);
                books.compare(id, wanted, withoutPaths(Vectors.update(terms, Vectors.bytes(hex))));
            }
        }
    }

    private static boolean hasNoHost(String line) {
        return line.startsWith("A ") && !AttributeDecoders.isHost(IpAddress.parse(line.split(" ", -1)[3]));
    }

    private static Set<String> withoutPaths(Update update) {
        var lines = new TreeSet<String>();
        Vectors.lines(update).forEach(line -> lines.add(line.replaceAll(" path .* (IGP|EGP|INCOMPLETE) ", " $1 ")));
        return lines;
    }

    private static Set<String> exabgp(JsonNode update) {
        var lines = new TreeSet<String>();
        JsonNode attributes = update.path("attribute");
        String origin = attributes.path("origin").asText().toUpperCase(Locale.ROOT);
        long med = attributes.path("med").asLong(0);
        update.path("announce")
                .forEach(nextHops -> nextHops.properties()
                        .forEach(entry -> entry.getValue()
                                .forEach(nlri -> lines.add(Vectors.line(
                                        nlri.path("nlri").asText(nlri.asText()),
                                        IpAddress.parse(entry.getKey()).toString(),
                                        null,
                                        origin,
                                        med)))));
        update.path("withdraw")
                .forEach(prefixes -> prefixes.forEach(
                        nlri -> lines.add("W " + nlri.path("nlri").asText(nlri.asText()))));
        return lines;
    }
}
