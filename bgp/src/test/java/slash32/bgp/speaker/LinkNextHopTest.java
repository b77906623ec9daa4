package slash32.bgp.speaker;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// What becomes of the next hops that peers tell: a global one, a link-local one beside it.
class LinkNextHopTest {
    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource(textBlock = """
            # told,       beside it, of a peer on link 7, of another
            10.0.0.1,     ,          10.0.0.1,            10.0.0.1
            2001:db8::1,  ,          2001:db8::1,         2001:db8::1
            2001:db8::1,  fe80::1,   fe80::1%7,           2001:db8::1
            fe80::1,      fe80::1,   fe80::1%7,
            fe80::1,      ,          fe80::1%7,
            ::,           fe80::1,   fe80::1%7,
            2001:db8::1,  2001::1,   2001:db8::1,         2001:db8::1
            2001:db8::1,  fe81::1,   2001:db8::1,         2001:db8::1
            fe81::1,      ,          ,
            """)
    void linkLocalOnesAreOnThePeersLink(
            String told, @Nullable String beside, @Nullable String here, @Nullable String elsewhere) {
        PathAttributes path = PathAttributes.builder()
                .nextHop(IpAddress.parse(told))
                .linkLocalNextHop(beside == null ? null : Ipv6Address.parse(beside))
                .build();
        var session = new LinkNextHop(new InterfaceIndex(7));
        assertThat(nextHop(LinkNextHop.received(session, path))).isEqualTo(here);
        assertThat(nextHop(LinkNextHop.received(null, path))).isEqualTo(elsewhere);
    }

    private static @Nullable String nextHop(@Nullable PathAttributes path) {
        return path == null ? null : String.valueOf(path.nextHop());
    }
}
