package slash32.netlink.xfrm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.netlink.xfrm.XfrmPolicy.Direction;
import slash32.netlink.xfrm.XfrmPolicy.Verdict;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

/// What a kernel does with our requests that may have policies and no ESP.
@InNetns
class XfrmKernelTest {
    private static final IpAddress HERE = IpAddress.parse("10.0.0.1");
    private static final IpAddress THERE = IpAddress.parse("10.0.0.2");
    private static final XfrmSelector VXLAN =
            new XfrmSelector(Prefix.parse("10.0.0.1"), Prefix.parse("10.0.0.2"), 17, 0, 4789);
    private static final XfrmPolicy BLOCK = new XfrmPolicy(Direction.OUT, VXLAN, 0, 7, new Verdict.Block());
    private static final XfrmPolicy PROTECT = new XfrmPolicy(
            Direction.OUT, VXLAN, 0, 6, new Verdict.Protect(HERE, THERE, 0x1000_0001, 0x5320_0001, XfrmMode.TRANSPORT));

    private NetlinkSocket socket;

    @BeforeEach
    void open() throws IOException {
        Command.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1"); // lo has no IPsec
        Command.run("ip", "addr", "add", "10.0.0.1/24", "dev", "v0");
        Command.run("ip", "link", "set", "v1", "up");
        Command.run("ip", "link", "set", "v0", "up");
        socket = NetlinkSocket.open(NetlinkProtocol.XFRM);
    }

    @AfterEach
    void close() {
        socket.close();
    }

    private List<XfrmPolicy> policies() throws IOException {
        var found = new ArrayList<XfrmPolicy>();
        socket.dump(XfrmPolicy.dump(), found::clear, message -> {
            XfrmPolicy policy = XfrmPolicy.parse(message);
            if (policy != null) {
                found.add(policy);
            }
        });
        return found;
    }

    @Test
    void aPolicyIsReadBackAsItWasAdded() throws IOException {
        var forward = new XfrmPolicy(
                Direction.FWD,
                new XfrmSelector(Prefix.parse("2001:db8::/32"), Prefix.parse("fd00::/8"), 0, 0, 0),
                0x0a00_0001,
                -1,
                new Verdict.Protect(
                        IpAddress.parse("2001:db8::1"),
                        IpAddress.parse("2001:db8::2"),
                        0,
                        0x5320_0002,
                        XfrmMode.TUNNEL));
        var allow = new XfrmPolicy(
                Direction.IN,
                new XfrmSelector(Prefix.parse("0.0.0.0/0"), Prefix.parse("10.0.0.1"), 17, 4500, 0),
                0,
                1,
                new Verdict.Allow());
        for (XfrmPolicy policy : List.of(PROTECT, forward, allow)) {
            socket.execute(policy.add());
        }
        assertThat(policies()).containsExactlyInAnyOrder(PROTECT, forward, allow);
        assertThat(Command.run("ip", "xfrm", "policy"))
                .contains("src 10.0.0.1/32 dst 10.0.0.2/32 proto udp dport 4789", "dir out priority 6")
                .contains("proto esp spi 0x10000001", "reqid 1394606081", "mode transport")
                .contains("dir fwd priority 4294967295", "mode tunnel", "if_id 0xa000001", "sport 4500");
        for (XfrmPolicy policy : List.of(PROTECT, forward, allow)) {
            socket.execute(policy.delete());
        }
        assertThat(policies()).isEmpty();
        assertThatThrownBy(() -> socket.execute(PROTECT.delete()))
                .isInstanceOfSatisfying(
                        KernelException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
    }

    @Test
    void onePolicyTakesThePlaceOfAnother() throws IOException {
        socket.execute(BLOCK.add());
        assertThatThrownBy(() -> socket.execute(PROTECT.add()))
                .hasMessageStartingWith(
                        "add policy src 10.0.0.1/32 dst 10.0.0.2/32 proto 17 dport 4789 dir out: EEXIST");
        socket.execute(PROTECT.replace());
        assertThat(policies()).containsExactly(PROTECT);
    }

    @Test
    void whatIsBlockedIsNotSent() throws IOException {
        String send = "echo > /dev/udp/10.0.0.2/4789";
        assertThat(Command.tryRun("bash", "-c", send).exitCode()).isZero();
        socket.execute(BLOCK.add());
        assertThat(Command.tryRun("bash", "-c", send).output()).contains("Operation not permitted");
        assertThat(Command.tryRun("bash", "-c", "echo > /dev/udp/10.0.0.2/4790").exitCode())
                .isZero();
    }

    /// This project's test machine has no ESP, a stock kernel has: either way the answer is one that we know.
    @Test
    void anEspStateIsReadBackOrNotSupported() throws IOException {
        var state = new XfrmState(
                new StateId(THERE, 0x1000_0001),
                HERE,
                0x5320_0001,
                7,
                XfrmMode.TRANSPORT,
                true,
                1_024,
                new XfrmState.UdpPorts(4_500, 4_501),
                1L << 40,
                -1);
        var found = new ArrayList<XfrmState>();
        try {
            socket.execute(state.add(new byte[36]));
        } catch (KernelException e) {
            assertThat(e)
                    .hasMessageStartingWith(
                            "add state esp dst 10.0.0.2 spi 0x10000001 src 10.0.0.1 reqid 1394606081: ");
            assertThat(e.errno()).isIn(Errno.EPROTONOSUPPORT, Errno.ENOSYS); // no ESP, or no AES-GCM
            return;
        }
        socket.dump(XfrmState.dump(), found::clear, message -> {
            found.add(XfrmState.parse(message));
            assertThat(XfrmState.counters(message)).isEqualTo(new XfrmState.Counters(0, 0, 0, 0));
        });
        assertThat(found).containsExactly(state);
        socket.execute(state.id().delete());
    }

    @Test
    void whatOthersDoToPoliciesIsReported() throws IOException {
        var events = new ArrayList<XfrmEvent>();
        try (Subscription subscription = Subscription.open(NetlinkProtocol.XFRM, Xfrm.XFRMNLGRP_POLICY)) {
            socket.execute(BLOCK.add());
            socket.execute(PROTECT.replace());
            Command.run("ip", "xfrm", "policy", "flush");
            while (events.size() < 3) {
                subscription.receive(message -> events.add(XfrmEvent.parse(message)));
            }
        }
        assertThat(events)
                .containsExactly(
                        new XfrmEvent.PolicyPut(BLOCK),
                        new XfrmEvent.PolicyPut(PROTECT),
                        new XfrmEvent.PoliciesRemoved());
    }
}
