package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.overlay.choice.Carriage;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;

class CrossingsTest {
    private static final Ipv4Address HV3 = Ipv4Address.parse("10.0.2.13");
    private static final IpAddress HV3_6 = IpAddress.parse("2001:db8:a2::13");
    private static final Ipv4Address OUTSIDE = Ipv4Address.parse("203.0.113.13");
    private static final Ipv4Address OTHER = Ipv4Address.parse("203.0.113.99");
    private static final SiteId BERGEN = new SiteId(2);
    private static final Path.Encrypted ENCRYPTED = new Path.Encrypted(HV3, OUTSIDE, BERGEN, Carriage.ESP_TUNNEL);
    private static final Path NOT_REACHED = new Path.Refused(Path.Reason.OTHER_SITE);
    private static final Path UNKNOWN = new Path.Refused(Path.Reason.SITE_UNKNOWN);
    private static final String GUEST = "10.1.0.3";
    private static final InterfaceIndex DEVICE = new InterfaceIndex(7);
    private static final InterfaceIndex TUNNEL = new InterfaceIndex(8);
    private static final Crossings.Devices PLAIN = new Crossings.Devices(DEVICE, DEVICE);

    private final List<String> done = new ArrayList<>();
    private final Crossings crossings = new Crossings(new Crossings.Hands() {
        @Override
        public void elsewhere(IpAddress guest, boolean there) {
            done.add((there ? "elsewhere " : "here ") + guest);
        }

        @Override
        public void node(IpAddress address, boolean there) {
            done.add((there ? "guard " : "open ") + address);
        }

        @Override
        public void admit(Path.Encrypted path) {
            done.add("admit " + path.node() + " at " + path.external());
        }

        @Override
        public void expel(Ipv4Address node, Ipv4Address external) {
            done.add("expel " + node + " at " + external);
        }

        @Override
        public void lead(IpAddress hop, Path.Encrypted path, Crossings.Devices devices, int mtuBytes) {
            done.add("lead " + hop + " to " + path.node() + " by "
                    + devices.routed().value()
                    + (mtuBytes == 0 ? "" : " mtu " + mtuBytes));
        }

        @Override
        public void askGuestsBehind(IpAddress hop) {
            done.add("ask " + hop);
        }
    });

    private List<String> done() {
        var all = List.copyOf(done);
        done.clear();
        return all;
    }

    private void route(String guest, @Nullable IpAddress hop) {
        var builder = new RibDelta.Builder(AddressFamily.IPV4_UNICAST);
        Prefix prefix = Prefix.parse(guest + "/32");
        PathAttributes attributes =
                hop == null ? null : PathAttributes.builder().nextHop(hop).build();
        builder.add(RibDelta.high(prefix), RibDelta.low(prefix), 32, null, attributes);
        crossings.routes(builder.build());
    }

    @Test
    void aNodeIsAdmittedOnceAndAllItsNextHopsLedToItsDevice() {
        crossings.path(HV3, ENCRYPTED);
        crossings.path(HV3_6, ENCRYPTED);
        assertThat(done())
                .containsExactly("admit 10.0.2.13 at 203.0.113.13", "guard 10.0.2.13", "guard 2001:db8:a2::13");
        assertThat(crossings.unattached()).containsExactly(HV3);
        crossings.attached(HV3, PLAIN);
        assertThat(done())
                .containsExactlyInAnyOrder(
                        "lead 10.0.2.13 to 10.0.2.13 by 7", "lead 2001:db8:a2::13 to 10.0.2.13 by 7");
        assertThat(crossings.unattached()).isEmpty();
        crossings.path(HV3, UNKNOWN);
        assertThat(done()).containsExactly("open 10.0.2.13"); // its IPv6 address still leads there
        crossings.path(HV3_6, UNKNOWN);
        assertThat(done()).containsExactly("expel 10.0.2.13 at 203.0.113.13", "open 2001:db8:a2::13");
        assertThat(crossings.peers()).isEmpty();
    }

    @Test
    void anotherExternalAddressIsAnotherPeerThatNeedsItsDeviceAnew() {
        crossings.path(HV3, ENCRYPTED);
        crossings.attached(HV3, PLAIN);
        done();
        crossings.path(HV3, new Path.Encrypted(HV3, OTHER, BERGEN, Carriage.ESP_TUNNEL));
        assertThat(done())
                .containsExactly(
                        "expel 10.0.2.13 at 203.0.113.13", "admit 10.0.2.13 at 203.0.113.99", "guard 10.0.2.13");
        assertThat(crossings.unattached()).containsExactly(HV3);
        assertThat(crossings.peers()).containsExactly(java.util.Map.entry(HV3, OTHER));
    }

