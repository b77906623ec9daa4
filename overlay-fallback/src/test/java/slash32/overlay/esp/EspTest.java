package slash32.overlay.esp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvFileSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.IpAddress;
import slash32.overlay.ike.Vectors;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.wire.Identity;

class EspTest {
    private static final int IPV4 = 4;
    private static final int OUTER_HEADER = 20;

    private final byte[] sealed = new byte[2_000];
    private final byte[] opened = new byte[2_000];

    /// Of a 256-bit and a 128-bit key with the associated data that ESP has, with and without ESN.
    @Test
    void answersWycheproof() {
        int compared = 0;
        for (JsonNode one : Vectors.records("esp/wycheproof_aes_gcm.jsonl").toList()) {
            byte[] associated = Vectors.bytes(one.get("aad"));
            byte[] iv = Vectors.bytes(one.get("iv"));
            if ((associated.length != 8 && associated.length != 12) || iv.length != 12) {
                continue;
            }
            byte[] key = Vectors.bytes(one.get("key"));
            byte[] message = Vectors.bytes(one.get("msg"));
            ByteBuffer aad = ByteBuffer.wrap(associated);
            var cipher = new EspCipher(aad.getInt(), secret(key, Arrays.copyOf(iv, 4)), associated.length == 12);
            long sequence = associated.length == 12 ? aad.getLong() : aad.getInt() & 0xffff_ffffL;
            cipher.seal(sequence, ByteBuffer.wrap(iv).getLong(4), message, 0, message.length, sealed, 0);
            byte[] wanted = concat(Vectors.bytes(one.get("ct")), Vectors.bytes(one.get("tag")));
            assertThat(Arrays.copyOf(sealed, wanted.length))
                    .as(one.get("id").asText())
                    .isEqualTo(wanted);
            assertThat(cipher.open(sequence, ByteBuffer.wrap(iv).getLong(4), wanted, 0, wanted.length, opened, 0))
                    .isTrue();
            compared++;
        }
        assertThat(compared).isGreaterThanOrEqualTo(3);
    }

    @ParameterizedTest
    @CsvFileSource(resources = "/slash32/overlay/esp/rfc4106.csv")
    void answersTheCasesOfGcmInEsp(
            String key, String saltAndVector, String spiAndSequence, String plain, String ciphertext, String tag) {
        ByteBuffer aad = ByteBuffer.wrap(octets(spiAndSequence));
        ByteBuffer nonce = ByteBuffer.wrap(octets(saltAndVector));
        boolean esn = aad.capacity() == 12;
        int spi = aad.getInt();
        long sequence = esn ? aad.getLong() : aad.getInt() & 0xffff_ffffL;
        Secret keys = secret(octets(key), Arrays.copyOf(nonce.array(), 4));
        var cipher = new EspCipher(spi, keys, esn);
        byte[] message = octets(plain);
        byte[] wanted = concat(octets(ciphertext), octets(tag));
        cipher.seal(sequence, nonce.getLong(4), message, 0, message.length, sealed, 0);
        assertThat(Arrays.copyOf(sealed, wanted.length)).isEqualTo(wanted);
        assertThat(cipher.open(sequence, nonce.getLong(4), wanted, 0, wanted.length, opened, 0))
                .isTrue();
        assertThat(Arrays.copyOf(opened, message.length)).isEqualTo(message);
        if (!esn && spi != 0) {
            byte[] packet = concat(concat(aad.array(), Arrays.copyOfRange(nonce.array(), 4, 12)), wanted);
            int inside = message.length - 2 - message[message.length - 2];
            assertThat(new InboundSa(child(spi, keys)).open(packet, 0, packet.length, opened, 0))
                    .isEqualTo(inside);
        }
    }

