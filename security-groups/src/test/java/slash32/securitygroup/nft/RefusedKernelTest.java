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
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What passes while the kernel refuses a change: what passed before, and nothing that only the change would allow.
@InNetns
@ExtendWith(ConformanceExtension.class)
class RefusedKernelTest {
    private static final GroupId GROUP = new GroupId(5);
    private static final GroupId OTHER_GROUP = new GroupId(6);
    private static final GroupId PEERS = new GroupId(9);

    private Wire wire;
    private Firewall firewall;

    @BeforeEach
    void connect() throws IOException {
        wire = GuestAndFabric.wire();
        firewall = Firewall.open(COMPILER, false);
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private void allow(GroupId group, boolean v6, int port, Remote from) {
        EtherType family = v6 ? EtherType.IPV6 : EtherType.IPV4;
        firewall.putGroup(new SecurityGroup(
                group,
                "",
                List.of(new Rule("in", Direction.INGRESS, family, Traffic.of(family, "udp", port, port), from))));
    }

    private boolean comesIn(boolean v6, int port) {
        return wire.send(OUTSIDE, OUTSIDE_MAC, Packets.udp(outside(v6), 4_000 + port, guest(v6), port, wire.payload()))
                .contains(TAP.value());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theOldRulesStayUntilTheKernelTakesTheNew(boolean v6) {
        allow(GROUP, v6, 53, new Remote.Anywhere());
        allow(OTHER_GROUP, v6, 80, new Remote.Anywhere());
        firewall.putEndpoint(new EndpointPolicy(
                TAP,
                MAC,
                Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()),
                List.of(GROUP, OTHER_GROUP),
                true));
        firewall.putMember(PEERS, outside(v6));
        assertThat(firewall.apply(0).failed()).isEmpty();
        // a base chain can't be jumped to, so a rule of group 5 that names members will be refused
        Command.run("nft", "add chain inet slash32 ingress_5 { type filter hook output priority 0; }");

        allow(GROUP, v6, 54, new Remote.Members(PEERS));
        allow(OTHER_GROUP, v6, 81, new Remote.Anywhere());
        assertThat(firewall.apply(0).failed())
                .extracting(failure -> failure.key().toString())
                .containsExactly("group 5");
        assertThat(firewall.inForce(GROUP)).isFalse();
        assertThat(firewall.failure(TAP)).contains("inet slash32");
        assertThat(comesIn(v6, 53)).as("the old rule").isTrue();
        assertThat(comesIn(v6, 54)).as("the new rule").isFalse();
        assertThat(comesIn(v6, 80)).as("the other group's old rule").isFalse();
        assertThat(comesIn(v6, 81)).as("the other group's new rule").isTrue();

        Command.run("nft", "delete chain inet slash32 ingress_5");
        assertThat(firewall.apply(firewall.nextDeadlineNanos(0)).failed()).isEmpty();
        assertThat(firewall.inForce(GROUP)).isTrue();
        assertThat(comesIn(v6, 53)).isFalse();
        assertThat(comesIn(v6, 54)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aNewGroupThatIsRefusedLetsNothingPassAndTheOthersDo(boolean v6) {
        assertThat(firewall.apply(0).failed()).isEmpty();
        Command.run("nft", "add chain inet slash32 ingress_5 { type filter hook output priority 0; }");
        allow(GROUP, v6, 53, new Remote.Members(PEERS));
        allow(OTHER_GROUP, v6, 80, new Remote.Members(PEERS));
        firewall.putMember(PEERS, outside(v6));
        firewall.putEndpoint(new EndpointPolicy(
                TAP,
                MAC,
                Set.of(guest(false).hostPrefix(), guest(true).hostPrefix()),
                List.of(GROUP, OTHER_GROUP),
                true));
        assertThat(firewall.apply(0).failed())
                .extracting(failure -> failure.key().toString())
                .containsExactly("group 5");
        assertThat(firewall.inForce(TAP)).isFalse();
        assertThat(firewall.failure(GROUP)).contains("inet slash32");
        assertThat(comesIn(v6, 53)).isFalse();
        assertThat(comesIn(v6, 80)).as("the other group").isTrue();
        Command.run("nft", "delete chain inet slash32 ingress_5");
        assertThat(firewall.apply(firewall.nextDeadlineNanos(0)).failed()).isEmpty();
        assertThat(comesIn(v6, 53)).isTrue();
    }
}
