package slash32.agent.intent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;

class SitesTest {
    private static final SiteId OSLO = new SiteId(1);
    private static final SiteId BERGEN = new SiteId(2);
    private static final Ipv4Address HV3 = Ipv4Address.parse("10.0.2.13");
    private static final IpAddress HV3_6 = IpAddress.parse("2001:db8:a2::13");
    private static final Ipv4Address EXTERNAL = Ipv4Address.parse("203.0.113.13");
    private static final Path.Encrypted ENCRYPTED = new Path.Encrypted(HV3, EXTERNAL, BERGEN, Carriage.ESP_TUNNEL);
    private static final Path OTHER_SITE = new Path.Refused(Path.Reason.OTHER_SITE);
    private static final Path UNKNOWN = new Path.Refused(Path.Reason.SITE_UNKNOWN);

    private final List<Effect> effects = new ArrayList<>();
    private final Sites sites = new Sites(OSLO, Ipv4Address.parse("203.0.113.11"), SitesTest::carriage);

    private void said(IpAddress node, SiteId site, @Nullable Ipv4Address external) {
        sites.nodeRoute(node, new Sites.Said(site, external, null), effects::add);
    }

    /// Of site 3, GRE.
    private static Carriage carriage(SiteId site) {
        return site.value() == 3 ? Carriage.GRE : Carriage.ESP_TUNNEL;
    }

    private List<Effect> effects() {
        var all = List.copyOf(effects);
        effects.clear();
        return all;
    }

    @Test
    void aNodeOfAnotherSiteWithAnExternalAddressIsReachedEncrypted() {
        said(HV3, BERGEN, EXTERNAL);
        assertThat(effects()).containsExactly(new Effect.Desire.NextHop(HV3, ENCRYPTED));
        said(HV3, BERGEN, null);
        assertThat(effects()).containsExactly(new Effect.Desire.NextHop(HV3, OTHER_SITE));
        said(HV3, OSLO, EXTERNAL);
        assertThat(effects()).containsExactly(new Effect.Desire.NextHop(HV3, Path.NATIVE));
    }

    @Test
    void whatItsPacketsGoInIsItsSites() {
        said(HV3, BERGEN, EXTERNAL);
        effects();
        said(HV3, new SiteId(3), EXTERNAL);
        assertThat(effects())
                .containsExactly(
                        new Effect.Desire.NextHop(HV3, new Path.Encrypted(HV3, EXTERNAL, new SiteId(3), Carriage.GRE)));
    }

    @Test
    void aNodeThatTakesNoPartReachesNoOtherSite() {
        var plain = new Sites(OSLO, null, SitesTest::carriage);
        plain.nodeRoute(HV3, new Sites.Said(BERGEN, EXTERNAL, null), effects::add);
        assertThat(effects()).containsExactly(new Effect.Desire.NextHop(HV3, OTHER_SITE));
    }

    @Test
    void itsOwnExternalAddressIsNobodysElse() {
        said(HV3, BERGEN, Ipv4Address.parse("203.0.113.11"));
        assertThat(sites.path(HV3)).isEqualTo(OTHER_SITE);
    }

    @Test
    void anIpv6AddressIsOfTheNodeWithTheSameExternalAddress() {
        said(HV3_6, BERGEN, EXTERNAL);
        assertThat(effects()).containsExactly(new Effect.Desire.NextHop(HV3_6, OTHER_SITE)); // who is it?
        said(HV3, BERGEN, EXTERNAL);
        assertThat(effects())
                .containsExactlyInAnyOrder(
                        new Effect.Desire.NextHop(HV3, ENCRYPTED), new Effect.Desire.NextHop(HV3_6, ENCRYPTED));
        sites.nodeRoute(HV3, null, effects::add);
        assertThat(effects())
                .containsExactlyInAnyOrder(
                        new Effect.Desire.NextHop(HV3, UNKNOWN), new Effect.Desire.NextHop(HV3_6, OTHER_SITE));
    }

    @Test
    void aNodeThatMovesItsExternalAddressTakesItsIpv6AddressAlong() {
        said(HV3, BERGEN, EXTERNAL);
        said(HV3_6, BERGEN, EXTERNAL);
        effects();
        Ipv4Address other = Ipv4Address.parse("203.0.113.99");
        said(HV3, BERGEN, other);
        assertThat(effects())
                .containsExactlyInAnyOrder(
                        new Effect.Desire.NextHop(HV3, new Path.Encrypted(HV3, other, BERGEN, Carriage.ESP_TUNNEL)),
                        new Effect.Desire.NextHop(HV3_6, OTHER_SITE));
    }

    @Test
    void aPeerWithoutANodeRouteIsOfThisSite() {
        sites.peers(Set.of(HV3), effects::add);
        assertThat(sites.path(HV3)).isEqualTo(Path.NATIVE);
        said(HV3, BERGEN, EXTERNAL);
        assertThat(sites.path(HV3)).isEqualTo(ENCRYPTED);
    }
}
