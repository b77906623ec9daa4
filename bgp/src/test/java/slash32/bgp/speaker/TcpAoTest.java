package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static slash32.bgp.speaker.TcpAo.Algorithm.AES_128_CMAC_96;
import static slash32.bgp.speaker.TcpAo.Algorithm.HMAC_SHA_1_96;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import slash32.net.Bytes;
import slash32.net.Prefix;

/// The structs of linux/tcp.h, octet by octet. Whether segments are signed, only a kernel built with CONFIG_TCP_AO can
/// show; on others it is shown that they say so.
class TcpAoTest {
    private static final Bytes KEY = Bytes.copyOf("secret".getBytes(StandardCharsets.US_ASCII));
    private static final TcpAo AO = new TcpAo(KEY, HMAC_SHA_1_96, 7, 8);
    private static final String FAMILY = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? "0a00" : "000a";

    /// {@code struct tcp_ao_add}: address 128, alg_name 64, ifindex 4, flags 4, reserved 2, prefix, sndid, rcvid,
    /// maclen, keyflags, keylen, key 80; aligned to 8.
    @Test
    void aKeyIsAdded() {
        assertThat(fields(AO.added(Prefix.parse("2001:db8::1/128")), 2, 6, 16, 104, 64, 10, 6, 80))
                .isEqualTo(String.join(
                        "|",
                        FAMILY,
                        "0*6",
                        "20010db8000000000000000000000001",
                        "0*104",
                        "686d6163287368613129" + "00".repeat(54),
                        "0*10",
                        "8007080c0006",
                        "736563726574" + "00".repeat(74)));
        assertThat(fields(
                        new TcpAo(KEY, AES_128_CMAC_96, 0, 255).added(Prefix.parse("10.0.0.0/24")),
                        2,
                        6,
                        16,
                        104,
                        64,
                        10,
                        6,
                        80))
                .contains(
                        "00000000000000000000ffff0a000000",
                        HexFormat.of().formatHex("cmac(aes128)".getBytes(StandardCharsets.US_ASCII)),
                        "|1800ff0c0006|");
    }

    /// {@code struct tcp_ao_del}: address 128, ifindex 4, flags 4, reserved 2, prefix, sndid, rcvid, current_key,
    /// rnext, keyflags; aligned to 8.
    @Test
    void aKeyIsDeleted() {
        assertThat(fields(AO.deleted(Prefix.parse("2001:db8::1/128")), 2, 6, 16, 104, 10, 6))
                .isEqualTo(FAMILY + "|0*6|20010db8000000000000000000000001|0*104|0*10|800708000000");
    }

    @Test
    void aKernelTakesAKeyOrSaysThatItHasNone() throws IOException {
        try (var symbols = Files.lines(Path.of("/proc/kallsyms"))) {
            if (symbols.anyMatch(line -> line.endsWith(" tcp_parse_ao"))) {
                AO.require();
                return;
            }
        }
        assertThatThrownBy(AO::require)
                .isInstanceOf(IOException.class)
                .hasMessage("this kernel has no TCP-AO with hmac-sha-1-96: TCP_AO_ADD_KEY: setsockopt() failed: "
                        + "Protocol not available");
    }

    @Test
    void refusesWhatTheOptionHasNoRoomFor() {
        assertThatThrownBy(() -> new TcpAo(Bytes.EMPTY, HMAC_SHA_1_96, 0, 0)).hasMessageContaining("1 to 80 octets");
        assertThatThrownBy(() -> new TcpAo(KEY, HMAC_SHA_1_96, 256, 0)).hasMessageContaining("0 to 255");
        assertThat(AO).hasToString("hmac-sha-1-96 7/8");
    }

    /// The option in fields of these lengths, in hex; {@code 0*N} for one of nothing but zeros.
    private static String fields(ByteBuffer option, int... lengths) {
        assertThat(option.remaining()).isEqualTo(Arrays.stream(lengths).sum());
        var text = new StringBuilder();
        for (int length : lengths) {
            byte[] field = new byte[length];
            option.get(field);
            boolean empty = Arrays.equals(field, new byte[length]);
            text.append(text.isEmpty() ? "" : "|")
                    .append(empty ? "0*" + length : HexFormat.of().formatHex(field));
        }
        return text.toString();
    }
}