    /// Expelled at the underlay address, where it is to be guarded as a node all the same.
    @Test
    void aNodeThatWasReachedAtItsUnderlayAddressStaysGuardedThere() {
        crossings.path(HV3, new Path.Encrypted(HV3, HV3, BERGEN, Carriage.ESP_TUNNEL));
        done();
        crossings.path(HV3, ENCRYPTED);
        assertThat(done()).last().isEqualTo("guard 10.0.2.13");
    }

    @Test
    void aDeviceThatIsGoneIsWantedAgain() {
        crossings.path(HV3, ENCRYPTED);
        crossings.attached(HV3, PLAIN);
        crossings.deviceGone(TUNNEL);
        assertThat(crossings.unattached()).isEmpty();
        crossings.deviceGone(DEVICE);
        assertThat(crossings.unattached()).containsExactly(HV3);
    }

    @Test
    void guestsPacketsGoIntoTheTunnelAndASmallerPathLeavesItLess() {
        crossings.path(HV3, new Path.Encrypted(HV3, OUTSIDE, BERGEN, Carriage.GRE));
        done();
        crossings.attached(HV3, new Crossings.Devices(DEVICE, TUNNEL));
        assertThat(done()).containsExactly("lead 10.0.2.13 to 10.0.2.13 by 8");
        crossings.narrow(HV3, 1_300);
        assertThat(done()).containsExactly("lead 10.0.2.13 to 10.0.2.13 by 8 mtu 1276");
        crossings.narrow(HV3, 0);
        assertThat(done()).containsExactly("lead 10.0.2.13 to 10.0.2.13 by 8");
        crossings.deviceGone(TUNNEL);
        assertThat(crossings.unattached()).containsExactly(HV3);
    }

    @Test
    void anotherCarriageIsAnotherPeer() {
        crossings.path(HV3, ENCRYPTED);
        crossings.attached(HV3, PLAIN);
        done();
        crossings.path(HV3, new Path.Encrypted(HV3, OUTSIDE, BERGEN, Carriage.GRE));
        assertThat(done())
                .containsExactly(
                        "expel 10.0.2.13 at 203.0.113.13", "admit 10.0.2.13 at 203.0.113.13", "guard 10.0.2.13");
        assertThat(crossings.unattached()).containsExactly(HV3);
    }

    @Test
    void aNodeThatLeftMeanwhileGetsNoDevice() {
        crossings.attached(HV3, PLAIN);
        assertThat(done()).isEmpty();
    }

    @Test
    void guestsBehindANodeOfAnotherSiteAreElsewhere() {
        crossings.path(HV3, NOT_REACHED);
        done();
        route(GUEST, HV3);
        assertThat(done()).containsExactly("elsewhere " + GUEST);
        crossings.path(HV3, ENCRYPTED);
        assertThat(done()).contains("elsewhere " + GUEST);
        crossings.path(HV3, UNKNOWN); // dropped by the routes; whose site it is nobody says
        assertThat(done()).contains("here " + GUEST);
        crossings.path(HV3, ENCRYPTED);
        done();
        crossings.path(HV3, Path.NATIVE);
        assertThat(done()).contains("here " + GUEST);
        crossings.path(HV3, Path.NATIVE);
        assertThat(done()).containsExactly("open 10.0.2.13");
    }

    @Test
    void routesToNativeNextHopsCostNothing() {
        crossings.path(HV3, Path.NATIVE);
        done();
        route(GUEST, HV3);
        route(GUEST, null);
        assertThat(done()).isEmpty();
    }

    @Test
    void whoseRoutesWereNativeIsAskedForThemWhenItsSiteChanges() {
        crossings.path(HV3, Path.NATIVE);
        route(GUEST, HV3);
        done();
        crossings.path(HV3, NOT_REACHED);
        assertThat(done()).containsExactly("guard 10.0.2.13", "ask 10.0.2.13");
        crossings.guestsBehind(HV3, List.of(IpAddress.parse(GUEST)));
        assertThat(done()).containsExactly("elsewhere " + GUEST);
    }

    @Test
    void aGuestThatMovesHereIsHereAtOnceAndThereAgainWhenItLeaves() {
        crossings.path(HV3, ENCRYPTED);
        route(GUEST, HV3);
        done();
        crossings.here(List.of(Prefix.parse(GUEST + "/32"), Prefix.parse("10.9.0.0/16")), true);
        assertThat(done()).containsExactly("here " + GUEST);
        crossings.here(List.of(Prefix.parse(GUEST + "/32")), false);
        assertThat(done()).containsExactly("elsewhere " + GUEST);
        route(GUEST, null);
        assertThat(done()).containsExactly("here " + GUEST);
    }
}
