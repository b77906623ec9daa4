package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.tap.TapOrigin.Created;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Refusal;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// Unmodified Linux guests behind real TAPs, with nothing but this module on the host.
@InNetns
class GuestTest {
    private static final Duration ADVERTISE_EVERY = Duration.ofMillis(50);
    private static final InterfaceName TAP_A = new InterfaceName("tapa");
    private static final InterfaceName TAP_B = new InterfaceName("tapb");
    private static final MacAddress MAC_A = MacAddress.parse("02:00:00:00:00:0a");
    private static final MacAddress MAC_B = MacAddress.parse("02:00:00:00:00:0b");
    private static final Set<IpAddress> ADDRESSES_A =
            Set.of(IpAddress.parse("10.1.0.5"), IpAddress.parse("2001:db8:1::5"));
    private static final Set<IpAddress> ADDRESSES_B =
            Set.of(IpAddress.parse("10.1.0.6"), IpAddress.parse("2001:db8:1::6"));
    private static final TapSpec SPEC_A = TapSpec.of("a", Created.PLAIN, 1450);
    private static final TapSpec SPEC_B = TapSpec.of("b", Created.PLAIN, 1450);

    private final BlockingQueue<InterfaceIndex> arrivals = new LinkedBlockingQueue<>();
    private TapRig rig;
    private GatewayLoop gateway;

    @BeforeEach
    void start() throws IOException {
        // what lies beyond: the node itself, by addresses that no TAP has
        Command.run("ip", "addr", "add", "10.0.0.11/32", "dev", "lo");
        Command.run("ip", "addr", "add", "2001:db8:ff::11/128", "dev", "lo", "nodad");
        rig = new TapRig();
        rig.hostSettings();
        rig.inSync();
        gateway = GatewayLoop.open(arrivals::add);
        Thread.ofPlatform().daemon().name("gateway-arp").start(() -> run(gateway::runArp));
        Thread.ofPlatform().daemon().name("gateway-nd").start(() -> run(gateway::runIpv6));
        Thread.ofPlatform().daemon().name("gateway-dhcp").start(() -> run(gateway::runDhcpv4));
        Thread.ofPlatform()
                .daemon()
                .name("gateway-ra")
                .start(() -> run(() -> gateway.runAdvertisements(ADVERTISE_EVERY)));
        rig.putSource(TAP_A, SPEC_A, MAC_A, ADDRESSES_A, IpAddress.parse("10.0.0.11"));
        rig.put(TAP_B, SPEC_B, MAC_B, ADDRESSES_B);
        rig.settleOnce();
        assertThat(rig.inForce()).isTrue();
        serve();
    }

    private interface Loop {
        void run() throws IOException, InterruptedException;
    }

