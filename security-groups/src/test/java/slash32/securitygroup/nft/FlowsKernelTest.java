package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.securitygroup.nft.Packets.ACK;
import static slash32.securitygroup.nft.Packets.PUSH_ACK;
import static slash32.securitygroup.nft.Packets.SYN;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.InNetns;

/// Flows that run while permission is taken away: theirs end, both ways and at once; the others lose no packet.
@InNetns
@ExtendWith(ConformanceExtension.class)
class FlowsKernelTest {
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final GroupId OUT = new GroupId(1);
    private static final GroupId IN = new GroupId(2);
    private static final GroupId PEERS = new GroupId(3);
    private static final Traffic ANY = new Traffic.Any();
    private static final Remote ANYWHERE = new Remote.Anywhere();

    private static final Party A = new Party("tapa", "52:54:00:00:00:0a", "10.0.0.1", "2001:db8::1");
    private static final Party B = new Party("tapb", "52:54:00:00:00:0b", "10.0.0.2", "2001:db8::2");
    private static final Party FABRIC = new Party("up0", "52:54:00:00:00:0f", "10.9.0.1", "2001:db8:9::1");

    private record Party(String device, MacAddress mac, IpAddress ipv4, IpAddress ipv6) {
        Party(String device, String mac, String ipv4, String ipv6) {
            this(device, MacAddress.parse(mac), IpAddress.parse(ipv4), IpAddress.parse(ipv6));
        }

        IpAddress address(boolean v6) {
            return v6 ? ipv6 : ipv4;
        }

        EndpointPolicy in(GroupId... groups) {
            return policy(true, groups);
        }

        EndpointPolicy policy(boolean portSecurity, GroupId... groups) {
            Set<Prefix> addresses = Set.of(ipv4.hostPrefix(), ipv6.hostPrefix());
            return new EndpointPolicy(new InterfaceName(device), mac, addresses, List.of(groups), portSecurity);
        }
    }

    private Wire wire;
    private Firewall firewall;
    private long now;

    @BeforeEach
    void connect() throws IOException {
        wire = new Wire();
        for (Party party : List.of(A, B, FABRIC)) {
            wire.attach(party.device, party.mac, party.ipv4, party.ipv6);
        }
        firewall = Firewall.open(COMPILER);
        firewall.putGroup(allow(OUT, Direction.EGRESS, ANYWHERE, ANY));
        firewall.putEndpoint(B.in());
        firewall.inSync();
    }

    @AfterEach
    void disconnect() {
        firewall.close();
        wire.close();
    }

    private void apply() {
        assertThat(firewall.apply(now).failed()).isEmpty();
    }

    /// As long after a change as it takes until flows are marked again.
    private void settle() {
        now += FlowMarks.GRACE_NANOS;
        assertThat(firewall.nextDeadlineNanos(now)).isLessThanOrEqualTo(now);
        apply();
        assertThat(firewall.nextDeadlineNanos(now)).as("nothing more to do").isGreaterThan(now);
    }

    /// A group that lets the same traffic pass in both families.
    private static SecurityGroup allow(GroupId id, Direction direction, Remote remote, Traffic... traffic) {
        List<Rule> rules = Arrays.stream(traffic)
                .flatMap(each -> Stream.of(EtherType.values())
                        .map(family -> new Rule(
                                "r" + Arrays.asList(traffic).indexOf(each) + family, direction, family, each, remote)))
                .toList();
        return new SecurityGroup(id, "", rules);
    }

    private static Traffic udpTo(int port) {
        return Traffic.of(EtherType.IPV4, "udp", port, port);
    }

    private static Traffic tcpTo(int port) {
        return Traffic.of(EtherType.IPV4, "tcp", port, port);
    }

    private boolean udp(Party from, int source, Party to, int port, boolean v6) {
        byte[] packet = Packets.udp(from.address(v6), source, to.address(v6), port, wire.payload());
        return !wire.send(from.device, from.mac, packet).isEmpty();
    }

    private boolean tcp(Party from, int source, Party to, int port, int flags, boolean v6) {
        byte[] packet = Packets.tcp(from.address(v6), source, to.address(v6), port, flags, wire.payload());
        return !wire.send(from.device, from.mac, packet).isEmpty();
    }

