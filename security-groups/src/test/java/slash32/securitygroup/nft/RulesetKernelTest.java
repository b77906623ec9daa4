package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Message;
import slash32.netlink.netfilter.ForeignChanges;
import slash32.netlink.netfilter.NftEvent;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.Subscription;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// What becomes of the tables over restarts, strangers' edits and refusals, as {@code nft} shows them.
@InNetns
class RulesetKernelTest {
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1")));
    private static final InterfaceName TAP = new InterfaceName("tap1");
    private static final GroupId WEB = new GroupId(7);
    private static final GroupId PEERS = new GroupId(9);

    private Firewall firewall;

    @BeforeEach
    void start() throws IOException {
        Requirement.program("nft", "nftables");
        firewall = state(false);
    }

    @AfterEach
    void close() {
        firewall.close();
    }

    private static Firewall state(boolean exclusive) throws IOException {
        Firewall firewall = Firewall.open(COMPILER, exclusive);
        firewall.putGroup(group(WEB, 80, new Remote.Members(PEERS)));
        firewall.putEndpoint(policy(TAP, WEB));
        return firewall;
    }

    private static SecurityGroup group(GroupId id, int port, Remote remote) {
        Traffic traffic = Traffic.of(EtherType.IPV4, "tcp", port, port);
        return new SecurityGroup(
                id, "", List.of(new Rule("r" + port, Direction.INGRESS, EtherType.IPV4, traffic, remote)));
    }

    private static EndpointPolicy policy(InterfaceName device, GroupId... groups) {
        return new EndpointPolicy(
                device,
                MacAddress.parse("52:54:00:00:00:01"),
                Set.of(Prefix.parse("10.0.0.1"), Prefix.parse("2001:db8::1")),
                List.of(groups),
                true);
    }

    /// As a new process would start.
    private void restart(boolean exclusive) throws IOException {
        firewall.close();
        firewall = state(exclusive);
    }

    private void apply() {
        var pass = firewall.apply(0);
        assertThat(pass.broken()).isNull();
        assertThat(pass.failed()).isEmpty();
    }

    private static String list() {
        return Command.run("nft", "list", "ruleset");
    }

    /// The ruleset without what depends on who owns it.
    /// The tables, each with its objects in order of their text: nft lists them in the order in which they
    /// were made, which does not matter. What is inside an object stays in its order.
    private static String rules() {
        String text = list().replaceAll(" # progname .*", "")
                .replaceAll("\tflags .*\n\n?", "")
                .replaceAll("(fresh|stamp) \\{[^}]*}", "$1 with marks of flows");
        return Stream.of(text.split("\n(?=table )", -1))
                .map(RulesetKernelTest::inOrder)
                .collect(Collectors.joining("\n"));
    }

    private static String inOrder(String table) {
        int body = table.indexOf("\n") + 1;
        String objects = table.substring(body).replaceFirst("\n}\\s*$", "");
        return Stream.of(objects.split("\n\n", -1))
                .sorted()
                .collect(Collectors.joining("\n\n", table.substring(0, body), "\n}"));
    }

    @Test
    void nobodyElseCanTouchTheTablesWhileWeRunAndTheyOutliveUs() throws IOException {
        restart(true);
        apply();
        assertThat(firewall.exclusive()).as("Linux 6.9").isTrue();
        String before = list();
        Command.run("nft", "flush", "ruleset");
        for (String attempt : List.of(
                "delete table inet slash32",
                "add rule inet slash32 prerouting accept",
                "flush set inet slash32 sources_4",
                "delete table arp slash32")) {
            assertThat(Command.tryRun("nft", attempt).exitCode()).as(attempt).isNotZero();
        }
        assertThat(list()).isEqualTo(before);
        String rules = rules();
        firewall.close();
        assertThat(rules()).as("after us").isEqualTo(rules);

        restart(true);
        apply();
        assertThat(list()).as("adopted").isEqualTo(before);
        assertThat(firewall.exclusive()).isTrue();
    }

    @Test
    void aRestartThatFindsEverythingRightWritesNothing() throws IOException {
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        apply();
        try (var events = Subscription.open(NetlinkProtocol.NETFILTER, NftEvent.MULTICAST_GROUP)) {
            restart(false);
            firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
            firewall.inSync();
            assertThat(firewall.apply(0).changedNothing()).isTrue();
            assertThat(firewall.inForce(TAP)).isTrue();
            Command.run("nft", "add", "table", "ip", "marker");
            assertThat(tablesUntilMarker(events)).containsOnly("inet slash32_trial", "inet slash32_backstop");
        }
    }

