package slash32.bgp.rib;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.net.Prefix;

class RibDeltaTest {
    private static final PathAttributes ANY =
            PathAttributes.builder().nextHop(IpAddress.parse("10.0.0.1")).build();

    @Test
    void aDeltaDoesNotChangeWhenItsBuilderIsUsedAgain() {
        var builder = new RibDelta.Builder(AddressFamily.IPV6_UNICAST);
        builder.add(0x2001_0db8L << 32, 1, 128, null, ANY);
        RibDelta first = builder.build();
        for (int i = 0; i < 200_000; i++) {
            builder.add(i, i, 64, ANY, null);
        }
        RibDelta second = builder.build();
        assertThat(builder.size()).isZero();
        assertThat(builder.build().size()).isZero();
        assertThat(first.size()).isEqualTo(1);
        assertThat(first.prefix(0)).isEqualTo(Prefix.parse("2001:db8::1/128"));
        assertThat(first.attributes(0)).isSameAs(ANY);
        assertThat(second.size()).isEqualTo(200_000);
        assertThat(first.before(0)).isNull();
        assertThat(second.attributes(199_999)).isNull();
        assertThat(second.before(199_999)).isSameAs(ANY);
    }

    @Test
    void ipv4AddressesAreTheUpperHalf() {
        var builder = new RibDelta.Builder(AddressFamily.IPV4_UNICAST);
        builder.add(0xc000_0201L << 32, 0, 32, null, ANY);
        builder.add(0, 0, 0, ANY, null);
        RibDelta delta = builder.build();
        assertThat(delta.prefix(0)).isEqualTo(Prefix.parse("192.0.2.1/32"));
        assertThat(delta.prefix(1)).isEqualTo(Prefix.parse("0.0.0.0/0"));
    }
}
