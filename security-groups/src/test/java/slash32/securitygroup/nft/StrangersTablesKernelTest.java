package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.securitygroup.nft.GuestAndFabric.COMPILER;
import static slash32.securitygroup.nft.GuestAndFabric.MAC;
import static slash32.securitygroup.nft.GuestAndFabric.OUTSIDE;
import static slash32.securitygroup.nft.GuestAndFabric.OUTSIDE_MAC;
import static slash32.securitygroup.nft.GuestAndFabric.TAP;
import static slash32.securitygroup.nft.GuestAndFabric.guest;
import static slash32.securitygroup.nft.GuestAndFabric.outside;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import slash32.net.IpAddress;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// Beside the tables of Docker, libvirt and firewalld: neither changes the other's, and a packet has to pass both.
@InNetns
@ExtendWith(ConformanceExtension.class)
class StrangersTablesKernelTest {
    private static final GroupId GROUP = new GroupId(7);
    private static final int ALLOWED = 53;

    @TempDir
    Path folder;

    private Wire wire;
    private Firewall firewall;

    @BeforeEach
    void connect() throws IOException {
        Requirement.program("nft", "nftables");
        wire = GuestAndFabric.wire();
        firewall = Firewall.open(COMPILER);
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private void load(String whose) throws IOException {
        Path file = folder.resolve(whose);
        try (InputStream rules = StrangersTablesKernelTest.class.getResourceAsStream(whose + ".nft")) {
            Files.write(file, Objects.requireNonNull(rules).readAllBytes());
        }
        Command.run("nft", "-f", file.toString());
    }

    /// As their operator allows guests' traffic through.
    private static void letThrough(String whose) {
        if (whose.equals("docker")) {
            for (String family : List.of("ip", "ip6")) {
                for (String way : List.of("iifname", "oifname")) {
                    Command.run("nft", "add rule " + family + " filter DOCKER-USER " + way + " \"tap*\" accept");
                }
            }
        } else {
            Command.run("nft", "add rule inet firewalld filter_FORWARD_ZONES iifname \"tap*\" accept");
            Command.run("nft", "add rule inet firewalld filter_FORWARD_ZONES oifname \"tap*\" accept");
        }
    }

    private static String tablesOf(String whose) {
        return whose.equals("docker")
                ? Command.run("nft", "-s", "list", "table", "ip", "filter")
                        + Command.run("nft", "-s", "list", "table", "ip6", "filter")
                : Command.run("nft", "-s", "list", "table", "inet", "firewalld");
    }

    private static void deleteTablesOf(String whose) {
        if (whose.equals("docker")) {
            Command.run("nft", "delete table ip filter; delete table ip6 filter");
        } else {
            Command.run("nft", "delete table inet firewalld");
        }
    }

    private void enforce(boolean v6) {
        EtherType family = v6 ? EtherType.IPV6 : EtherType.IPV4;
        Traffic traffic = Traffic.of(family, "udp", ALLOWED, ALLOWED);
        firewall.putGroup(new SecurityGroup(
                GROUP, "", List.of(new Rule("in", Direction.INGRESS, family, traffic, new Remote.Anywhere()))));
        firewall.putEndpoint(new EndpointPolicy(
                TAP, MAC, Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()), List.of(GROUP), true));
        firewall.inSync();
        apply();
    }

    private void apply() {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private boolean comesIn(boolean v6, int port) {
        return wire.send(OUTSIDE, OUTSIDE_MAC, Packets.udp(outside(v6), 4000, guest(v6), port, wire.payload()))
                .contains(TAP.value());
    }

    private boolean isAnswered(boolean v6) {
        return wire.send(TAP.value(), MAC, Packets.udp(guest(v6), ALLOWED, outside(v6), 4000, wire.payload()))
                .contains(OUTSIDE);
    }

    @ParameterizedTest
    @CsvSource({"docker, false", "docker, true", "firewalld, false", "firewalld, true"})
    void aPacketHasToPassBoth(String whose, boolean v6) throws IOException {
        load(whose);
        enforce(v6);
        assertThat(comesIn(v6, ALLOWED)).as("ours alone").isFalse();
        letThrough(whose);
        assertThat(comesIn(v6, ALLOWED)).as("both").isTrue();
        assertThat(isAnswered(v6)).isTrue();
        assertThat(comesIn(v6, ALLOWED + 1)).as("theirs alone").isFalse();
        firewall.putEndpoint(new EndpointPolicy(TAP, MAC, Set.of(guest(v6).hostPrefix()), List.of(), true));
        apply();
        assertThat(comesIn(v6, ALLOWED)).as("a flow that they know").isFalse();
        assertThat(isAnswered(v6)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"docker, false", "docker, true", "firewalld, false", "firewalld, true"})
    void theirReloadChangesNothingOfOurs(String whose, boolean v6) throws IOException {
        enforce(v6);
        load(whose);
        letThrough(whose);
        assertThat(comesIn(v6, ALLOWED)).isTrue();
        deleteTablesOf(whose);
        assertThat(comesIn(v6, ALLOWED)).isTrue();
        assertThat(comesIn(v6, ALLOWED + 1)).isFalse();
        load(whose);
        letThrough(whose);
        assertThat(comesIn(v6, ALLOWED)).isTrue();
        assertThat(comesIn(v6, ALLOWED + 1)).isFalse();
        firewall.resync();
        assertThat(firewall.apply(0).changedNothing()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({"docker, false", "docker, true", "firewalld, false", "firewalld, true"})
    void whatWeDoChangesNothingOfTheirs(String whose, boolean exclusive) throws IOException {
        firewall.close();
        load(whose);
        String before = tablesOf(whose);
        firewall =
                Firewall.open(new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"))), exclusive);
        enforce(false);
        firewall.resync();
        apply();
        firewall.removeEndpoint(TAP);
        firewall.removeGroup(GROUP);
        apply();
        firewall.close();
        assertThat(tablesOf(whose)).isEqualTo(before);
    }
}
