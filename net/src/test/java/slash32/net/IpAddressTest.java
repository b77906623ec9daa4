package slash32.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.testkit.Seeds;

class IpAddressTest {
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 0.0.0.0",
        "255.255.255.255, 255.255.255.255",
        "10.0.0.11, 10.0.0.11",
        "::, ::",
        "::1, ::1",
        "1::, 1::",
        "2001:DB8:0:0:1:0:0:1, 2001:db8::1:0:0:1", // RFC 5952 §4.2.3: the first of equal runs
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1", // §4.2.2: one zero group is not shortened
        "::ffff:192.0.2.1, ::ffff:c000:201",
        "fe80:0:0:0:0:0:0:1, fe80::1",
        "0:0:1:0:0:0:1:0, 0:0:1::1:0",
    })
    void textIsCanonical(String given, String canonical) {
        assertThat(IpAddress.parse(given)).hasToString(canonical);
        assertThat(IpAddress.parse(canonical)).isEqualTo(IpAddress.parse(given));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "1.2.3",
                "1.2.3.4.5",
                "1.2.3.256",
                "01.2.3.4",
                "1..2.3",
                "1.2.3.4 ",
                "a.b.c.d",
                ":",
                ":::",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1::2::3",
                "::12345",
                "::g",
                "fe80::1%eth0",
                "fe80::1%0",
                "fe80::1%-1",
                "2001:db8::1%2",
                "1:2:3:4:5:6:7::8",
                "::1.2.3",
                "::1.2.3.4:5",
                "-1::"
            })
    void refusesWhatIsNoAddressAndNamesIt(String text) {
        assertThatThrownBy(() -> IpAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not an IP");
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void agreesWithTheJdk(long seed) throws UnknownHostException {
        var random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
            random.nextBytes(bytes);
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = random.nextInt(3) == 0 ? bytes[k] : 0;
            }
            IpAddress address = IpAddress.of(bytes);
            assertThat(address.toArray()).isEqualTo(bytes);
            assertThat(IpAddress.parse(address.toString())).isEqualTo(address);
            if (bytes.length == 4) {
                assertThat(address).hasToString(InetAddress.getByAddress(bytes).getHostAddress());
            } else {
                assertThat(InetAddress.ofLiteral(address.toString()).getAddress())
                        .endsWith(bytes[15]); // the JDK turns mapped addresses into IPv4
            }
        }
    }

    static java.util.stream.Stream<Long> seeds() {
        return Seeds.of(5, 1);
    }

    @Test
    void ordersIpv4BeforeIpv6AndUnsigned() {
        assertThat(IpAddress.parse("200.0.0.1")).isGreaterThan(IpAddress.parse("10.0.0.1"));
        assertThat(IpAddress.parse("::")).isGreaterThan(IpAddress.parse("255.0.0.1"));
        assertThat(IpAddress.parse("ff00::")).isGreaterThan(IpAddress.parse("2001::"));
    }

    @Test
    void knowsLinkLocalOfAMac() {
        assertThat(MacAddress.parse("52:54:00:12:34:56").linkLocal()).hasToString("fe80::5054:ff:fe12:3456");
        assertThat(MacAddress.parse("52:54:00:12:34:56").linkLocal().isLinkLocal())
                .isTrue();
        assertThat(IpAddress.parse("169.254.1.1").isLinkLocal()).isTrue();
        assertThat(IpAddress.parse("fec0::1").isLinkLocal()).isFalse();
    }

    @Test
    void aLinkLocalAddressMayHaveItsLink() {
        Ipv6Address plain = Ipv6Address.parse("fe80::5:1");
        Ipv6Address first = plain.onLink(new InterfaceIndex(7));
        assertThat(first)
                .hasToString("fe80::5:1%7")
                .isNotEqualTo(plain)
                .isNotEqualTo(plain.onLink(new InterfaceIndex(8)));
        assertThat(first.link()).isEqualTo(new InterfaceIndex(7));
        assertThat(first.onLink(new InterfaceIndex(9)).withoutLink()).isEqualTo(plain);
        assertThat(IpAddress.parse("fe80::5:1%7")).isEqualTo(first);
        assertThat(plain.link()).isNull();
        for (String other : List.of("2001:db8:0:7::1", "fe81::1", "fe80:1::1")) {
            assertThat(Ipv6Address.parse(other).link()).isNull();
            assertThat(Ipv6Address.parse(other).withoutLink()).hasToString(other);
        }
        assertThatThrownBy(() -> Ipv6Address.parse("2001:db8::1").onLink(new InterfaceIndex(7)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2001:db8::1");
    }
}
