package slash32.overlay.choice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import slash32.net.Ipv4Address;

class PathTest {
    private static final SiteId OSLO = new SiteId(1);
    private static final SiteId BERGEN = new SiteId(2);
    private static final Path.Encrypted OVERLAY =
            new Path.Encrypted(new Ipv4Address(1), new Ipv4Address(2), BERGEN, Carriage.ESP_TUNNEL);

    @Test
    void oneSiteIsNative() {
        assertThat(Path.choose(OSLO, new SiteId(1), null)).isEqualTo(Path.NATIVE);
        assertThat(Path.choose(OSLO, new SiteId(1), OVERLAY)).isEqualTo(Path.NATIVE);
    }

    @Test
    void anotherSiteIsNeverReachedInTheClear() {
        assertThat(Path.choose(OSLO, BERGEN, null)).isEqualTo(new Path.Refused(Path.Reason.OTHER_SITE));
        assertThat(Path.choose(OSLO, BERGEN, OVERLAY)).isEqualTo(OVERLAY);
    }

    @Test
    void anUnknownSiteIsNeverReachedInTheClear() {
        assertThat(Path.choose(OSLO, null, null)).isEqualTo(new Path.Refused(Path.Reason.SITE_UNKNOWN));
        assertThat(Path.choose(OSLO, null, OVERLAY)).isEqualTo(new Path.Refused(Path.Reason.SITE_UNKNOWN));
    }

    @Test
    void refusesSiteIdsThatDoNotFitACommunity() {
        assertThatThrownBy(() -> new SiteId(0)).hasMessageContaining("1 to 4294967295");
        assertThatThrownBy(() -> new SiteId(1L << 32)).hasMessageContaining("1 to 4294967295");
    }

    @Test
    void ipInIpIsWhatTunnelModeIs() {
        assertThat(Carriage.parse("ipip")).isEqualTo(Carriage.parse("esp-tunnel"));
        assertThat(Carriage.parse("gre").aroundBytes()).isEqualTo(24);
        assertThatThrownBy(() -> Carriage.parse("vxlan")).hasMessageContaining("segments' frames");
        assertThatThrownBy(() -> Carriage.parse("geneve")).hasMessage("no such encapsulation: 'geneve'");
    }
}
