package slash32.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// {@code slash32 bgp decode} from arguments and standard input to lines and an exit code.
class BgpDecodeTest {
    private static final String MARKER = "ff".repeat(16);
    private static final String UPDATE =
            MARKER + "003102000000154001010040020040030" + "40a00000b40050400000064200a090001";
    private static final String KEEPALIVE = MARKER + "001304";
    private static final String BAD_ORIGIN = UPDATE.replace("40010100", "40010109");

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String input, String... arguments) {
        var console = new Console(new PrintWriter(out), new PrintWriter(err));
        var stream = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return new CommandLine(new BgpDecode(console, stream))
                .setOut(console.out())
                .setErr(console.err())
                .execute(arguments);
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    @Test
    void aMessageFromStandardInput() {
        assertThat(run(UPDATE + "\n")).isZero();
        assertThat(lines()).hasSize(1);
        assertThat(lines().getFirst())
                .startsWith("{ \"exabgp\": \"4.0.1\", \"time\": ")
                .contains("\"announce\": { \"ipv4 unicast\": { \"10.0.0.11\": [ { \"nlri\": \"10.9.0.1/32\" } ] } }");
    }

    @Test
    void anArgumentWithColonsAndTheNewestVersion() {
        assertThat(run("", UPDATE.replaceAll("..(?!$)", "$0:"), "--api", "6.0.0"))
                .isZero();
        assertThat(lines().getFirst()).contains("\"exabgp\": \"6.0.0\"").contains("\"router-id\": \"10.0.0.2\"");
    }

    @Test
    void severalMessagesBehindEachOther() {
        assertThat(run(UPDATE + KEEPALIVE + UPDATE)).isZero();
        assertThat(lines()).hasSize(3);
        assertThat(lines().get(1)).contains("\"type\": \"keepalive\"");
    }

    @Test
    void aLineEachInOrderWithItsFate() {
        String input = String.join(
                "\n",
                "{\"id\": \"a\", \"hex\": \"" + BAD_ORIGIN
                        + "\", \"ctx\": {\"session\": \"ibgp\"}, \"expect\": {\"x\": [1]}}",
                "",
                KEEPALIVE,
                MARKER + "001204",
                "{\"kind\": \"update-body\", \"raw\": \"00000000\"}",
                "{\"hex\": \"" + MARKER + "001d0104fde9005a0a00000b00\", \"ctx\": {\"peer_as\": 65000}}",
                "nonsense");
        assertThat(run(input, "-", "--fate")).isZero();
        assertThat(lines()).hasSize(6);
        assertThat(lines().get(0)).endsWith(", \"fate\": \"treat-as-withdraw\" }");
        assertThat(lines().get(1)).contains("keepalive").endsWith(", \"fate\": \"accept\" }");
        assertThat(lines().get(2)).endsWith(", \"fate\": \"session-reset\", \"notification\": [ 1, 2 ] }");
        assertThat(lines().get(3)).contains("\"eor\"").endsWith(", \"fate\": \"accept\" }");
        assertThat(lines().get(4)).endsWith(", \"fate\": \"session-reset\", \"notification\": [ 2, 2 ] }");
        assertThat(lines().get(5)).isEqualTo("{ \"error\": \"input\" }");
    }

    @Test
    void pathIdentifiersAndTheSessionAreTold() {
        String body = "00000015" + "400101004002004003040a00000b40050400000064" + "00000007" + "200a090001";
        String message = MARKER + "0035" + "02" + body;
        assertThat(run("", message, "--add-path", "ipv4/unicast", "--session", "ebgp", "--fate"))
                .isZero();
        assertThat(lines().getFirst())
                .contains("\"path-information\": \"0.0.0.7\"")
                .endsWith(", \"fate\": \"attribute-discard\" }"); // LOCAL_PREF of an external peer
    }

    @Test
    void whatIsWrongIsSaid() {
        assertThat(run("", "xyz")).isEqualTo(2);
        assertThat(err.toString()).contains("must be hexadecimal");
        assertThat(run("", UPDATE, "--api", "3")).isEqualTo(2);
        assertThat(run("", UPDATE, "--add-path", "ipx/unicast")).isEqualTo(2);
        assertThat(run("", UPDATE.substring(0, UPDATE.length() - 4).replace("003102", "002f02")))
                .isEqualTo(1);
    }
}
