package slash32.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;

class RouteWordsTest {
    private final RouteWords words = new RouteWords();

    @ParameterizedTest
    @ValueSource(strings = {"10.1.2.3/32", "203.0.113.0/24", "0.0.0.0/0", "2001:db8::7/128", "fe80::/10", "::/0"})
    void sayWhatARouteSays(String text) {
        Prefix prefix = Prefix.parse(text);
        for (Route route : new Route[] {
            Route.byNexthop(prefix, 128, 0x5320_0007),
            Route.onLink(prefix, 64, new InterfaceIndex(3), IpAddress.parse("10.0.0.1"), 1400)
        }) {
            assertThat(read(route.replace())).isTrue();
            IpAddress address = prefix.isIpv4()
                    ? new Ipv4Address((int) (words.high() >>> 32))
                    : new Ipv6Address(words.high(), words.low());
            assertThat(new Prefix(address, words.length())).isEqualTo(route.prefix());
            assertThat(words.protocol()).isEqualTo(route.protocol());
            assertThat(words.priority()).isEqualTo(route.priority());
            assertThat(words.nexthopId()).isEqualTo(route.nexthopId());
            IpAddress source = words.preferredSource() == 0 ? null : new Ipv4Address(words.preferredSource());
            assertThat(source).isEqualTo(route.preferredSource());
        }
    }

    @Test
    void areOfTheMainTableAndOfTwoFamilies() {
        assertThat(read(header(Rt.AF_INET, Rt.RT_TABLE_MAIN))).isTrue();
        assertThat(read(header(Rt.AF_INET, 0).attributeU32(Rt.RTA_TABLE, 1000))).isFalse();
        assertThat(read(header(7, Rt.RT_TABLE_MAIN))).isFalse();
        assertThat(read(Request.of(Rt.RTM_NEWROUTE, 0, () -> "short").u32(2))).isFalse();
    }

    private static Request header(int family, int table) {
        return Request.of(Rt.RTM_NEWROUTE, 0, () -> "route")
                .u8(family)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(table)
                .u8(0)
                .u8(0)
                .u8(0)
                .u32(0);
    }

    private boolean read(Request request) {
        boolean[] is = new boolean[1];
        Message.split(ByteBuffer.wrap(request.toArray()).order(ByteOrder.nativeOrder()), m -> is[0] = words.read(m));
        return is[0];
    }
}
