package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.tap.TapOrigin.Adopted;
import slash32.tap.TapOrigin.Created;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What belongs to a guest beside its interface: the gateway's addresses, neighbour entries, host routes.
@InNetns
class GuestTablesTest {
    private static final InterfaceName TAP = new InterfaceName("tap0");
    private static final InterfaceName OTHER = new InterfaceName("tap1");
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:05");
    private static final IpAddress V4 = IpAddress.parse("10.1.0.5");
    private static final IpAddress V6 = IpAddress.parse("2001:db8:1::5");
    private static final TapSpec SPEC = TapSpec.of("vm1/nic0", Created.PLAIN, 1450);

    private TapRig rig;

    @BeforeEach
    void start() throws IOException {
        rig = new TapRig();
        rig.put(TAP, SPEC, MAC, Set.of(V4, V6));
        rig.settleOnce();
        assertThat(rig.inForce()).isTrue();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    /// All that `ip` shows of the guest, without what the kernel adds of its own.
    private static String state() {
        return Command.run("ip", "addr", "show", "tap0")
                + Command.run("ip", "neigh", "show", "dev", "tap0")
                + Command.run("ip", "route", "show", "proto", "132")
                + Command.run("ip", "-6", "route", "show", "proto", "132");
    }

    @Test
    void installsEverythingThatBelongsToAGuest() {
        assertThat(Command.run("ip", "addr", "show", "tap0"))
                .contains("inet 169.254.1.1/32 scope link tap0")
                .contains("inet6 fe80::1/64 scope link nodad");
        assertThat(Command.run("ip", "neigh", "show", "dev", "tap0"))
                .contains("10.1.0.5 lladdr 02:00:00:00:00:05 PERMANENT")
                .contains("2001:db8:1::5 lladdr 02:00:00:00:00:05 PERMANENT");
        assertThat(Command.run("ip", "route", "show", "proto", "132"))
                .contains("10.1.0.5 dev tap0 scope link metric 64");
        assertThat(Command.run("ip", "-6", "route", "show", "proto", "132"))
                .contains("2001:db8:1::5 dev tap0 metric 64");
    }

    @Test
    void adoptsEverythingAfterARestartWithoutAWrite() throws IOException {
        String before = state();
        try (var restarted = new TapRig()) {
            restarted.put(TAP, SPEC, MAC, Set.of(V4, V6));
            restarted.inSync();
            restarted.settleOnce();
            assertThat(restarted.inForce()).isTrue();
            assertThat(restarted.applied()).isZero();
        }
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void sweepsWhatARestartedAgentIsNotAskedForAndNothingElse() throws IOException {
        Command.run("ip", "addr", "add", "192.0.2.1/32", "dev", "tap0");
        Command.run("ip", "route", "add", "10.9.0.0/16", "dev", "tap0", "proto", "static");
        Command.run("ip", "route", "add", "10.1.0.9/32", "dev", "tap0", "proto", "static");
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1");
        Command.run("ip", "neigh", "add", "10.1.0.77", "lladdr", "02:00:00:00:00:77", "dev", "up0", "nud", "permanent");
        try (var restarted = new TapRig()) {
            restarted.put(TAP, SPEC, MAC, Set.of(V4));
            restarted.settleOnce();
            assertThat(state()).contains("2001:db8:1::5"); // not in sync yet
            restarted.inSync();
            restarted.settleOnce();
            assertThat(restarted.applied()).isEqualTo(2);
        }
        assertThat(state()).contains("10.1.0.5 dev tap0").doesNotContain("2001:db8:1::5");
        assertThat(Command.run("ip", "addr", "show", "tap0")).contains("192.0.2.1/32");
        assertThat(Command.run("ip", "route")).contains("10.9.0.0/16 dev tap0", "10.1.0.9 dev tap0");
        assertThat(Command.run("ip", "neigh")).contains("10.1.0.77 dev up0");
    }

    @Test
    void leavesNothingOnAnAdoptedInterface() {
        Command.run("ip", "tuntap", "add", "tap1", "mode", "tap");
        IpAddress address = IpAddress.parse("10.1.0.6");
        rig.put(OTHER, TapSpec.of("vm2/nic0", Adopted.TAP, 1450), MAC, Set.of(address));
        rig.settleOnce();
        assertThat(Command.run("ip", "route")).contains("10.1.0.6 dev tap1");
        rig.remove(OTHER);
        rig.settleOnce();
        assertThat(Command.run("ip", "addr", "show", "tap1"))
                .doesNotContain("169.254.1.1")
                .doesNotContain("fe80::1/")
                .doesNotContain("alias");
        assertThat(Command.run("ip", "route")).doesNotContain("10.1.0.6");
        assertThat(Command.run("ip", "neigh")).doesNotContain("10.1.0.6");
    }

    @Test
    void movesAnAddressToAnotherInterface() {
        rig.put(TAP, SPEC, MAC, Set.of(V6));
        rig.neighbors.remove(new DeviceAddress(TAP, V4));
        rig.put(OTHER, TapSpec.of("vm2/nic0", Created.PLAIN, 1450), MAC, Set.of(V4));
        rig.settleOnce();
        assertThat(rig.inForce()).isTrue();
        assertThat(Command.run("ip", "route", "show", "proto", "132"))
                .contains("10.1.0.5 dev tap1")
                .doesNotContain("tap0");
        rig.until(() -> rig.inForce() && Command.run("ip", "neigh").contains("10.1.0.5 dev tap1"));
        assertThat(Command.run("ip", "neigh")).doesNotContain("10.1.0.5 dev tap0");
    }

    @Test
    void putsBackWhatAStrangerRemoved() {
        rig.drain();
        Command.run("ip", "route", "del", "10.1.0.5/32", "dev", "tap0");
        rig.until(() -> state().contains("10.1.0.5 dev tap0 scope link metric 64"));
        Command.run("ip", "-6", "route", "del", "2001:db8:1::5/128", "dev", "tap0");
        rig.until(() -> state().contains("2001:db8:1::5 dev tap0 metric 64"));
        Command.run("ip", "neigh", "del", "10.1.0.5", "dev", "tap0");
        rig.until(() -> state().contains("10.1.0.5 lladdr 02:00:00:00:00:05 PERMANENT"));
        Command.run("ip", "neigh", "replace", "10.1.0.5", "lladdr", "02:00:00:00:00:66", "dev", "tap0");
        rig.until(() -> state().contains("10.1.0.5 lladdr 02:00:00:00:00:05 PERMANENT"));
        Command.run("ip", "addr", "del", "169.254.1.1/32", "dev", "tap0");
        rig.until(() -> state().contains("inet 169.254.1.1/32"));
        Command.run("ip", "addr", "del", "fe80::1/64", "dev", "tap0");
        rig.until(() -> state().contains("inet6 fe80::1/64"));
    }

    @Test
    void replacesARouteOfAnEarlierPriority() throws IOException {
        Command.run("ip", "route", "add", "10.1.0.5/32", "dev", "tap0", "proto", "132", "metric", "7");
        assertThat(new HostRouteTable(rig.rtnl).owned().get(V4.hostPrefix())).isEqualTo(new HostRoute(TAP, 7, null));
        rig.hostRoutes.resync();
        rig.settleOnce();
        assertThat(Command.run("ip", "route", "show", "proto", "132"))
                .contains("10.1.0.5 dev tap0 scope link metric 64")
                .doesNotContain("metric 7");
    }

    @Test
    void replacesAGatewayAddressOfAnotherLength() {
        Command.run("ip", "addr", "del", "fe80::1/64", "dev", "tap0");
        Command.run("ip", "addr", "add", "fe80::1/128", "dev", "tap0", "nodad");
        rig.gatewayAddresses.resync();
        rig.settleOnce();
        assertThat(state()).contains("fe80::1/64").doesNotContain("fe80::1/128");
    }

    @Test
    void leavesRemoteRoutesOfTheSameProtocolToTheirTable() throws IOException {
        Command.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "up1");
        Command.run("ip", "addr", "add", "10.0.0.1/24", "dev", "up0");
        Command.run("ip", "link", "set", "up0", "up");
        Command.run("ip", "link", "set", "up1", "up");
        Command.run("ip", "route", "add", "10.1.9.9/32", "via", "10.0.0.2", "proto", "132");
        Command.run("ip", "nexthop", "add", "id", "7", "via", "10.0.0.2", "dev", "up0", "proto", "132");
        Command.run("ip", "route", "add", "10.1.9.8/32", "nhid", "7", "proto", "132");
        assertThat(new HostRouteTable(rig.rtnl).owned()).containsOnlyKeys(V4.hostPrefix(), V6.hostPrefix());
    }

    @Test
    void reportsWhatIsRefusedAndAppliesTheRest() {
        Prefix refused = Prefix.parse("10.1.0.7/32");
        Prefix nowhere = Prefix.parse("10.1.0.8/32");
        Prefix fine = Prefix.parse("10.1.0.9/32");
        rig.hostRoutes.put(refused, HostRoute.of(TAP, IpAddress.parse("198.51.100.1")));
        rig.hostRoutes.put(nowhere, HostRoute.of(OTHER, null));
        rig.hostRoutes.put(fine, HostRoute.of(TAP, null));
        rig.settleOnce();
        assertThat(rig.hostRoutes.failure(refused)).contains("10.1.0.7/32", "EINVAL");
        assertThat(rig.hostRoutes.failure(nowhere)).isEqualTo("10.1.0.8/32: no interface tap1 of ours");
        assertThat(rig.hostRoutes.inForce(fine)).isTrue();
    }

    @Test
    void removesTwiceWithoutAFailure() {
        Command.run("ip", "link", "del", "tap0");
        rig.remove(TAP);
        rig.settleOnce();
        assertThat(rig.hostRoutes.failures() + rig.neighbors.failures() + rig.gatewayAddresses.failures())
                .isZero();
        assertThat(rig.taps.failures()).isZero();
    }
}
