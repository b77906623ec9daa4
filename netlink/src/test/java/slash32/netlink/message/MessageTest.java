package slash32.netlink.message;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.InterfaceIndex;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.route.Link;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.testkit.Seeds;

class MessageTest {
    @Test
    void aHostRouteHasTheseBytes() {
        // What `ip route replace 192.0.2.10/32 dev 7 metric 16 proto 132` sends, with our flags.
        Request request = Route.onLink(Prefix.parse("192.0.2.10/32"), 16, new InterfaceIndex(7), null, 0)
                .replace();
        assertThat(HexFormat.of().formatHex(request.toArray()))
                .isEqualTo("34000000" + "1800" + "0505" + "00000000" + "00000000" // nlmsghdr
                        + "02200000" + "fe84fd01" + "00000000" // rtmsg: AF_INET/32, main, 132, link scope, unicast
                        + "08000100" + "c000020a" // RTA_DST
                        + "08000600" + "10000000" // RTA_PRIORITY
                        + "08000400" + "07000000"); // RTA_OIF
        assertThat(request).hasToString("add route 192.0.2.10/32 dev 7 metric 16");
    }

    @Test
    void readsAnErrorWithTheKernelsWords() {
        byte[] text = "Invalid gateway\0".getBytes(java.nio.charset.StandardCharsets.UTF_8);
        Request reply = Request.of(Nl.NLMSG_ERROR, Nl.NLM_F_CAPPED | Nl.NLM_F_ACK_TLVS, () -> "")
                .u32(-22)
                .u32(0)
                .u32(0)
                .u32(0)
                .u32(0)
                .attribute(Nl.NLMSGERR_ATTR_MSG, text);
        var seen = new ArrayList<String>();
        Message.split(ByteBuffer.wrap(reply.toArray()), m -> seen.add(m.errno() + " " + m.extendedAck()));
        assertThat(seen).containsExactly("22 Invalid gateway");
    }

    @Test
    void aValueOfTheWrongSizeIsNamed() {
        Request request = Request.of(1, 0, () -> "").attributeU16(5, 1);
        Message.split(ByteBuffer.wrap(request.toArray()), message -> {
            Attributes attributes = message.attributes(0);
            assertThat(attributes.next()).isTrue();
            assertThatThrownBy(attributes::u32).hasMessage("attribute 5 has 2 bytes, not 4");
        });
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void neverReadsBeyondWhatTheKernelSent(long seed) {
        var random = new Random(seed);
        byte[] good = Link.configure(new InterfaceIndex(3), MacAddress.BROADCAST, 1500, 9, "alias")
                .toArray();
        for (int i = 0; i < 500; i++) {
            byte[] bad = good.clone();
            for (int k = 0; k <= random.nextInt(4); k++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt();
            }
            ByteBuffer slice = ByteBuffer.wrap(bad, 0, random.nextInt(bad.length + 1));
            Message.split(slice, message -> {
                message.extendedAck();
                try {
                    RouteEvent.parse(message);
                } catch (IllegalArgumentException e) {
                    assertThat(e).hasMessageMatching(".*(attribute|message type|interface|MAC|prefix|bits).*");
                }
            });
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(10, 1);
    }
}
