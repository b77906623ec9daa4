package slash32.tap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.tap.TapOrigin.Created;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.GuestSettings;
import slash32.tap.gateway.Ipv6Assignment;
import slash32.tap.gateway.Refusal;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// Guests that know nothing: all that they have comes from DHCP clients and the kernel's own view of advertisements.
@InNetns
@Tag("interop")
class DhcpGuestTest {
    private static final InterfaceName TAP = new InterfaceName("tapa");
    private static final MacAddress MAC = MacAddress.parse("02:00:00:00:00:0a");
    private static final IpAddress IPV4 = IpAddress.parse("10.1.0.5");
    private static final IpAddress MADE_OF_MAC = IpAddress.parse("2001:db8:1::ff:fe00:a");
    private static final GuestSettings SETTINGS = new GuestSettings(
            true,
            "vm1",
            "example.org",
            List.of(IpAddress.parse("10.0.0.53"), IpAddress.parse("2001:db8:ff::53")),
            List.of(),
            List.of(Prefix.parse("2001:db8:7::/48")),
            true,
            3600,
            Ipv6Assignment.DHCPV6);

    @TempDir
    private Path folder;

    private TapRig rig;
    private GatewayLoop gateway;

    @BeforeEach
    void start() throws IOException {
        Command.run("ip", "addr", "add", "10.0.0.11/32", "dev", "lo");
        Command.run("ip", "addr", "add", "2001:db8:ff::11/128", "dev", "lo", "nodad");
        rig = new TapRig();
        rig.hostSettings();
        rig.inSync();
        gateway = GatewayLoop.open(_ -> {});
        start("gateway-ipv6", gateway::runIpv6);
        start("gateway-dhcp", gateway::runDhcpv4);
        start("gateway-ra", () -> gateway.runAdvertisements(Duration.ofMillis(100)));
        rig.putSource(
                TAP,
                TapSpec.of("a", Created.PLAIN, 1450),
                MAC,
                Set.of(IPV4, MADE_OF_MAC),
                IpAddress.parse("10.0.0.11"));
        rig.settleOnce();
        assertThat(rig.inForce()).isTrue();
    }

    private interface Loop {
        void run() throws IOException, InterruptedException;
    }

