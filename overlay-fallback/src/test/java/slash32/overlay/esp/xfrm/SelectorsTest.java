package slash32.overlay.esp.xfrm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.xfrm.XfrmSelector;
import slash32.overlay.ike.wire.TrafficSelector;

class SelectorsTest {
    @ParameterizedTest
    @CsvSource({
        "0.0.0.0, 255.255.255.255, 0.0.0.0/0",
        "10.0.0.1, 10.0.0.1, 10.0.0.1/32",
        "10.0.0.0, 10.0.0.255, 10.0.0.0/24",
        "10.0.0.1, 10.0.0.6, 10.0.0.1/32 10.0.0.2/31 10.0.0.4/31 10.0.0.6/32",
        "255.255.255.254, 255.255.255.255, 255.255.255.254/31",
        "10.0.0.2, 10.0.0.1, ''",
        "::, ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff, ::/0",
        "2001:db8::1, 2001:db8::3, 2001:db8::1/128 2001:db8::2/127"
    })
    void aRangeIsItsPrefixesAndNoMore(String start, String end, String prefixes) {
        assertThat(Selectors.prefixes(IpAddress.parse(start), IpAddress.parse(end)))
                .extracting(Prefix::toString)
                .isEqualTo(prefixes.isEmpty() ? List.of() : List.of(prefixes.split(" ", -1)));
    }

    private static TrafficSelector range(int protocol, int startPort, int endPort, String start, String end) {
        return new TrafficSelector(protocol, startPort, endPort, IpAddress.parse(start), IpAddress.parse(end));
    }

    @Test
    void whatThePairsOfBothSidesCoverIsSaid() {
        TrafficSelector here = range(0, 0, 65_535, "10.0.0.0", "10.0.0.255");
        TrafficSelector there = range(17, 4_789, 4_789, "10.1.0.1", "10.1.0.1");
        assertThat(Selectors.outbound(List.of(here), List.of(there)))
                .containsExactly(new XfrmSelector(Prefix.parse("10.0.0.0/24"), Prefix.parse("10.1.0.1"), 17, 0, 4_789));
    }

    /// Then no policy lets it pass, which is what a peer gets for it.
    @Test
    void whatCanNotBeSaidIsLeftOut() {
        TrafficSelector here = range(0, 0, 65_535, "10.0.0.1", "10.0.0.1");
        TrafficSelector ports = range(17, 1_000, 2_000, "10.1.0.1", "10.1.0.1");
        TrafficSelector opaque = range(17, 65_535, 0, "10.1.0.1", "10.1.0.1");
        TrafficSelector tcp = range(6, 0, 65_535, "10.0.0.1", "10.0.0.1");
        TrafficSelector udp = range(17, 0, 65_535, "10.1.0.1", "10.1.0.1");
        TrafficSelector six = range(0, 0, 65_535, "2001:db8::1", "2001:db8::1");
        assertThat(Selectors.outbound(List.of(here), List.of(ports, opaque, six)))
                .isEmpty();
        assertThat(Selectors.outbound(List.of(tcp), List.of(udp))).isEmpty();
    }

    @Test
    void aPeerCanNotHaveUsStateWithoutEnd() {
        TrafficSelector odd = range(0, 0, 65_535, "0.0.0.1", "255.255.255.254");
        assertThat(Selectors.outbound(Collections.nCopies(255, odd), Collections.nCopies(255, odd)))
                .isEmpty();
    }
}
