package slash32.netlink.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Request;

/// Requests as ip(8) of iproute2 6.1 sends them, on a host where the interface v0 is number 3.
class RouteMessagesTest {
    private static final InterfaceIndex V0 = new InterfaceIndex(3);

    static Stream<Arguments> requests() {
        return Stream.of(
                arguments(
                        "rule add from 10.1.0.0/24 iif v0 lookup 100 priority 1000 protocol 132",
                        new RoutingRule(
                                        Rt.AF_INET,
                                        1000,
                                        100,
                                        Rt.RTPROT_SLASH32,
                                        Prefix.parse("10.1.0.0/24"),
                                        null,
                                        new InterfaceName("v0"))
                                .create(),
                        """
                        3c000000 20000506 00000000 00000000 02001800 64000001 00000000 08000200
                        0a010000 07000300 76300000 08000600 e8030000 05001500 84000000"""),
                arguments(
                        "-6 rule add to 2001:db8:1::/64 lookup 300 priority 1001 protocol 132",
                        new RoutingRule(
                                        Rt.AF_INET6,
                                        1001,
                                        300,
                                        Rt.RTPROT_SLASH32,
                                        null,
                                        Prefix.parse("2001:db8:1::/64"),
                                        null)
                                .create(),
                        """
                        48000000 20000506 00000000 00000000 0a400000 00000001 00000000 14000100
                        20010db8 00010000 00000000 00000000 08000f00 2c010000 08000600 e9030000
                        05001500 84000000"""),
                arguments(
                        "route replace 10.9.0.1/32 dev v0 proto 132 metric 64 scope link src 10.0.0.1",
                        Route.onLink(Prefix.parse("10.9.0.1/32"), 64, V0, IpAddress.parse("10.0.0.1"), 0)
                                .replace(),
                        """
                        3c000000 18000505 00000000 00000000 02200000 fe84fd01 00000000 08000100
                        0a090001 08000600 40000000 08000700 0a000001 08000400 03000000"""),
                arguments(
                        "nexthop add id 1394606081 via 10.0.0.2 dev v0 proto 132",
                        new Nexthop(
                                        0x5320_0001,
                                        new Nexthop.Target.Gateway(IpAddress.parse("10.0.0.2"), V0, false),
                                        Rt.RTPROT_SLASH32)
                                .replace(),
                        """
                        30000000 68000505 00000000 00000000 02008400 00000000 08000100 01002053
                        08000600 0a000002 08000500 03000000"""),
                arguments(
                        "route replace 10.9.0.2/32 nhid 1394606081 proto 132 metric 128",
                        Route.byNexthop(Prefix.parse("10.9.0.2/32"), 128, 0x5320_0001)
                                .replace(),
                        """
                        34000000 18000505 00000000 00000000 02200000 fe840001 00000000 08000100
                        0a090002 08001e00 01002053 08000600 80000000"""),
                arguments(
                        "neigh replace 10.9.0.1 lladdr 02:00:00:00:00:01 dev v0 nud permanent",
                        NeighborEntry.put(V0, IpAddress.parse("10.9.0.1"), MacAddress.parse("02:00:00:00:00:01")),
                        """
                        30000000 1c000505 00000000 00000000 02000000 03000000 80000000 08000100
                        0a090001 0a000200 02000000 00010000"""),
                arguments("link set v0 alias slash32:ep-1", Link.setAlias(V0, "slash32:ep-1"), """
                        30000000 10000500 00000000 00000000 00000000 03000000 00000000 00000000
                        10001400 736c6173 6833323a 65702d31"""));
    }

    @ParameterizedTest(name = "ip {0}")
    @MethodSource("requests")
    void aRequestIsAsIpSendsIt(String command, Request request, String hex) {
        byte[] ip = HexFormat.of().parseHex(hex.replaceAll("\\s", ""));
        assertThat(parts(request.toArray())).as(command).isEqualTo(parts(ip));
    }

    /// Header and attributes; the order of attributes is nobody's business.
    private static List<String> parts(byte[] message) {
        ByteBuffer buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
        int headerBytes = switch (buffer.getShort(4)) {
            case Rt.RTM_NEWNEXTHOP -> 16 + 8;
            case Rt.RTM_NEWLINK -> 16 + 16;
            default -> 16 + 12;
        };
        var attributes = new ArrayList<String>();
        int at = headerBytes;
        while (at < message.length) {
            int length = buffer.getShort(at);
            attributes.add(HexFormat.of().formatHex(message, at, at + length));
            at += (length + 3) & ~3;
        }
        attributes.sort(null);
        attributes.addFirst(HexFormat.of().formatHex(message, 0, headerBytes));
        return attributes;
    }
}
