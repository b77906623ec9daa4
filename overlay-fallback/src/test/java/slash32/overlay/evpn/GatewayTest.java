package slash32.overlay.evpn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;

class GatewayTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            10.5.0.1            | not an address with its prefix length, such as 10.5.0.1/24: '10.5.0.1'
            10.5.0.1/x          | not an address with its prefix length, such as 10.5.0.1/24: '10.5.0.1/x'
            10.5.0.0/24         | 10.5.0.0/24 is a prefix, not a gateway's address in it
            10.5.0.255/24       | 10.5.0.255/24 is its prefix's broadcast address
            10.5.0.1/31         | the prefix length of gateway 10.5.0.1 must be 1 to 30, was 31
            fd05::1/127         | the prefix length of gateway fd05::1 must be 1 to 126, was 127
            fe80::2/64          | a gateway's address is a unicast one that packets are routed by, not fe80::2
            224.0.0.1/24        | a gateway's address is a unicast one that packets are routed by, not 224.0.0.1
            10.5.0.1/24,10.5.0.1/16 | gateway address 10.5.0.1 is there twice
            10.5.0.1/24,10.5.9.1/16 | prefixes of gateway addresses overlap: 10.5.0.1/24 and 10.5.9.1/16""")
    void whatIsNoGatewayIsRefused(String text, String reason) {
        assertThatThrownBy(() -> gateway(text.split(",")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(reason);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            10.5.0.7   | true  |
            fd05::7    | true  |
            fe80::7    | false |
            10.5.0.1   | false | 10.5.0.1 is the address of its gateway
            fe80::1    | false | fe80::1 is the address of its gateway
            10.6.0.7   | false | 10.6.0.7 is in none of its gateway's prefixes, which are 10.5.0.0/24""")
    void guestsHaveAddressesOfItsPrefixes(String guest, boolean routed, @Nullable String refusal) {
        Gateway gateway = gateway("10.5.0.1/24", "fd05::1/64");
        assertThat(gateway.leadsTo(IpAddress.parse(guest))).isEqualTo(routed);
        assertThat(gateway.refusal(IpAddress.parse(guest))).isEqualTo(refusal);
    }

    /// Guests may speak a family among themselves that the gateway does not route.
    @Test
    void aFamilyWithoutAGatewayIsTheSegmentsOwn() {
        assertThat(gateway("10.5.0.1/24").refusal(IpAddress.parse("fd05::7"))).isNull();
        assertThat(gateway("10.5.0.1/24").own()).containsExactly(IpAddress.parse("10.5.0.1"));
        assertThat(Gateway.NONE.leadsTo(IpAddress.parse("10.5.0.7"))).isFalse();
    }

    private static Gateway gateway(String... addresses) {
        return new Gateway(Arrays.stream(addresses).map(GatewayAddress::parse).toList());
    }
}
