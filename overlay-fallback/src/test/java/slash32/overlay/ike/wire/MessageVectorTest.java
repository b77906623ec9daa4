package slash32.overlay.ike.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.Vectors;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;

/// Messages of real peers, decoded as Wireshark does, and written again as they were.
class MessageVectorTest {
    @Test
    void messagesMeanWhatWiresharkSays() {
        var differences = new ArrayList<String>();
        int compared = 0;
        for (JsonNode record : ikeV2()) {
            byte[] bytes = Vectors.bytes(record.get("hex"));
            if (!(MessageDecoder.decode(ByteBuffer.wrap(bytes)) instanceof Decoded.Accepted(Message message))) {
                differences.add(record.get("id") + ": " + MessageDecoder.decode(ByteBuffer.wrap(bytes)));
                continue;
            }
            compared++;
            compare(record, expected(record.get("expect").get("payloads")), text(message.payloads()), differences);
            JsonNode inner = record.get("expect").get("sk_plaintext_tshark");
            if (inner != null && message.payloads().getLast() instanceof Payload.Encrypted sealed) {
                compare(
                        record,
                        expected(record.get("expect").get("inner_payloads")),
                        inside(sealed, inner),
                        differences);
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(90);
    }

    @Test
    void messagesAreWrittenAsTheyWere() {
        var differences = new ArrayList<String>();
        int compared = 0;
        for (JsonNode record : ikeV2()) {
            byte[] bytes = Vectors.bytes(record.get("hex"));
            if (MessageDecoder.decode(ByteBuffer.wrap(bytes)) instanceof Decoded.Accepted(Message message)) {
                compared++;
                String written = Bytes.copyOf(MessageEncoder.encode(message)).toString();
                if (!written.equals(record.get("hex").asText())) {
                    differences.add(record.get("id") + ": " + written);
                }
            }
        }
        assertThat(differences).isEmpty();
        assertThat(compared).isGreaterThan(90);
    }

    /// Whole messages of IKEv2 whose decoding is known; some were made up with an SPI of 0, which we refuse.
    private static List<JsonNode> ikeV2() {
        return Vectors.records("ikev2/ike_messages.jsonl")
                .filter(record -> record.path("expect").path("version").asText().startsWith("2."))
                .filter(record -> record.get("expect").path("length_ok").asBoolean())
                .filter(record -> record.get("expect").has("payloads"))
                .filter(record -> !record.get("expect").get("spi_i").asText().matches("0+"))
                .toList();
    }

    private static List<String> inside(Payload.Encrypted sealed, JsonNode plaintext) {
        byte[] padded = Vectors.bytes(plaintext);
        var header = new Header(1, 1, Header.INFORMATIONAL, true, false, 0);
        int length = padded.length - 1 - (padded[padded.length - 1] & 0xff);
        return switch (MessageDecoder.decodeInner(header, sealed.firstInner(), Arrays.copyOf(padded, length))) {
            case Decoded.Accepted(Message message) -> text(message.payloads());
            case Decoded other -> List.of(other.toString());
        };
    }

    private static void compare(JsonNode record, List<String> wanted, List<String> is, List<String> differences) {
        if (!wanted.equals(is)) {
            differences.add(record.get("id") + ": wanted " + wanted + ", is " + is);
        }
    }

    private static List<String> expected(JsonNode payloads) {
        var lines = new ArrayList<String>();
        for (JsonNode payload : payloads) {
            int type = payload.get("type").asInt();
            var line = new StringJoiner(" ").add("" + type);
            switch (type) {
                case Payload.SA ->
                    payload.get("proposals").forEach(proposal -> {
                        line.add(proposal.get("num") + "/" + proposal.get("protocol") + "/"
                                + proposal.get("spi").asText());
                        proposal.get("transforms")
                                .forEach(one -> line.add(one.get("type") + ":" + one.get("id") + ":"
                                        + one.path("keylen").asInt()));
                    });
                case Payload.KE ->
                    line.add(payload.get("dh_group").asText())
                            .add(payload.get("ke").asText());
                case Payload.ID_I, Payload.ID_R ->
                    line.add(payload.get("id_type").asText())
                            .add(payload.get("id").asText());
                case Payload.AUTH ->
                    line.add(payload.get("method").asText())
                            .add(payload.get("data").asText());
                case Payload.NONCE -> line.add(payload.get("nonce").asText());
                case Payload.NOTIFY ->
                    line.add(payload.get("notify").asText())
                            .add(payload.get("spi").asText() + "/"
                                    + payload.get("data").asText());
                case Payload.TS_I, Payload.TS_R ->
                    payload.get("ts")
                            .forEach(one -> line.add(one.get("proto") + " " + one.get("ports") + " "
                                    + IpAddress.parse(one.get("from").asText()) + " "
                                    + IpAddress.parse(one.get("to").asText())));
                case Payload.ENCRYPTED ->
                    line.add(payload.get("inner_first_payload").asText())
                            .add(payload.get("body").asText());
                default -> {}
            }
            lines.add(line.toString());
        }
        return lines;
    }

    private static List<String> text(List<Payload> payloads) {
        return payloads.stream().map(MessageVectorTest::text).toList();
    }

    private static String text(Payload payload) {
        var line = new StringJoiner(" ").add("" + payload.type());
        switch (payload) {
            case Payload.SecurityAssociation sa ->
                sa.proposals().forEach(proposal -> {
                    line.add(proposal.number() + "/" + proposal.protocol() + "/" + proposal.spi());
                    proposal.transforms().forEach(one -> line.add(one.type() + ":" + one.id() + ":" + one.keyBits()));
                });
            case Payload.KeyExchange exchange ->
                line.add("" + exchange.method()).add("" + exchange.value());
            case Payload.Identification id ->
                line.add("" + id.identity().type()).add("" + id.identity().value());
            case Payload.Authentication auth -> line.add("" + auth.method()).add("" + auth.value());
            case Payload.Nonce nonce -> line.add("" + nonce.value());
            case Payload.Notify notify -> line.add("" + notify.notification()).add(notify.spi() + "/" + notify.body());
            case Payload.TrafficSelectors selectors ->
                selectors
                        .selectors()
                        .forEach(one -> line.add(one.protocol() + " [" + one.startPort() + "," + one.endPort() + "] "
                                + one.start() + " " + one.end()));
            case Payload.Encrypted sealed -> line.add("" + sealed.firstInner()).add("" + sealed.sealed());
            default -> {}
        }
        return line.toString();
    }
}
