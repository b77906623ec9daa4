package slash32.bgp.bfd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.testkit.Seeds;

/// Octets against text, both ways; then RFC 5880 §6.8.6 clause by clause; then octets that nobody meant.
class ControlPacketTest {
    /// By hand, field by field of RFC 5880 §4.1; the last has every bit. Real ones are in BfdInteropTest.
    static Stream<Arguments> packets() {
        return Stream.of(
                Arguments.of(
                        "20400318 0f21a9c3 00000000 000f4240 0000c350 00000000",
                        "Down diagnostic=0 multiplier=3 my=0f21a9c3 your=00000000 tx=1000000 rx=50000"),
                Arguments.of(
                        "20e00318 0f21a9c3 6b8b4567 0000c350 0000c350 00000000",
                        "Up P diagnostic=0 multiplier=3 my=0f21a9c3 your=6b8b4567 tx=50000 rx=50000"),
                Arguments.of(
                        "20d00318 6b8b4567 0f21a9c3 0000c350 0000c350 00000000",
                        "Up F diagnostic=0 multiplier=3 my=6b8b4567 your=0f21a9c3 tx=50000 rx=50000"),
                Arguments.of(
                        "21400318 00000001 ffffffff 000f4240 ffffffff 00000000",
                        "Down diagnostic=1 multiplier=3 my=00000001 your=ffffffff tx=1000000 rx=4294967295"),
                Arguments.of(
                        "278aff18 00000001 00000002 00000001 00000000 00000000",
                        "Init C D diagnostic=7 multiplier=255 my=00000001 your=00000002 tx=1 rx=0"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("packets")
    void octetsAndTextAreOne(String hex, String text) {
        ByteBuffer octets = octets(hex);
        var packet = new ControlPacket();
        assertThat(packet.decode(octets, octets.limit())).isNull();
        assertThat(packet).hasToString(text);
        ByteBuffer again = ByteBuffer.allocate(ControlPacket.BYTES);
        packet.encode(again);
        assertThat(again).isEqualTo(octets);
    }

    static Stream<Arguments> refused() {
        String good = "20400318 00000001 00000000 000f4240 0000c350 00000000";
        return Stream.of(
                Arguments.of("good", good, null),
                Arguments.of("version 0", "00" + good.substring(2), Discard.MALFORMED),
                Arguments.of("version 2", "40" + good.substring(2), Discard.MALFORMED),
                Arguments.of("23 octets", good.substring(0, good.length() - 2), Discard.MALFORMED),
                Arguments.of("none", "", Discard.MALFORMED),
                Arguments.of("length field 23", "20400317" + good.substring(8), Discard.MALFORMED),
                Arguments.of("length field past the payload", "20400319" + good.substring(8), Discard.MALFORMED),
                Arguments.of("more payload than length", good + "aabb", null),
                Arguments.of("multiplier 0", "20400018" + good.substring(8), Discard.MALFORMED),
                Arguments.of("multipoint", "20410318" + good.substring(8), Discard.MALFORMED),
                Arguments.of("my discriminator 0", "20400318 00000000" + good.substring(17), Discard.MALFORMED),
                Arguments.of("Init to nobody", "20800318" + good.substring(8), Discard.MALFORMED),
                Arguments.of("Up to nobody", "20c00318" + good.substring(8), Discard.MALFORMED),
                Arguments.of("AdminDown to nobody", "27000318" + good.substring(8), null),
                Arguments.of("authenticated, too short", "20440318" + good.substring(8), Discard.MALFORMED),
                Arguments.of("authenticated", "2044031a" + good.substring(8) + "0102", Discard.AUTHENTICATED));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refused")
    void whatIsNotWellFormedIsRefused(String name, String hex, @Nullable Discard expected) {
        ByteBuffer octets = octets(hex);
        assertThat(new ControlPacket().decode(octets, octets.limit())).as(name).isEqualTo(expected);
    }

    static Stream<Long> seeds() {
        return Seeds.of(20, 1);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void anyOctetsAreAPacketOrARefusal(long seed) {
        var random = new Random(seed);
        var packet = new ControlPacket();
        for (int i = 0; i < 10_000; i++) {
            byte[] octets = new byte[random.nextInt(40)];
            random.nextBytes(octets);
            if (octets.length > 3 && random.nextBoolean()) {
                octets[0] = (byte) ((octets[0] & 0x1f) | 0x20);
                octets[3] = (byte) ControlPacket.BYTES;
            }
            if (packet.decode(ByteBuffer.wrap(octets), octets.length) == null) {
                ByteBuffer out = ByteBuffer.allocate(ControlPacket.BYTES);
                packet.encode(out);
                var again = new ControlPacket();
                assertThat(again.decode(out, ControlPacket.BYTES)).isNull();
                assertThat(again).hasToString(packet.toString());
            }
        }
    }

    private static ByteBuffer octets(String hex) {
        return ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
    }
}