    /// The tables that changed before one of a family that is not ours did.
    private static List<String> tablesUntilMarker(Subscription events) throws IOException {
        var names = new ArrayList<String>();
        boolean[] marked = new boolean[1];
        while (!marked[0]) {
            events.receive(message -> {
                NftEvent event = NftEvent.parse(message);
                marked[0] |= event == null;
                if (!marked[0] && event instanceof NftEvent.Changed(var table)) {
                    names.add(table.toString());
                }
            });
        }
        return names;
    }

    @Test
    void aRestartKeepsMembersUntilEverythingIsKnown() throws IOException {
        restart(true);
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.2"));
        firewall.putEndpoint(policy(new InterfaceName("tap2"), WEB));
        apply();

        restart(true);
        apply();
        assertThat(list()).contains("10.9.0.1", "10.9.0.2", "group_1", "tap2");
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        firewall.putGroup(group(WEB, 81, new Remote.Members(PEERS)));
        apply();
        assertThat(list())
                .contains("10.9.0.1", "10.9.0.2", "group_1", "tap2", "proto-dst 81")
                .doesNotContain("proto-dst 80");
        firewall.inSync();
        apply();
        assertThat(list()).contains("10.9.0.1").doesNotContain("10.9.0.2").doesNotContain("tap2");
    }

    @Test
    void aFlushIsNoticedAndRepairedAsOneTransaction() throws IOException {
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        apply();
        String before = rules();
        var changes = new ForeignChanges(Layout.TABLES);
        try (var events =
                Subscription.openToOthers(NetlinkProtocol.NETFILTER, firewall.port(), NftEvent.MULTICAST_GROUP)) {
            Command.run("nft", "flush", "ruleset");
            assertThat(list()).doesNotContain("table inet slash32 ", "table arp");
            assertThat(foreign(events, changes)).isTrue();
            firewall.resync();
            apply();
            assertThat(rules()).isEqualTo(before);
            Command.run("nft", "add", "table", "inet", "theirs");
            assertThat(foreign(events, changes))
                    .as("our own repair, and another's table")
                    .isFalse();
        }
    }