    private static void run(Loop loop) {
        try {
            loop.run();
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private void serve() {
        gateway.serve(rig.index(TAP_A), GatewayTerms.of(MAC_A, ADDRESSES_A, 1450, GuestSettings.DEFAULT));
        gateway.serve(rig.index(TAP_B), GatewayTerms.of(MAC_B, ADDRESSES_B, 1450, GuestSettings.DEFAULT));
    }

    @AfterEach
    void stop() {
        gateway.close();
        rig.close();
    }

    private static void onLinkSubnet(Guest guest, String host) {
        guest.run("ip", "addr", "add", "10.1.0." + host + "/24", "dev", "eth0");
        guest.run("ip", "route", "add", "default", "via", "10.1.0.1");
        guest.run("ip", "addr", "add", "2001:db8:1::" + host + "/64", "dev", "eth0", "nodad");
    }

    /// The neighbour is permanent, so that no ARP comes before.
    @ParameterizedTest
    @CsvSource({"10.1.0.5/32, 169.254.1.1, 10.0.0.11", "2001:db8:1::5/128, fe80::1, 2001:db8:ff::11"})
    void anyFrameOfAnAwaitedGuestTellsThatItIsHere(String own, String gatewayAddress, String beyond) throws Exception {
        try (var a = new Guest(TAP_A, MAC_A);
                var b = new Guest(TAP_B, MAC_B)) {
            a.run("ip", "neigh", "replace", gatewayAddress, "lladdr", "fe:53:32:00:00:01", "dev", "eth0");
            a.run("ip", "addr", "add", own, "dev", "eth0", "nodad");
            a.run("ip", "route", "replace", "default", "via", gatewayAddress, "dev", "eth0", "onlink");
            gateway.await(rig.index(TAP_A), MAC_B); // another's frames are not the guest's
            a.reaches(beyond);
            assertThat(arrivals).isEmpty();
            gateway.await(rig.index(TAP_A), MAC_A);
            gateway.await(rig.index(TAP_B), MAC_B);
            gateway.stopAwaiting(rig.index(TAP_B));
            a.reaches(beyond);
            onLinkSubnet(b, "6");
            b.reaches(beyond);
            assertThat(arrivals.poll(10, TimeUnit.SECONDS)).isEqualTo(rig.index(TAP_A));
            assertThat(arrivals).isEmpty();
        }
    }

    @Test
    void guestsWithAnOnLinkSubnetReachEachOtherAndWhatIsBeyond() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A);
                var b = new Guest(TAP_B, MAC_B)) {
            onLinkSubnet(a, "5");
            onLinkSubnet(b, "6");
            a.reaches("10.1.0.6");
            a.reaches("10.0.0.11");
            a.reaches("2001:db8:1::6");
            assertThat(a.run("ip", "neigh"))
                    .contains("10.1.0.6 dev eth0 lladdr fe:53:32:00:00:01")
                    .contains("10.1.0.1 dev eth0 lladdr fe:53:32:00:00:01");
            assertThat(gateway.counts().replies()).isPositive();
        }
    }

    @Test
    void aGuestWithAHostAddressReachesEverythingByTheGateway() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A);
                var b = new Guest(TAP_B, MAC_B)) {
            a.run("ip", "addr", "add", "10.1.0.5/32", "dev", "eth0");
            a.run("ip", "route", "add", "default", "via", "169.254.1.1", "dev", "eth0", "onlink");
            onLinkSubnet(b, "6");
            a.reaches("10.1.0.6");
            a.reaches("10.0.0.11");
            assertThat(a.run("ip", "neigh")).contains("169.254.1.1 dev eth0 lladdr fe:53:32:00:00:01");
            // the kernel's answer, and the only one
            assertThat(gateway.counts().refusals().get(Refusal.KERNEL_ANSWERS)).isPositive();
        }
    }

    @Test
    void aGuestLearnsItsIpv6RouterAndReachesWhatIsBeyond() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A)) {
            a.run("ip", "addr", "add", "2001:db8:1::5/128", "dev", "eth0", "nodad");
            long end = System.nanoTime() + 10_000_000_000L;
            while (!a.run("ip", "-6", "route").contains("proto ra") && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            a.reaches("2001:db8:ff::11");
            assertThat(a.run("ip", "-6", "route"))
                    .contains("default via fe80::1 dev eth0 proto ra")
                    .contains("mtu 1450");
            a.reaches("fe80::1%eth0");
            assertThat(a.run("ip", "-6", "addr")).doesNotContain("dadfailed");
        }
    }

    @Test
    void aGuestKeepsItsAddressesThroughDuplicateDetection() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A)) {
            a.run("ip", "addr", "add", "2001:db8:1::5/64", "dev", "eth0");
            long end = System.nanoTime() + 10_000_000_000L;
            while (a.run("ip", "-6", "addr").contains("tentative") && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            assertThat(a.run("ip", "-6", "addr")).doesNotContain("tentative").doesNotContain("dadfailed");
            assertThat(gateway.counts().refusals().get(Refusal.PROBE)).isPositive();
        }
    }

    @Test
    void theNodeTalksToAGuestFromItsOwnAddress() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A)) {
            onLinkSubnet(a, "5");
            assertThat(Command.run("ip", "route", "get", "10.1.0.5")).contains("dev tapa src 10.0.0.11");
            assertThat(Command.tryRun("ping", "-c", "1", "-W", "2", "10.1.0.5").exitCode())
                    .isZero();
        }
    }

    @Test
    void aTapThatWasKilledComesBackWithAllThatBelongsToIt() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A)) {
            onLinkSubnet(a, "5");
            a.reaches("10.0.0.11");
            InterfaceIndex gone = rig.index(TAP_A);
            Command.run("ip", "link", "del", "tapa");
            rig.until(() -> rig.inForce() && !rig.index(TAP_A).equals(gone));
            a.replug();
            serve();
            a.reaches("10.0.0.11");
        }
    }

    @Test
    void aTapThatWasSetDownComesBackWithAllThatBelongsToIt() throws IOException {
        try (var a = new Guest(TAP_A, MAC_A)) {
            onLinkSubnet(a, "5");
            rig.drain();
            Command.run("ip", "link", "set", "tapa", "down");
            rig.until(() -> rig.inForce()
                    && Command.run("ip", "route").contains("10.1.0.5 dev tapa")
                    && Command.run("ip", "-6", "route").contains("2001:db8:1::5 dev tapa")
                    && Command.run("ip", "addr", "show", "tapa").contains("fe80::1/64")
                    && Command.run("ip", "neigh").contains("10.1.0.5 dev tapa lladdr 02:00:00:00:00:0a PERMANENT"));
            a.reaches("10.0.0.11");
        }
    }
}