    private static byte[] octets(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    /// Whole packets of another implementation: what we open, and the same octets when we seal it.
    @Test
    void packetsOfDpdkAreOpenedAndSealed() {
        int compared = 0;
        for (JsonNode one : Vectors.records("esp/esp_full_packets.jsonl").toList()) {
            if (!one.path("verified").asBoolean()
                    || !one.path("algos").path(0).asText().equals("AEAD_AES_GCM")) {
                continue;
            }
            byte[] outer = Vectors.bytes(one.get("output_text"));
            byte[] packet = Arrays.copyOfRange(outer, OUTER_HEADER, outer.length);
            byte[] inner = Vectors.bytes(one.get("input_text"));
            Secret keys = secret(Vectors.bytes(one.get("key")), Vectors.bytes(one.get("salt")));
            ByteBuffer header = ByteBuffer.wrap(packet);
            ChildSa child = child(header.getInt(), keys);
            assertThat(new InboundSa(child).open(packet, 0, packet.length, opened, 0))
                    .isEqualTo(inner.length);
            assertThat(Arrays.copyOf(opened, inner.length)).isEqualTo(inner);
            long sequence = header.getInt();
            byte[] plain = Arrays.copyOf(opened, packet.length - 16 - EspCipher.TAG_BYTES);
            new EspCipher(child.inboundSpi(), keys, false)
                    .seal(sequence, header.getLong(), plain, 0, plain.length, sealed, 0);
            assertThat(Arrays.copyOf(sealed, packet.length - 16))
                    .as(one.get("id").asText())
                    .isEqualTo(Arrays.copyOfRange(packet, 16, packet.length));
            compared++;
        }
        assertThat(compared).isGreaterThanOrEqualTo(2);
    }

    private static ChildSa child(int spi, Secret keys) {
        var path = new Path(IpAddress.parse("192.0.2.1"), 4500, IpAddress.parse("192.0.2.2"), 4500);
        return new ChildSa(
                Identity.name("dpdk"),
                spi,
                spi,
                keys,
                keys,
                false,
                false,
                true,
                ChildPair.all("10.0.0.1"),
                ChildPair.all("10.0.0.2"),
                path);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyLengthComesBackAndNothingBehindItChanges(boolean esn) {
        ChildPair pair = ChildPair.of(1, esn);
        var out = new OutboundSa(pair.left());
        var in = new InboundSa(pair.right());
        var random = new Random(1);
        byte[] plain = new byte[400];
        for (int length = 0; length < 300; length++) {
            random.nextBytes(plain);
            byte[] before = plain.clone();
            int wire = out.seal(plain, 7, length, IPV4, sealed, 3);
            assertThat(plain).isEqualTo(before);
            assertThat(wire).isEqualTo(OutboundSa.sealedBytes(length)).isBetween(length + 34, length + 37);
            assertThat(wire % 4).isZero();
            assertThat(ByteBuffer.wrap(sealed).getInt(3)).isEqualTo(pair.right().inboundSpi());
            assertThat(in.open(sealed, 3, wire, opened, 5)).isEqualTo(length);
            assertThat(in.nextHeader()).isEqualTo(IPV4);
            assertThat(Arrays.copyOfRange(opened, 5, 5 + length)).isEqualTo(Arrays.copyOfRange(plain, 7, 7 + length));
            assertThat(in.open(sealed, 3, wire, opened, 5)).isEqualTo(InboundSa.REPLAYED);
        }
        assertThat(in.traffic().packets()).isEqualTo(300);
        assertThat(in.traffic().octets()).isEqualTo(out.traffic().octets()).isEqualTo(299 * 300 / 2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aBitFlipAnywhereIsRefusedAndCostsTheRealPacketNothing(boolean esn) {
        ChildPair pair = ChildPair.of(2, esn);
        var out = new OutboundSa(pair.left());
        var in = new InboundSa(pair.right());
        int wire = out.seal(new byte[60], 0, 40, IPV4, sealed, 0);
        for (int bit = 32; bit < 8 * wire; bit++) { // the SPI chooses the SA
            sealed[bit / 8] ^= (byte) (1 << bit % 8);
            assertThat(in.open(sealed, 0, wire, opened, 0)).as("bit %d", bit).isNegative();
            sealed[bit / 8] ^= (byte) (1 << bit % 8);
        }
        for (int length = 0; length < wire; length++) {
            assertThat(in.open(sealed, 0, length, opened, 0)).isIn(InboundSa.MALFORMED, InboundSa.NOT_AUTHENTIC);
        }
        assertThat(in.open(sealed, 0, wire, opened, 0)).isEqualTo(40);
    }

    @Test
    void paddingLongerThanThePacketIsMalformed() {
        ChildPair pair = ChildPair.of(3, false);
        byte[] plain = {1, 2, 7, IPV4};
        var cipher = new EspCipher(pair.left().outboundSpi(), pair.left().outboundKey(), false);
        ByteBuffer.wrap(sealed).putInt(pair.left().outboundSpi()).putInt(1).putLong(1);
        cipher.seal(1, 1, plain, 0, 4, sealed, 16);
        assertThat(new InboundSa(pair.right()).open(sealed, 0, 16 + 4 + 16, opened, 0))
                .isEqualTo(InboundSa.MALFORMED);
    }

    @Test
    void shortSequenceNumbersEndAndLongOnesGoOn() {
        var worn = new OutboundSa(ChildPair.of(4, false).left(), 0xffff_fffeL);
        assertThat(worn.seal(new byte[30], 0, 20, IPV4, sealed, 0)).isPositive();
        assertThat(worn.seal(new byte[30], 0, 20, IPV4, sealed, 0)).isEqualTo(-1);
        ChildPair pair = ChildPair.of(5, true);
        var out = new OutboundSa(pair.left(), 0xffff_e000L);
        var in = new InboundSa(pair.right());
        for (int i = 0; i < 0x3000; i++) {
            int wire = out.seal(new byte[30], 0, 20, IPV4, sealed, 0);
            assertThat(in.open(sealed, 0, wire, opened, 0)).isEqualTo(20);
        }
    }

    @Test
    void anSaWearsOutOnce() {
        var out = new OutboundSa(ChildPair.of(6, true).left());
        assertThat(out.wearsOut(2, 1_000)).isFalse();
        out.seal(new byte[30], 0, 20, IPV4, sealed, 0);
        out.seal(new byte[30], 0, 20, IPV4, sealed, 0);
        assertThat(out.wearsOut(2, 1_000)).isTrue();
        assertThat(out.wearsOut(2, 1_000)).isFalse();
    }

    @Test
    void anSaWearsOutByOctetsOfWhatIsInside() {
        var out = new OutboundSa(ChildPair.of(6, true).left());
        out.seal(new byte[30], 0, 20, IPV4, sealed, 0);
        out.seal(new byte[30], 0, 19, IPV4, sealed, 0);
        assertThat(out.wearsOut(Long.MAX_VALUE, 40)).isFalse();
        out.seal(new byte[30], 0, 1, IPV4, sealed, 0);
        assertThat(out.wearsOut(Long.MAX_VALUE, 40)).isTrue();
        assertThat(out.wearsOut(Long.MAX_VALUE, 40)).isFalse();
    }

    private static Secret secret(byte[] key, byte[] salt) {
        return Secret.copyOf(concat(key, salt));
    }

    private static byte[] concat(byte[] one, byte[] other) {
        return ByteBuffer.allocate(one.length + other.length)
                .put(one)
                .put(other)
                .array();
    }

    /// What was overtaken, touched or sent again does not say where the peer is.
    @Test
    void theNewestAuthenticPacketSaysWhereThePeerIs() {
        ChildPair pair = ChildPair.of(3, true);
        var out = new OutboundSa(pair.left());
        var in = new InboundSa(pair.right());
        IpAddress known = pair.right().path().remote();
        int known4500 = pair.right().path().remotePort();
        IpAddress elsewhere = IpAddress.parse("203.0.113.9");
        byte[][] packets = new byte[4][];
        for (int i = 0; i < packets.length; i++) {
            int wire = out.seal(new byte[60], 0, 40, IPV4, sealed, 0);
            packets[i] = Arrays.copyOf(sealed, wire);
        }
        assertThat(open(in, packets[1])).isEqualTo(40);
        assertThat(in.movedTo(known, known4500)).isFalse();
        assertThat(open(in, packets[0])).isEqualTo(40);
        assertThat(in.movedTo(elsewhere, known4500)).as("overtaken").isFalse();
        byte[] touched = packets[2].clone();
        touched[touched.length - 1] ^= 1;
        assertThat(open(in, touched)).isEqualTo(InboundSa.NOT_AUTHENTIC);
        assertThat(open(in, packets[2])).isEqualTo(40);
        assertThat(in.movedTo(known, 40_000)).as("another port").isTrue();
        assertThat(in.movedTo(known, 40_000)).as("told once").isFalse();
        assertThat(open(in, packets[3])).isEqualTo(40);
        assertThat(in.movedTo(elsewhere, 40_000)).as("another address").isTrue();
    }

    private int open(InboundSa in, byte[] packet) {
        return in.open(packet, 0, packet.length, opened, 0);
    }
}
