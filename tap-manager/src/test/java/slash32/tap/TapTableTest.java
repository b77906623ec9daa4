package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.InterfaceName;
import slash32.netlink.tun.Tap;
import slash32.tap.TapOrigin.Adopted;
import slash32.tap.TapOrigin.Created;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class TapTableTest {
    private static final InterfaceName TAP = new InterfaceName("tap0");

    private TapRig rig;

    @BeforeEach
    void start() throws IOException {
        rig = new TapRig();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private static TapSpec created(Created how) {
        return TapSpec.of("vm1/nic0", how, 1450);
    }

    private static TapSpec adopted(boolean anyKind) {
        return TapSpec.of("vm1/nic0", new Adopted(anyKind), 1450);
    }

    private static String link() {
        return Command.run("ip", "-d", "link", "show", "tap0");
    }

    private String failure() {
        return String.valueOf(rig.taps.failure(TAP));
    }

    static Stream<TapSpec> ways() {
        return Stream.of(
                created(Created.PLAIN),
                created(new Created(54321, 54322, true, 2000)),
                created(new Created(null, 0, false, 500)));
    }

    @ParameterizedTest
    @MethodSource("ways")
    void readsBackWhatItMade(TapSpec spec) throws IOException {
        rig.taps.put(TAP, spec);
        rig.settleOnce();
        assertThat(failure()).isEqualTo("null");
        assertThat(new TapTable(rig.rtnl).owned()).containsExactly(java.util.Map.entry(TAP, spec));
        assertThat(rig.tapTable.indexOf(TAP)).isNotNull();
    }

    @Test
    void makesAPersistentTapWithAllThatWasAskedFor() {
        rig.taps.put(TAP, created(new Created(54321, 54322, true, 2000)));
        rig.settleOnce();
        assertThat(link())
                .contains(
                        "alias slash32:vm1/nic0",
                        "fe:53:32:00:00:01",
                        "mtu 1450",
                        "qlen 2000",
                        "tun type tap",
                        "multi_queue numqueues",
                        "persist on",
                        "user 54321",
                        "group 54322",
                        "addrgenmode none")
                .contains("UP");
        assertThat(Command.run("ip", "-6", "addr", "show", "tap0")).doesNotContain("fe80");
        assertThat(Command.run("sysctl", "net.ipv4.conf.tap0.arp_ignore")).contains("= 1");
        assertThat(Command.run("sysctl", "net.ipv6.conf.tap0.accept_ra")).contains("= 0");
    }

    @Test
    void restartsWithoutAWrite() throws IOException {
        rig.taps.put(TAP, created(new Created(1000, null, true, 1000)));
        rig.settleOnce();
        String before = link();
        try (var restarted = new TapRig()) {
            restarted.taps.put(TAP, created(new Created(1000, null, true, 1000)));
            restarted.taps.inSync();
            restarted.settleOnce();
            assertThat(restarted.applied()).isZero();
        }
        assertThat(link()).isEqualTo(before);
    }

    @Test
    void sweepsALeftoverOnceInSync() throws IOException {
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        try (var restarted = new TapRig()) {
            restarted.settleOnce();
            assertThat(link()).contains("slash32:vm1/nic0");
            restarted.taps.inSync();
            restarted.settleOnce();
        }
        assertThat(Command.tryRun("ip", "link", "show", "tap0").exitCode()).isNotZero();
    }

    @Test
    void waitsForAnInterfaceAndAdoptsItAsSoonAsItAppears() {
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("waiting: no interface tap0");
        assertThat(TapTable.isWaiting(failure())).isTrue();
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        rig.until(() -> rig.taps.inForce(TAP));
        assertThat(link()).contains("alias slash32:vm1/nic0 adopted", "fe:53:32:00:00:01", "mtu 1450", "UP");
    }

    @Test
    void waitsAgainWhenTheHypervisorTakesItsInterfaceAway() {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        assertThat(rig.taps.inForce(TAP)).isTrue();
        Command.run("ip", "link", "del", "tap0");
        rig.until(() -> TapTable.isWaiting(failure()));
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap", "multi_queue");
        rig.until(() -> rig.taps.inForce(TAP));
        assertThat(link()).contains("alias slash32:vm1/nic0 adopted", "UP");
    }

    @Test
    void leavesAnAdoptedInterfaceToTheHypervisor() throws IOException {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        try (var restarted = new TapRig()) {
            restarted.taps.inSync();
            restarted.settleOnce();
        }
        assertThat(link()).doesNotContain("alias").contains("UP");
    }

    @Test
    void removesAnInterfaceOfItsMaking() {
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        rig.taps.remove(TAP);
        rig.settleOnce();
        assertThat(Command.tryRun("ip", "link", "show", "tap0").exitCode()).isNotZero();
        assertThat(rig.tapTable.indexOf(TAP)).isNull();
        assertThat(rig.tapTable.exists(TAP)).isFalse();
    }

    @Test
    void removesManyTogetherAndNobodyElses() {
        var names = IntStream.range(1, 21)
                .mapToObj(i -> new InterfaceName("tap" + i))
                .toList();
        names.forEach(name -> rig.taps.put(name, TapSpec.of("vm/" + name, Created.PLAIN, 1450)));
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        rig.taps.put(TAP, adopted(false));
        Command.run("ip", "tuntap", "add", "stranger", "mode", "tap");
        rig.settleOnce();
        Command.run("ip", "link", "del", "tap7"); // nobody has heard of it
        names.forEach(rig.taps::remove);
        rig.taps.remove(TAP);
        rig.settleOnce();
        assertThat(rig.taps.failures()).isZero();
        assertThat(Command.run("ip", "-o", "link", "show", "type", "tun").lines())
                .hasSize(2)
                .anyMatch(line -> line.contains("stranger"))
                .anyMatch(line -> line.contains("tap0") && !line.contains("slash32"));
    }

    @Test
    void adoptsAVethOnlyIfAnyKindWillDo() {
        Command.run("ip", "link", "add", "tap0", "type", "veth", "peer", "name", "guest0");
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("interface tap0 is no TAP but a veth");
        rig.taps.put(TAP, adopted(true));
        rig.settleOnce();
        assertThat(rig.taps.inForce(TAP)).isTrue();
        assertThat(link()).contains("alias slash32:vm1/nic0 adopted-any");
        rig.taps.resync();
        rig.settleOnce();
        assertThat(rig.applied()).isEqualTo(1);
    }

    @Test
    void refusesAnothersInterfaceAndDoesNotTouchIt() {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        Command.run("ip", "link", "set", "tap0", "alias", "libvirt:7");
        String before = link();
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("interface tap0 is another's: its alias is 'libvirt:7'");
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("interface tap0 is there already and is not ours: its alias is 'libvirt:7'");
        rig.taps.remove(TAP);
        rig.settleOnce();
        assertThat(link()).isEqualTo(before);
    }

    @Test
    void doesNotPassAStrangersTapForOneOfItsMaking() {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        String before = link();
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("interface tap0 is there already and is not ours: it has no alias");
        assertThat(link()).isEqualTo(before);
    }

    @Test
    void refusesTheNameOfSomethingElse() {
        Command.run("ip", "link", "add", "tap0", "type", "bridge");
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("interface tap0 is there already and is not ours: no TAP");
        assertThat(rig.tapTable.exists(TAP)).isTrue();
        Command.run("ip", "link", "del", "tap0");
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tun");
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("interface tap0 is no TAP but a tun");
    }

    @Test
    void refusesAPortOfABridge() {
        Command.run("ip", "tuntap", "add", "tap0", "mode", "tap");
        Command.run("ip", "link", "add", "br0", "type", "bridge");
        Command.run("ip", "link", "set", "tap0", "master", "br0");
        rig.taps.put(TAP, adopted(false));
        rig.settleOnce();
        assertThat(failure()).matches("interface tap0 is a port of link \\d+, which takes its packets");
        assertThat(link()).doesNotContain("alias");
    }

    @Test
    void changesWhatCanBeChangedInPlace() {
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        var index = rig.tapTable.indexOf(TAP);
        rig.taps.put(TAP, TapSpec.of("vm2/nic0", new Created(null, null, false, 300), 9000));
        rig.settleOnce();
        assertThat(failure()).isEqualTo("null");
        assertThat(rig.tapTable.indexOf(TAP)).isEqualTo(index);
        assertThat(link()).contains("alias slash32:vm2/nic0", "qlen 300", "mtu 9000");
    }

    @Test
    void makesATapAnewForWhatIsFixedUnlessItIsInUse() throws IOException {
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        try (var hypervisor = Tap.open(TAP, Tap.Mode.PLAIN)) {
            rig.taps.put(TAP, created(new Created(null, null, true, 1000)));
            rig.settleOnce();
            assertThat(failure()).contains("TAP tap0 is open in a hypervisor");
            assertThat(hypervisor.name()).isEqualTo(TAP);
        }
        rig.settleOnce();
        assertThat(failure()).isEqualTo("null");
        assertThat(link()).contains("multi_queue numqueues");
        rig.taps.put(TAP, created(new Created(54321, null, true, 1000)));
        rig.settleOnce();
        assertThat(link()).contains("user 54321");
        rig.taps.put(TAP, created(new Created(null, null, true, 1000)));
        rig.settleOnce();
        assertThat(link()).doesNotContain("user");
    }

    @Test
    void repairsWhatWasChangedBehindItsBack() {
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        rig.drain();
        Command.run("ip", "link", "set", "tap0", "mtu", "1400");
        rig.until(() -> link().contains("mtu 1450"));
        Command.run("ip", "link", "set", "tap0", "down");
        rig.until(() -> link().contains(",UP"));
        Command.run("sysctl", "-w", "net.ipv6.conf.tap0.accept_ra=2", "net.ipv4.conf.tap0.proxy_arp=1");
        rig.taps.resync();
        rig.settleOnce();
        assertThat(Command.run("sysctl", "net.ipv6.conf.tap0.accept_ra")).contains("= 0");
        assertThat(Command.run("sysctl", "net.ipv4.conf.tap0.proxy_arp")).contains("= 0");
    }

    @Test
    void followsARename() {
        rig.taps.put(TAP, created(Created.PLAIN));
        rig.settleOnce();
        rig.drain();
        Command.run("ip", "link", "set", "tap0", "down");
        Command.run("ip", "link", "set", "tap0", "name", "stolen0");
        rig.until(() -> rig.taps.inForce(TAP) && rig.tapTable.indexOf(new InterfaceName("stolen0")) != null);
        assertThat(link()).contains("slash32:vm1/nic0");
        rig.taps.inSync();
        rig.settleOnce();
        assertThat(Command.tryRun("ip", "link", "show", "stolen0").exitCode()).isNotZero();
    }

    @Test
    void setsTheNodesOwnSettings() {
        rig.hostSettings();
        rig.settleOnce();
        assertThat(Command.run("sysctl", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"))
                .contains("net.ipv4.ip_forward = 1", "net.ipv6.conf.all.forwarding = 1");
        assertThat(Command.run("sysctl", "net.ipv4.nexthop_compat_mode")).contains("= 0");
        rig.host.resync();
        int written = rig.applied();
        rig.settleOnce();
        assertThat(rig.applied()).isEqualTo(written);
    }

    @Test
    void refusesSpecificationsThatCannotBe() {
        assertThatThrownBy(() -> TapSpec.of("vm", Created.PLAIN, 1279)).hasMessageContaining("1279");
        assertThatThrownBy(() -> TapSpec.of("a b", Created.PLAIN, 1500)).hasMessageContaining("'a b'");
        assertThatThrownBy(() -> TapSpec.of("", Created.PLAIN, 1500)).hasMessageContaining("''");
        assertThat(Set.of(TapNames.of("a"), TapNames.of("b"))).hasSize(2);
    }
}
