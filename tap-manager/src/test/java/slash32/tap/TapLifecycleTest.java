package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.socket.KernelException;
import slash32.netlink.tun.Tap;
import slash32.tap.TapOrigin.Adopted;
import slash32.tap.TapOrigin.Created;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What hypervisors, administrators and the kernel do to an interface while a guest is behind it.
@InNetns
class TapLifecycleTest {
    private static final InterfaceName TAP = new InterfaceName("tap0");
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:05");
    private static final Set<IpAddress> ADDRESSES =
            Set.of(IpAddress.parse("10.1.0.5"), IpAddress.parse("2001:db8:1::5"));
    private static final TapSpec ADOPTED = TapSpec.of("vm1/nic0", Adopted.TAP, 1450);
    private static final TapSpec ADOPTED_ANY = TapSpec.of("vm1/nic0", new Adopted(true), 1450);
    /// A virtio_net_hdr of 10 bytes, with which a macvtap is opened.
    private static final String NO_OFFLOAD = "00000000000000000000";

    private static final int USER = 54_321;
    private static final int GROUP = 54_322;
    private static final int NOBODY = 54_399;

    private TapRig rig;

    @BeforeEach
    void start() throws IOException {
        rig = new TapRig();
        rig.inSync();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private void put(TapSpec spec) {
        rig.put(TAP, spec, MAC, ADDRESSES);
        rig.settleOnce();
    }

    /// All that belongs to the guest, as `ip` shows it, without the interface's number.
    private static String guest() {
        return Command.run("ip", "addr", "show", "tap0").replaceFirst("^\\d+: ", "")
                + Command.run("ip", "neigh", "show", "dev", "tap0")
                + Command.run("ip", "route", "show", "proto", "132")
                + Command.run("ip", "-6", "route", "show", "proto", "132");
    }

    @Test
    void aLinkThatGotTheIndexOfATapIsLeftAlone() {
        put(TapSpec.of("vm1/nic0", Created.PLAIN, 1450));
        String before = guest();
        InterfaceIndex index = rig.index(TAP);
        rig.drain();
        Command.run("ip", "link", "del", "tap0");
        Command.run("ip", "link", "add", "other0", "index", index.toString(), "type", "bridge");
        Command.run("ip", "link", "set", "other0", "up");
        String other = Command.run("ip", "addr", "show", "other0");
        rig.until(() -> rig.inForce() && !rig.index(TAP).equals(index));
        assertThat(guest()).isEqualTo(before);
        assertThat(rig.tapTable.nameOf(index)).isNull();
        rig.drain();
        rig.settleOnce();
        assertThat(Command.run("ip", "addr", "show", "other0")).isEqualTo(other).doesNotContain("alias", "169.254");
    }

    @Test
    void aLinkOfTheSameNameAndIndexIsAnother() {
        Command.run("ip", "link", "add", "tap0", "index", "77", "type", "veth", "peer", "name", "guest0");
        put(ADOPTED_ANY);
        assertThat(rig.inForce()).isTrue();
        String before = guest();
        rig.drain();
        Command.run("ip", "link", "del", "tap0");
        Command.run("ip", "link", "add", "tap0", "index", "77", "type", "veth", "peer", "name", "guest0");
        rig.until(() -> rig.inForce() && guest().equals(before));
        assertThat(Command.run("sysctl", "net.ipv4.conf.tap0.arp_ignore")).contains("= 1");
        assertThat(Command.run("ip", "link", "show", "tap0")).contains("slash32:vm1/nic0 adopted-any");
    }

    @Test
    void anAdoptedTapThatIsRenamedIsLetGoAndTakenUpAgainUnderItsName() {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        put(ADOPTED);
        String before = guest();
        rig.drain();
        Command.run("ip", "link", "set", "tap0", "down");
        Command.run("ip", "link", "set", "tap0", "name", "away0");
        rig.until(() -> TapTable.isWaiting(String.valueOf(rig.taps.failure(TAP)))
                && !Command.run("ip", "link", "show", "away0").contains("alias"));
        assertThat(Command.run("ip", "route")).doesNotContain("10.1.0.5");
        Command.run("ip", "link", "set", "away0", "down");
        Command.run("ip", "link", "set", "away0", "name", "tap0");
        rig.until(() -> rig.taps.inForce(TAP));
        rig.settleOnce(); // the agent states what belongs to the guest anew
        assertThat(guest()).isEqualTo(before);
    }

    @Test
    void routesThatGoWithoutAnEventWhenTheLinkGoesDownComeBack() {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        put(ADOPTED);
        String before = guest();
        for (int i = 0; i < 3; i++) {
            rig.drain();
            Command.run("ip", "link", "set", "tap0", "down");
            Command.run("ip", "link", "set", "tap0", "up"); // before anybody looked
            assertThat(Command.run("ip", "route")).doesNotContain("10.1.0.5");
            rig.until(() -> rig.inForce() && guest().equals(before));
        }
    }

    @Test
    void aHypervisorOpensATapOfOurMakingWithItsHeaderAndQueues() throws IOException {
        put(TapSpec.of("vm1/nic0", new Created(null, null, true, 1000), 1450));
        int written = rig.applied();
        rig.drain();
        var mode = new Tap.Mode(true, true);
        try (var first = Tap.open(TAP, mode);
                var second = Tap.open(TAP, mode)) {
            first.setVnetHeaderBytes(12);
            Guest.awaitCarrier(TAP);
            assertThat(Command.run("ip", "-d", "link", "show", "tap0")).contains("vnet_hdr", "numqueues 2");
            second.write(ByteBuffer.allocateDirect(12 + 60).put(12 + 12, (byte) 0x88), 12 + 60);
            rig.drain();
            rig.settleOnce();
        }
        rig.drain();
        rig.settleOnce();
        assertThat(rig.inForce()).isTrue();
        assertThat(rig.applied()).as("changes of ours").isEqualTo(written);
    }

    @Test
    void aTapInUseByAnotherIsToldAndLeftAlone() throws IOException {
        put(TapSpec.of("vm1/nic0", Created.PLAIN, 1450));
        try (var hypervisor = Tap.open(TAP, Tap.Mode.PLAIN)) {
            assertThat(hypervisor.name()).isEqualTo(TAP);
            assertThatThrownBy(() -> Tap.open(TAP, Tap.Mode.PLAIN))
                    .isInstanceOf(KernelException.class)
                    .hasMessageContaining("another process has it open");
            put(TapSpec.of("vm1/nic0", new Created(USER, null, false, 1000), 1450));
            assertThat(rig.taps.failure(TAP)).startsWith("TAP tap0 is open in a hypervisor");
            assertThat(Command.run("ip", "route"))
                    .as("of the guest that uses it")
                    .contains("10.1.0.5 dev tap0");
        }
    }

    /// The host's end is the veth's, which is the endpoint's interface; the hypervisor has the other end by a macvtap.
    @Test
    void aMacvtapBehindAVethIsAGuestsInterface() throws Exception {
        long index = 100_000 + ProcessHandle.current().pid(); // the whole host sees its character device
        Command.run("ip", "link", "add", "tap0", "type", "veth", "peer", "name", "guest0");
        Command.run("ip", "link", "set", "guest0", "up");
        Command.run(
                ("ip link add link guest0 name mv0 index " + index + " address " + MAC + " type macvtap mode passthru")
                        .split(" ", -1));
        Command.run("ip", "link", "set", "mv0", "up");
        put(ADOPTED_ANY);
        assertThat(rig.inForce()).isTrue();
        var received = new LinkedBlockingQueue<String>();
        try (var hypervisor = new RandomAccessFile("/dev/tap" + index, "rw")) {
            Thread.ofPlatform().daemon().name("macvtap").start(() -> read(hypervisor, received));
            String arp = "0806" + "000108000604" + "0001" + "020000000005" + "0a010005" + "000000000000" + "a9fe0101";
            hypervisor.write(HexFormat.of().parseHex(NO_OFFLOAD + "ffffffffffff" + "020000000005" + arp));
            String answer = received.poll(10, TimeUnit.SECONDS);
            while (answer != null && !answer.contains("0806000108000604" + "0002")) {
                answer = received.poll(10, TimeUnit.SECONDS);
            }
            assertThat(answer)
                    .startsWith(NO_OFFLOAD + "020000000005" + "fe5332000001")
                    .contains("a9fe0101");
            Command.run("ip", "link", "del", "mv0"); // which ends the read
        }
        assertThat(rig.inForce()).isTrue();
    }

    private static void read(RandomAccessFile hypervisor, Queue<String> received) {
        byte[] frame = new byte[2000];
        try {
            for (int length = hypervisor.read(frame); length > 0; length = hypervisor.read(frame)) {
                received.add(HexFormat.of().formatHex(frame, 0, length));
            }
        } catch (IOException e) {
            // the macvtap is gone
        }
    }

    @Test
    void ownerAndGroupAndNobodyElseOpenItWithoutPrivileges() {
        put(TapSpec.of("vm1/nic0", new Created(USER, null, false, 1000), 1450));
        assertThat(opens(USER, NOBODY)).isTrue();
        assertThat(opens(NOBODY, GROUP)).isFalse();
        put(TapSpec.of("vm1/nic0", new Created(null, GROUP, false, 1000), 1450));
        assertThat(opens(NOBODY, GROUP)).isTrue();
        assertThat(opens(USER, NOBODY)).isFalse();
    }

    /// True if a process of this user and group may open the TAP.
    private static boolean opens(int user, int group) {
        return Command.tryRun(
                                "setpriv",
                                "--reuid=" + user,
                                "--regid=" + group,
                                "--clear-groups",
                                "perl",
                                "-e",
                                "$r = pack('a16 S x22', 'tap0', 0x1002); open(T, '+<', '/dev/net/tun') && ioctl(T, 0x400454ca, $r) or exit 1")
                        .exitCode()
                == 0;
    }
}