    private static void start(String name, Loop loop) {
        Thread.ofPlatform().daemon().name(name).start(() -> {
            try {
                loop.run();
            } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    private void serve(GuestSettings settings) {
        gateway.serve(rig.index(TAP), GatewayTerms.of(MAC, List.of(IPV4, MADE_OF_MAC), 1450, settings));
    }

    @AfterEach
    void stop() {
        gateway.close();
        rig.close();
    }

    /// A script that writes what it was told as `name=value` lines.
    private Path script(String... commands) throws IOException {
        Path script = folder.resolve("told");
        Files.writeString(script, "#!/bin/sh\n" + String.join("\n", commands) + "\n");
        Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
        return script;
    }

    private static void await(Guest guest, String what, String... command) {
        long end = System.nanoTime() + 10_000_000_000L;
        String output = guest.run(command);
        while (!output.contains(what)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("no '" + what + "' in: " + output);
            }
            output = guest.run(command);
        }
    }

    @Test
    void busyboxGetsAllThatItNeedsToReachWhatIsBeyond() throws IOException {
        Requirement.program("busybox", "busybox-static");
        serve(SETTINGS);
        Path script = script(
                "[ $1 = bound ] || exit 0",
                "ip address add $ip/$mask dev $interface",
                "ip link set $interface mtu $mtu",
                "set -- $staticroutes",
                "while [ -n \"$1\" ]; do",
                "  [ $2 = 0.0.0.0 ] && ip route add $1 dev $interface || ip route add $1 via $2 dev $interface",
                "  shift 2",
                "done",
                "env > " + folder + "/bound");
        try (var guest = new Guest(TAP, MAC)) {
            guest.run(
                    "busybox",
                    "udhcpc",
                    "-i",
                    "eth0",
                    "-n",
                    "-q",
                    "-f",
                    "-O",
                    "staticroutes",
                    "-O",
                    "mtu",
                    "-s",
                    script.toString());
            guest.reaches("10.0.0.11");
            assertThat(guest.run("ip", "route"))
                    .contains("default via 169.254.1.1 dev eth0")
                    .contains("169.254.1.1 dev eth0 scope link");
            assertThat(guest.run("ip", "addr", "show", "eth0"))
                    .contains("inet 10.1.0.5/32")
                    .contains("mtu 1450");
            assertThat(Files.readString(folder.resolve("bound")))
                    .contains(
                            "hostname=vm1\n",
                            "domain=example.org\n",
                            "dns=10.0.0.53\n",
                            "lease=3600\n",
                            "serverid=169.254.1.1\n");
        }
    }

    @Test
    void iscClientGetsAnAddressAndKeepsItAndGivesItBack() throws IOException {
        Requirement.program("dhclient", "isc-dhcp-client");
        serve(SETTINGS);
        Path script = script(
                "env | grep -E '^(reason|new_)' >> " + folder + "/told4",
                "[ -z \"$new_ip_address\" ] || ip addr replace $new_ip_address/32 dev eth0",
                "[ -z \"$new_ip_address\" ] || ip route replace 169.254.1.1 dev eth0");
        try (var guest = new Guest(TAP, MAC)) {
            dhclient(guest, script, "-4");
            assertThat(Files.readString(folder.resolve("told4")))
                    .contains("new_ip_address=10.1.0.5\n", "new_subnet_mask=255.255.255.255\n")
                    .contains("new_interface_mtu=1450\n", "new_host_name=vm1\n", "new_domain_name_servers=10.0.0.53\n");
            dhclient(guest, script, "-4", "-r");
            long end = System.nanoTime() + 10_000_000_000L;
            while (gateway.counts().refusals().getOrDefault(Refusal.RELEASED, 0L) == 0 && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            assertThat(gateway.counts().refusals().get(Refusal.RELEASED)).isPositive();
        }
    }

    @Test
    void iscClientGetsAnIpv6AddressAndTheRouterIsLearned() throws IOException {
        Requirement.program("dhclient", "isc-dhcp-client");
        serve(SETTINGS);
        Path script = script(
                "env | grep -E '^(reason|new_)' >> " + folder + "/told6",
                "[ -z \"$new_ip6_address\" ] || ip addr replace $new_ip6_address/128 dev eth0 nodad");
        try (var guest = new Guest(TAP, MAC)) {
            await(guest, "proto ra", "ip", "-6", "route");
            await(guest, "inet6 fe80", "ip", "-6", "addr", "show", "eth0", "-tentative");
            dhclient(guest, script, "-6");
            assertThat(Files.readString(folder.resolve("told6")))
                    .contains("new_ip6_address=2001:db8:1::ff:fe00:a\n")
                    .contains("new_dhcp6_name_servers=2001:db8:ff::53\n", "new_dhcp6_domain_search=example.org.\n");
            guest.reaches("2001:db8:ff::11");
            dhclient(guest, script, "-6", "-r");
            dhclient(guest, script, "-6", "-S");
            assertThat(Files.readString(folder.resolve("told6"))).contains("reason=RELEASE6\n");
        }
    }

    /// One of each folder's lease files, and no daemon left behind: -1 ends after the first answer, -x stops.
    private void dhclient(Guest guest, Path script, String... options) {
        String family = options[0];
        Path leases = folder.resolve("leases" + family);
        Path pid = folder.resolve("pid" + family);
        String[] command = new String[options.length + 9];
        command[0] = "dhclient";
        command[1] = "-1";
        System.arraycopy(options, 0, command, 2, options.length);
        int at = 2 + options.length;
        command[at] = "-sf";
        command[at + 1] = script.toString();
        command[at + 2] = "-lf";
        command[at + 3] = leases.toString();
        command[at + 4] = "-pf";
        command[at + 5] = pid.toString();
        command[at + 6] = "eth0";
        guest.run(command);
    }

    @Test
    void aGuestMakesItsAddressOfAnAdvertisedPrefix() throws IOException {
        serve(new GuestSettings(
                true,
                null,
                null,
                List.of(),
                List.of(Prefix.parse("2001:db8:1::/64")),
                List.of(),
                true,
                3600,
                Ipv6Assignment.SLAAC));
        try (var guest = new Guest(TAP, MAC)) {
            await(guest, "inet6 2001:db8:1::ff:fe00:a/64", "ip", "-6", "addr", "show", "eth0", "-tentative");
            await(guest, "2001:db8:1::/64 dev eth0", "ip", "-6", "route");
            guest.reaches("2001:db8:ff::11");
        }
    }
}
