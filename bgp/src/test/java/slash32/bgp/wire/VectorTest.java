package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Third-party vectors of malformed messages, each with the fate that the RFCs give it, and corpora that only must not
/// make us throw.
class VectorTest {
    private static final Set<Fate> USED = Set.of(Fate.ACCEPT, Fate.ATTRIBUTE_DISCARD);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "malformed/rfc_spec_cases.jsonl",
                "malformed/frr_rfc7606.jsonl",
                "malformed/openbgpd_attr.jsonl",
                "frr/attr_parse.jsonl"
            })
    void fatesOfUpdatesAreThoseOfRfc7606(String file) {
        var books = new Vectors(file);
        Vectors.records(file).forEach(record -> {
            String id = record.path("id").asText();
            String outside = outsideToday(record, id);
            if (outside != null) {
                books.leaveOut(outside);
                return;
            }
            byte[] message = message(record);
            Update update = Vectors.update(Vectors.terms(record), message);
            Set<Fate> wanted = fates(record.path("expect").path("action").asText());
            books.compare(id, true, wanted.contains(update.fate()));
            assertThat(update.fate()).as("%s %s", id, update.faults()).isIn(wanted);
        });
        assertThat(books.close()).isEmpty();
        assertThat(books.run()).isPositive();
    }

    private static byte[] message(JsonNode record) {
        return Vectors.bytes(
                record.path("hex").asText(record.path("raw_composed").asText()));
    }

    private static @Nullable String outsideToday(JsonNode record, String id) {
        if (!record.path("msg_type").asText("UPDATE").equals("UPDATE")) {
            return "not an UPDATE";
        }
        if (id.contains("cve-2023-47235-malformed-eor")) {
            return "explained in docs/interop-vectors.md";
        }
        if (id.contains("labeled-unicast")) {
            return "family that is not spoken";
        }
        if (id.contains("length-4097") || id.contains("update-len22")) {
            return "the framer's";
        }
        if (!record.path("ctx").path("has_nlri").asBoolean(true)) {
            return "attributes without an UPDATE around them";
        }
        if (id.endsWith("local-pref-len-0-ebgp-oad")) {
            return "draft-uttaro-idr-bgp-oad";
        }
        return id.contains("pmsi-type-8") ? "what FRR does where RFC 6514 is silent" : null;
    }

    private static Set<Fate> fates(String action) {
        return switch (action) {
            case "accept",
                    "accept-first-occurrence",
                    "end-of-rib",
                    "ignore",
                    "accept-no-route-change",
                    "accept (possibly with attribute discard)" -> USED;
            case "attribute-discard" -> Set.of(Fate.ATTRIBUTE_DISCARD);
            case "treat-as-withdraw" -> Set.of(Fate.TREAT_AS_WITHDRAW);
            case "session-reset", "session-reset-or-afi-safi-disable" -> Set.of(Fate.SESSION_RESET);
            default -> throw new AssertionError("unknown action '" + action + "'");
        };
    }

    /// Headers, OPEN and ROUTE-REFRESH; the session's own checks of an OPEN are SessionMachineTest's.
    @Test
    void notificationsAreThoseOfTheRfcs() {
        var books = new Vectors("rfc_spec_cases, not UPDATE");
        Vectors.records("malformed/rfc_spec_cases.jsonl").forEach(record -> {
            String id = record.path("id").asText();
            JsonNode wanted = record.path("expect").path("notification");
            boolean framing = id.contains("length-4097") || id.contains("update-len22");
            if (record.path("msg_type").asText().equals("UPDATE") && !framing) {
                return;
            }
            if (id.contains("wrong-as")) {
                books.leaveOut("the session's");
            } else {
                String code = wanted.isArray()
                        ? wanted.get(0).asInt() + "/" + wanted.get(1).asInt()
                        : "accepted";
                books.compare(id, code, outcome(message(record)));
            }
        });
        assertThat(books.close()).isEmpty();
        assertThat(books.run()).isGreaterThan(15);
    }

    private static String outcome(byte[] bytes) {
        return switch (Framer.at(bytes, 0, bytes.length)) {
            case Framer.Frame.Incomplete() -> "incomplete";
            case Framer.Frame.Malformed(var why) -> why.code() + "/" + why.subcode();
            case Framer.Frame.Whole(int type, int length) ->
                switch (MessageDecoder.decode(type, bytes, Framer.HEADER_BYTES, length)) {
                    case MessageDecoder.Decoded.Accepted _ -> "accepted";
                    case MessageDecoder.Decoded.Refused(var why) -> why.code() + "/" + why.subcode();
                };
        };
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "malformed/frr_bird_fuzz_corpus.jsonl",
                "malformed/frr_fuzz_seeds.jsonl",
                "malformed/gobgp_crashers.jsonl",
                "malformed/tcpdump_streams.jsonl"
            })
    void whatMadeOthersCrashIsAnswered(String file) {
        var messages = new ArrayList<Integer>();
        Vectors.records(file).forEach(record -> {
            byte[] bytes = message(record);
            messages.add(read(bytes));
            byte[] framed = MessageEncoder.framed(Message.UPDATE, bytes.length > 4_000 ? new byte[4] : bytes);
            read(framed); // the same bytes where a body should be
            framed[18] = Message.OPEN;
            read(framed);
        });
        System.out.printf(
                "%s: %d streams, %d messages%n",
                file,
                messages.size(),
                messages.stream().mapToInt(Integer::intValue).sum());
        assertThat(messages).isNotEmpty();
    }

    /// Reads a stream as a session would, to its first error; returns how many messages it held.
    private static int read(byte[] bytes) {
        int at = 0;
        int messages = 0;
        var terms = List.of(
                new Terms(true, true, Vectors.FAMILIES),
                new Terms(false, false, Vectors.FAMILIES),
                new Terms(false, true, Set.of(AddressFamily.IPV6_UNICAST)));
        while (Framer.at(bytes, at, bytes.length) instanceof Framer.Frame.Whole(int type, int length)) {
            int from = at + Framer.HEADER_BYTES;
            int to = at + length;
            if (type == Message.UPDATE) {
                terms.forEach(session -> {
                    Update update = new UpdateDecoder(session).decode(bytes, from, to);
                    assertThat(Vectors.lines(update)).isNotNull();
                });
            } else {
                assertThat(MessageDecoder.decode(type, bytes, from, to)).isNotNull();
            }
            at = to;
            messages++;
        }
        return messages;
    }

    @Test
    void mutatedRealMessagesAreAnswered() {
        var random = new Random(7606);
        var files = List.of("others/captures_tcpdump.jsonl", "malformed/frr_rfc7606.jsonl");
        for (String file : files) {
            Vectors.records(file).forEach(record -> {
                byte[] good = message(record);
                for (int i = 0; i < 50; i++) {
                    byte[] bad = good.clone();
                    for (int k = 0; k <= random.nextInt(4); k++) {
                        bad[
                                        Framer.HEADER_BYTES
                                                + random.nextInt(Math.max(1, bad.length - Framer.HEADER_BYTES))
                                                - (bad.length == Framer.HEADER_BYTES ? 1 : 0)] =
                                (byte) random.nextInt();
                    }
                    read(bad);
                }
            });
        }
    }
}