    /// Of a UDP flow that runs: a packet each way.
    private boolean bothWays(Party client, Party server, int port, boolean v6) {
        boolean there = udp(client, 4000, server, port, v6);
        boolean back = udp(server, port, client, 4000, v6);
        assertThat(back).as("a flow ends for both sides").isEqualTo(there);
        return there;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowWhoseRuleGoesEndsAndTheOthersLoseNothing(boolean v6) {
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, tcpTo(22), tcpTo(80)));
        firewall.putEndpoint(A.in(OUT, IN));
        apply();
        for (int port : new int[] {22, 80}) {
            assertThat(tcp(FABRIC, 4000, A, port, SYN, v6)).isTrue();
            assertThat(tcp(A, port, FABRIC, 4000, SYN | ACK, v6)).isTrue();
            assertThat(tcp(FABRIC, 4000, A, port, PUSH_ACK, v6)).isTrue();
        }
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, tcpTo(80)));
        apply();
        // the guest first: that it may send to anybody does not bring the flow back
        assertThat(tcp(A, 22, FABRIC, 4000, PUSH_ACK, v6)).isFalse();
        assertThat(tcp(FABRIC, 4000, A, 22, PUSH_ACK, v6)).isFalse();
        assertThat(tcp(A, 80, FABRIC, 4000, PUSH_ACK, v6))
                .as("an answer comes first")
                .isTrue();
        assertThat(tcp(FABRIC, 4000, A, 80, PUSH_ACK, v6)).isTrue();
        settle();
        assertThat(tcp(A, 22, FABRIC, 4000, PUSH_ACK, v6)).isFalse();
        assertThat(tcp(FABRIC, 4000, A, 80, PUSH_ACK, v6)).isTrue();
        assertThat(tcp(A, 80, FABRIC, 4000, PUSH_ACK, v6)).isTrue();

        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, tcpTo(80), tcpTo(22)));
        apply();
        assertThat(tcp(A, 22, FABRIC, 4000, PUSH_ACK, v6))
                .as("permission came back")
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowEndsWithTheMembershipThatAllowedIt(boolean v6) {
        firewall.putGroup(allow(IN, Direction.INGRESS, new Remote.Members(PEERS), ANY));
        firewall.putEndpoint(A.in(IN));
        firewall.putMember(PEERS, FABRIC.address(v6));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isTrue();
        firewall.removeMember(PEERS, FABRIC.address(v6));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isFalse();
        settle();
        assertThat(bothWays(FABRIC, A, 53, v6)).isFalse();
        firewall.putMember(PEERS, FABRIC.address(v6));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowEndsWithTheGroupOfAnEndpoint(boolean v6) {
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, udpTo(53)));
        firewall.putEndpoint(A.in(OUT, IN));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isTrue();
        assertThat(bothWays(A, FABRIC, 53, v6)).isTrue();
        firewall.putEndpoint(A.in(OUT));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isFalse();
        assertThat(bothWays(A, FABRIC, 53, v6)).isTrue();
        firewall.removeGroup(OUT);
        apply();
        assertThat(bothWays(A, FABRIC, 53, v6)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowEndsWhenPortSecurityBegins(boolean v6) {
        firewall.putEndpoint(A.policy(false));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isTrue();
        firewall.putEndpoint(A.in());
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isFalse();
        firewall.putEndpoint(A.policy(false));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isTrue();
    }

    /// Nothing but answers comes, which no rule of the guest's own names.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answersPassWhileOthersAreTakenAwayAndEndWithTheirOwn(boolean v6) {
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, udpTo(53)));
        firewall.putEndpoint(A.in(OUT));
        firewall.putEndpoint(B.in(IN));
        apply();
        assertThat(udp(A, 4000, FABRIC, 123, v6)).isTrue();
        assertThat(udp(A, 4000, B, 53, v6)).isTrue();
        for (int i = 0; i < 5; i++) {
            firewall.putGroup(allow(PEERS, Direction.INGRESS, ANYWHERE, udpTo(i + 1)));
            firewall.putEndpoint(new Party("tapc", "52:54:00:00:00:0c", "10.0.0.3", "2001:db8::3").in(PEERS));
            apply();
            assertThat(udp(FABRIC, 123, A, 4000, v6)).isTrue();
            assertThat(udp(B, 53, A, 4000, v6)).as("of a guest of this host").isTrue();
            if (i == 2) {
                settle();
            }
        }
        firewall.putEndpoint(B.in());
        apply();
        assertThat(udp(B, 53, A, 4000, v6))
                .as("the far end may not be asked any more")
                .isFalse();
        assertThat(udp(FABRIC, 123, A, 4000, v6)).isTrue();
        firewall.putGroup(allow(OUT, Direction.EGRESS, ANYWHERE, udpTo(124)));
        apply();
        assertThat(udp(FABRIC, 123, A, 4000, v6)).isFalse();
    }

    /// The flow was let pass by the rules of one end alone, since the other was elsewhere.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFlowIsJudgedByAnEndpointThatComesToThisHost(boolean v6) {
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, udpTo(53)));
        firewall.putEndpoint(A.in(IN));
        firewall.putEndpoint(B.policy(false));
        apply();
        assertThat(bothWays(B, A, 53, v6)).isTrue();
        firewall.putEndpoint(B.in());
        apply();
        assertThat(bothWays(B, A, 53, v6)).isFalse();
    }

    /// What passes because its flow did is still held against its own interface.
    @ParameterizedTest
    @CsvSource({"false, false", "true, false", "false, true", "true, true"})
    void aFlowThatPassedIsNoExcuseForAForgedSource(boolean v6, boolean uplinkKnown) throws IOException {
        firewall.close();
        firewall = Firewall.open(COMPILER.withUplink(uplinkKnown ? new InterfaceName(FABRIC.device) : null));
        firewall.putGroup(allow(OUT, Direction.EGRESS, ANYWHERE, ANY));
        firewall.inSync();
        firewall.putEndpoint(A.in(OUT));
        firewall.putEndpoint(B.in(OUT));
        apply();
        assertThat(udp(A, 4000, FABRIC, 53, v6)).isTrue();
        assertThat(udp(A, 4000, FABRIC, 53, v6)).isTrue();
        byte[] forged = Packets.udp(A.address(v6), 4000, FABRIC.address(v6), 53, wire.payload());
        assertThat(wire.send(B.device, B.mac, forged)).isEmpty();
        assertThat(wire.send(B.device, A.mac, forged)).isEmpty();
        assertThat(wire.send(A.device, B.mac, forged)).isEmpty();
        assertThat(wire.send(A.device, A.mac, forged)).isNotEmpty();
    }

    /// From Linux 6.17 on, conntrack does not know DCCP's ports.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void anAnswerOfAProtocolThatConntrackKnowsLittleOfPassesToo(boolean v6) {
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, Traffic.of(EtherType.IPV4, "dccp", 5000, 5001)));
        firewall.putEndpoint(A.in(IN));
        apply();
        assertThat(dccp(FABRIC, 4000, A, 5001, v6)).isTrue();
        assertThat(dccp(FABRIC, 4000, A, 5002, v6)).isFalse();
        firewall.putEndpoint(B.in(OUT));
        apply();
        assertThat(dccp(A, 5001, FABRIC, 4000, v6)).isTrue();
        assertThat(dccp(A, 5002, FABRIC, 4000, v6)).isFalse();
    }

    private boolean dccp(Party from, int source, Party to, int port, boolean v6) {
        byte[] data = new byte[32];
        data[0] = (byte) (source >>> 8);
        data[1] = (byte) source;
        data[2] = (byte) (port >>> 8);
        data[3] = (byte) port;
        byte[] mark = wire.payload();
        System.arraycopy(mark, 0, data, data.length - mark.length, mark.length);
        byte[] packet = Packets.protocol(from.address(v6), to.address(v6), 33, data);
        return !wire.send(from.device, from.mac, packet).isEmpty();
    }

    /// A new process goes on with the marks that it finds.
    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void aRestartEndsNothingAndForgetsNothing(boolean exclusive, boolean v6) throws IOException {
        firewall.close();
        firewall = Firewall.open(COMPILER, exclusive);
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, udpTo(53), udpTo(54)));
        firewall.putEndpoint(A.in(IN));
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6)).isTrue();
        assertThat(bothWays(FABRIC, A, 54, v6)).isTrue();
        firewall.close();
        firewall = Firewall.open(COMPILER, exclusive);
        firewall.putGroup(allow(IN, Direction.INGRESS, ANYWHERE, udpTo(54)));
        firewall.putEndpoint(A.in(IN));
        firewall.inSync();
        assertThat(udp(A, 54, FABRIC, 4000, v6)).isTrue();
        apply();
        assertThat(bothWays(FABRIC, A, 53, v6))
                .as("its rule went with the restart")
                .isFalse();
        assertThat(bothWays(FABRIC, A, 54, v6)).isTrue();
    }
}