    private static boolean foreign(Subscription events, ForeignChanges changes) throws IOException {
        boolean[] foreign = new boolean[1];
        boolean[] committed = new boolean[1];
        while (!committed[0]) {
            events.receive((Message message) -> {
                committed[0] |= NftEvent.parse(message) instanceof NftEvent.Committed;
                foreign[0] |= changes.on(message);
            });
        }
        return foreign[0];
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "insert rule inet slash32 prerouting accept",
                "insert rule inet slash32 from_guest accept",
                "insert rule inet slash32 ingress_rules accept",
                "add element inet slash32 open { \"tap1\" }",
                "delete element inet slash32 group_1 { \"tap1\" }",
                "add element inet slash32 groups { 0x5 }",
                "add set inet slash32 in_4_net7_any { type mark . ipv4_addr; }",
                "flush chain inet slash32 ingress_7",
                "delete element inet slash32 guests { \"tap1\" }",
                "add element inet slash32 members_9_4 { 10.66.66.66 }",
                "delete element inet slash32 members_9_4 { 10.9.0.1 }",
                "add chain inet slash32 theirs { type filter hook postrouting priority 0; policy drop; }",
                "add chain inet slash32 from_nobody",
                "add set inet slash32 theirs { type inet_service; }",
                "add map inet slash32 members_5_4 { type ipv4_addr : verdict; }",
                "add counter inet slash32 theirs",
                "delete table inet slash32",
                "delete table arp slash32",
                "flush table inet slash32",
            })
    void whatAStrangerChangesInOurTablesIsPutRight(String edit) throws IOException {
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        firewall.inSync();
        apply();
        String before = rules();
        Command.run("nft", edit);
        assertThat(rules()).isNotEqualTo(before);
        firewall.resync();
        apply();
        assertThat(rules()).isEqualTo(before);
        assertThat(firewall.inForce(TAP)).isTrue();
        firewall.resync();
        assertThat(firewall.apply(0).changedNothing()).as("it stays right").isTrue();
    }

    @Test
    void aStrangersTablesAreLeftAlone() throws IOException {
        Command.run(
                "nft",
                "add table inet filter; add chain inet filter forward { type filter hook forward priority 0; }"
                        + "; add rule inet filter forward counter; add table ip slash32; add chain ip slash32 from_tap1"
                        + "; add set ip slash32 members_7_4 { type ipv4_addr; }; add table bridge slash32");
        String before = list();
        apply();
        assertThat(list()).startsWith(before);
        firewall.removeEndpoint(TAP);
        firewall.inSync();
        firewall.resync();
        apply();
        assertThat(list()).startsWith(before).doesNotContain("tap1\"");
    }

    @Test
    void whatTheKernelRefusesDoesNotBlockTheOthers() throws IOException {
        apply();
        // a base chain can't be jumped to: group 5, whose rule names members, will be refused
        Command.run("nft", "add chain inet slash32 ingress_5 { type filter hook output priority 0; }");
        var bad = new InterfaceName("tap5");
        var good = new InterfaceName("tap6");
        var five = new GroupId(5);
        firewall.putGroup(group(five, 80, new Remote.Members(PEERS)));
        firewall.putEndpoint(policy(bad, five, WEB));
        firewall.putEndpoint(policy(good, WEB));
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        var pass = firewall.apply(0);
        assertThat(pass.failed())
                .extracting(failure -> failure.key().toString())
                .containsExactly("group 5");
        assertThat(firewall.failure(bad))
                .startsWith("add ")
                .contains("inet slash32")
                .contains(": E");
        assertThat(firewall.inForce(bad)).isFalse();
        assertThat(firewall.inForce(good)).isTrue();
        assertThat(firewall.inForce(TAP)).isTrue();
        assertThat(list()).contains("10.9.0.1", "\"tap6\"").doesNotContain("jump ingress_5");

        long later = firewall.nextDeadlineNanos(0);
        assertThat(later).as("tried again, later").isEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(firewall.apply(later - 1).changedNothing()).isTrue();
        Command.run("nft", "delete chain inet slash32 ingress_5");
        assertThat(firewall.apply(later).failed()).isEmpty();
        assertThat(firewall.inForce(bad)).isTrue();
        assertThat(firewall.failure(bad)).isNull();
        assertThat(list()).contains("jump ingress_5");
    }

    @Test
    void aChangeToWhatAStrangerRemovedReadsBackFirst() throws IOException {
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        firewall.inSync();
        apply();
        Command.run("nft", "delete element inet slash32 members_9_4 { 10.9.0.1 }");
        firewall.removeMember(PEERS, IpAddress.parse("10.9.0.1"));
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.2"));
        assertThat(firewall.apply(0).broken()).contains("members_9_4: ENOENT");
        long later = firewall.nextDeadlineNanos(0);
        assertThat(firewall.apply(later).failed()).isEmpty();
        assertThat(list()).contains("10.9.0.2").doesNotContain("10.9.0.1");
    }

    @Test
    void aSecondAgentIsRefusedAndChangesNothing() throws IOException {
        restart(true);
        apply();
        String before = list();
        try (Firewall second = Firewall.open(COMPILER)) {
            second.putEndpoint(policy(new InterfaceName("tap9")));
            assertThat(second.apply(0).failed())
                    .isNotEmpty()
                    .allMatch(failure -> failure.reason().contains("EPERM"));
            assertThat(second.inForce(new InterfaceName("tap9"))).isFalse();
        }
        assertThat(list()).isEqualTo(before);
    }

    @Test
    void groupsAndMemberSetsGoWithTheirLastUse() throws IOException {
        restart(true);
        firewall.putMember(PEERS, IpAddress.parse("10.9.0.1"));
        firewall.putEndpoint(policy(new InterfaceName("tap2"), WEB));
        firewall.inSync();
        apply();
        String before = rules();
        firewall.removeEndpoint(TAP);
        apply();
        assertThat(list()).contains("ingress_7", "10.9.0.1");
        firewall.putEndpoint(policy(new InterfaceName("tap2")));
        apply();
        assertThat(list()).doesNotContain("ingress_7").doesNotContain("members_");
        firewall.putEndpoint(policy(TAP, WEB));
        firewall.putEndpoint(policy(new InterfaceName("tap2"), WEB));
        apply();
        assertThat(rules().lines().sorted())
                .containsExactlyElementsOf(before.lines().sorted().toList());
    }
}
