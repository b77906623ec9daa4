package slash32.overlay.esp.xfrm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.xfrm.XfrmPolicy;
import slash32.netlink.xfrm.XfrmPolicy.Direction;
import slash32.netlink.xfrm.XfrmPolicy.Verdict;
import slash32.netlink.xfrm.XfrmSelector;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;
import slash32.reconcile.Backoff;
import slash32.reconcile.Reconciler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What a kernel without ESP can show: the policies, and that it can't be the data path. The rest is KernelVmTest.
@InNetns
class XfrmKernelTest {
    private static final Ipv4Address NODE = Ipv4Address.parse("10.2.0.1");
    private static final IpAddress HERE = IpAddress.parse("192.0.2.1");
    private static final IpAddress THERE = IpAddress.parse("192.0.2.2");
    private static final TrafficSelector ALL =
            new TrafficSelector(0, 0, 65_535, IpAddress.parse("0.0.0.0"), IpAddress.parse("255.255.255.255"));

    private final Peer peer = new Peer(
            NODE,
            new PeerConfig(Identity.address(NODE), new Path(HERE, 500, THERE, 500), List.of(ALL), List.of(ALL), false));
    private NetlinkSocket socket;
    private Reconciler<PolicyTable.Key, XfrmPolicy> policies;

    @BeforeEach
    void open() throws IOException {
        socket = NetlinkSocket.open(NetlinkProtocol.XFRM);
        policies = new Reconciler<>(new PolicyTable(socket), Backoff.KERNEL);
    }

    @AfterEach
    void close() {
        socket.close();
    }

    private void pass() {
        var pass = policies.pass(0);
        assertThat(pass.failed()).isEmpty();
        assertThat(pass.broken()).isNull();
    }

    @Test
    void aPeerIsBlockedInTheClearAndProtectedInItsDevice() {
        peer.policies().forEach(policies::put);
        pass();
        assertThat(Command.run("ip", "xfrm", "policy"))
                .contains("src 192.0.2.1/32 dst 192.0.2.2/32 proto udp dport 4789 \n\tdir out action block")
                .contains("src 192.0.2.2/32 dst 192.0.2.1/32 proto udp dport 4789 \n\tdir in action block")
                .contains("src 0.0.0.0/0 dst 0.0.0.0/0 \n\tdir out priority 1395785729")
                .contains("src 0.0.0.0/0 dst 0.0.0.0/0 \n\tdir fwd", "src 0.0.0.0/0 dst 0.0.0.0/0 \n\tdir in")
                .contains("tmpl src 192.0.2.1 dst 192.0.2.2", "proto esp reqid 1395785728 mode tunnel")
                .contains("if_id 0xa020001");
    }

    /// As the next run finds what a stopped one left.
    @Test
    void leftoversStayUntilAllIsStatedAndOthersPoliciesFarLonger() throws IOException {
        Command.run("ip", "xfrm", "policy", "add", "src", "10.9.0.0/16", "dst", "10.8.0.0/16", "dir", "out");
        var gone = new XfrmPolicy(
                Direction.OUT,
                new XfrmSelector(Prefix.parse("10.0.0.0/8"), Prefix.parse("11.0.0.0/8"), 0, 0, 0),
                7,
                PolicyTable.PROTECT_PRIORITY,
                new Verdict.Block());
        socket.execute(gone.add());
        peer.policies().forEach(policies::put);
        pass();
        assertThat(Command.run("ip", "xfrm", "policy")).contains("11.0.0.0/8", "10.8.0.0/16", "if_id 0xa020001");
        policies.inSync();
        pass();
        assertThat(Command.run("ip", "xfrm", "policy"))
                .contains("10.8.0.0/16", "if_id 0xa020001")
                .doesNotContain("11.0.0.0/8");
    }

    @Test
    void anothersPolicyIsNotReplaced() {
        Command.run(
                "ip",
                "xfrm",
                "policy",
                "add",
                "src",
                "192.0.2.1/32",
                "dst",
                "192.0.2.2/32",
                "proto",
                "udp",
                "dport",
                "4789",
                "dir",
                "out",
                "priority",
                "5");
        peer.policies().forEach(policies::put);
        assertThat(policies.pass(0).failed())
                .singleElement()
                .satisfies(failure -> assertThat(failure.reason()).contains("EEXIST"));
        assertThat(Command.run("ip", "xfrm", "policy")).contains("dir out priority 5");
    }

    @Test
    void theProbeSaysWhatIsMissingAndLeavesNothing() {
        String missing = KernelEsp.missing(IpAddress.parse("127.0.0.1"));
        if (missing != null) {
            assertThat(missing).matches("(?s)add (state esp|link m32-probe).*: (EPROTONOSUPPORT|ENOSYS|EOPNOTSUPP).*");
        }
        assertThat(Command.run("ip", "xfrm", "state")).isEmpty();
        assertThat(Command.run("ip", "link")).doesNotContain("m32-");
    }

    /// As where another data path carries what crosses now.
    @Test
    void whatAnEarlierRunLeftIsClearedAndOthersStay() throws IOException {
        Command.run("ip", "xfrm", "policy", "add", "src", "10.9.0.0/16", "dst", "10.8.0.0/16", "dir", "out");
        peer.policies().forEach(policies::put);
        pass();
        KernelEsp.clear();
        assertThat(Command.run("ip", "xfrm", "policy"))
                .contains("10.8.0.0/16")
                .doesNotContain("if_id 0xa020001", "dport 4789");
        KernelEsp.clear();
    }
}
