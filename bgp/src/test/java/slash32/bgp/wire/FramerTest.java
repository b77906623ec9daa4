package slash32.bgp.wire;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.bgp.wire.Framer.Frame;

class FramerTest {
    private static final String MARKER = "ff".repeat(16);

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "marker not all ones, fffffe, CONNECTION_NOT_SYNCHRONIZED",
        "length 18, ffffffffffffffffffffffffffffffff001204, BAD_MESSAGE_LENGTH",
        "length 4097, ffffffffffffffffffffffffffffffff100102, BAD_MESSAGE_LENGTH",
        "KEEPALIVE with a body, ffffffffffffffffffffffffffffffff001404, BAD_MESSAGE_LENGTH",
        "OPEN of 28, ffffffffffffffffffffffffffffffff001c01, BAD_MESSAGE_LENGTH",
        "UPDATE of 22, ffffffffffffffffffffffffffffffff001602, BAD_MESSAGE_LENGTH",
        "NOTIFICATION of 20, ffffffffffffffffffffffffffffffff001403, BAD_MESSAGE_LENGTH",
        "type 0, ffffffffffffffffffffffffffffffff001300, BAD_MESSAGE_TYPE",
        "type 6, ffffffffffffffffffffffffffffffff001306, BAD_MESSAGE_TYPE",
    })
    void refusesAMalformedHeader(String name, String hex, NotificationCode code) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        assertThat(Framer.at(bytes, 0, bytes.length)).isInstanceOfSatisfying(Frame.Malformed.class, malformed -> {
            assertThat(malformed.notification().code()).isEqualTo(code.code());
            assertThat(malformed.notification().subcode()).isEqualTo(code.subcode());
        });
    }

    @Test
    void waitsForAWholeMessage() {
        byte[] keepalive = HexFormat.of().parseHex(MARKER + "001304");
        for (int length = 0; length < keepalive.length; length++) {
            assertThat(Framer.at(keepalive, 0, length)).isEqualTo(new Frame.Incomplete());
        }
        assertThat(Framer.at(keepalive, 0, keepalive.length)).isEqualTo(new Frame.Whole(4, 19));
    }
}
