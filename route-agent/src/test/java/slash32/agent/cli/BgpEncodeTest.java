package slash32.agent.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/// {@code slash32 bgp encode} from arguments and standard input to lines and an exit code.
class BgpEncodeTest {
    private static final String UPDATE =
            "ff".repeat(16) + "00310200000015400101004002004003040a00000b40050400000064200a090001";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String input, String... arguments) {
        var console = new Console(new PrintWriter(out), new PrintWriter(err));
        var stream = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        return new CommandLine(new BgpEncode(console, stream))
                .setOut(console.out())
                .setErr(console.err())
                .execute(arguments);
    }

    private List<String> lines() {
        return out.toString().lines().toList();
    }

    @Test
    void aCommandInOneWordOrInMany() {
        assertThat(run("", "announce route 10.9.0.1/32 next-hop 10.0.0.11")).isZero();
        assertThat(run("", "announce", "route", "10.9.0.1/32", "next-hop", "self", "--local-address", "10.0.0.11"))
                .isZero();
        assertThat(lines()).containsExactly(UPDATE, UPDATE);
    }

    @Test
    void whatIsEncodedIsDecodedAgain() {
        run("", "announce attributes next-hop 10.0.0.11 nlri 10.9.0.1/32 10.9.0.2/32");
        String hex = out.toString();
        out.getBuffer().setLength(0);
        var console = new Console(new PrintWriter(out), new PrintWriter(err));
        new CommandLine(new BgpDecode(console, new ByteArrayInputStream(hex.getBytes(StandardCharsets.UTF_8))))
                .execute();
        assertThat(out.toString())
                .contains("\"10.0.0.11\": [ { \"nlri\": \"10.9.0.1/32\" }, { \"nlri\": \"10.9.0.2/32\" } ]");
    }

    @Test
    void aLineEachInOrder() {
        String input = """
                announce route 10.9.0.1/32 next-hop 10.0.0.11
                announce route 10.9.0.1/32

                withdraw attributes next-hop 2001:db8::9 nlri 2001:db8:1::/48 2001:db8:2::/48
                # nothing
                """;
        assertThat(run(input, "-", "--session", "ebgp", "--local-as", "65001")).isZero();
        assertThat(lines()).hasSize(4);
        assertThat(lines().get(0)).contains("4002060201" + "0000fde9").doesNotContain(" ");
        assertThat(lines().get(1)).startsWith("error column 27: end of line: ");
        assertThat(lines().get(2).split(" ")).hasSize(2);
        assertThat(lines().get(3)).isEmpty();
    }

    @Test
    void whatIsWrongIsSaid() {
        assertThat(run("", "announce route 10.9.0.1/32 nexthop 10.0.0.11")).isEqualTo(1);
        assertThat(err.toString()).contains("column 28: 'nexthop': no such attribute");
        assertThat(run("", "announce route 10.9.0.1/32 next-hop self")).isEqualTo(1);
        assertThat(err.toString()).contains("next-hop self needs our address");
        assertThat(run("", "announce eor", "--add-path", "ipx/unicast")).isEqualTo(2);
        assertThat(run("", "announce eor", "--local-as", "0")).isEqualTo(2);
        assertThat(run("", "announce eor", "--local-address", "2001:db8::1")).isEqualTo(2);
    }
}
