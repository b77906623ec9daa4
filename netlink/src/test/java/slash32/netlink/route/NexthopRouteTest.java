package slash32.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.netlink.message.Request;
import slash32.netlink.route.NexthopRoute.Verb;

class NexthopRouteTest {
    private static final int ID = 0x5320_0007;

    @ParameterizedTest
    @MethodSource
    void isTheRequestOfTheRoute(Verb verb, Prefix prefix) {
        Route route = Route.byNexthop(prefix, 128, ID);
        Request expected = switch (verb) {
            case CREATE -> route.create();
            case REPLACE -> route.replace();
            case REMOVE -> Route.remove(prefix, 128, Rt.RTPROT_SLASH32);
        };
        var compact = new NexthopRoute(
                verb, !prefix.isIpv4(), high(prefix.address()), low(prefix.address()), prefix.length(), 128, ID);
        ByteBuffer bytes = ByteBuffer.allocate(compact.length()).order(ByteOrder.nativeOrder());
        compact.writeTo(bytes, 0);
        assertThat(bytes.array()).isEqualTo(expected.toArray());
        assertThat(compact).hasToString(expected.toString());
    }

    @Test
    void anMtuIsAMetricThatIpv6LocksForForwardedPackets() {
        assertThat(hex(false)).endsWith("08001e0007002053" + "0c000880" + "0800020078050000");
        assertThat(hex(true)).endsWith("08001e0007002053" + "14000880" + "0800020078050000" + "0800010004000000");
    }

    @Test
    void aSourceIsTheSameAttributeAsThatOfARoute() {
        Prefix prefix = Prefix.parse("10.99.0.13/32");
        var source = Ipv4Address.parse("10.99.0.11");
        var compact = new NexthopRoute(
                Verb.REPLACE, false, high(prefix.address()), 0, 32, 128, ID, NexthopRoute.MTU_UNSTATED, source.value());
        Request expected =
                new Route(prefix, 128, Rt.RTPROT_SLASH32, Rt.RTN_UNICAST, null, null, source, ID, 0).replace();
        ByteBuffer bytes = ByteBuffer.allocate(compact.length()).order(ByteOrder.nativeOrder());
        compact.writeTo(bytes, 0);
        assertThat(bytes.array()).isEqualTo(expected.toArray());
        assertThat(compact).hasToString(expected.toString());
    }

    private static String hex(boolean isIpv6) {
        var route = new NexthopRoute(Verb.CREATE, isIpv6, 0x0a01_0002L << 32, 0, 32, 128, ID, 1_400, 0);
        ByteBuffer bytes = ByteBuffer.allocate(route.length()).order(ByteOrder.nativeOrder());
        route.writeTo(bytes, 0);
        assertThat(bytes.remaining()).isZero();
        assertThat(bytes.getInt(0)).isEqualTo(route.length());
        return HexFormat.of().formatHex(bytes.array());
    }

    static Stream<Arguments> isTheRequestOfTheRoute() {
        return Stream.of("192.0.2.1/32", "10.0.0.0/8", "0.0.0.0/0", "2001:db8::1/128", "2001:db8::/33")
                .map(Prefix::parse)
                .flatMap(prefix -> Stream.of(Verb.values()).map(verb -> Arguments.of(verb, prefix)));
    }

    private static long high(IpAddress address) {
        return switch (address) {
            case Ipv4Address v4 -> (long) v4.value() << 32;
            case Ipv6Address v6 -> v6.high();
        };
    }

    private static long low(IpAddress address) {
        return address instanceof Ipv6Address v6 ? v6.low() : 0;
    }
}
