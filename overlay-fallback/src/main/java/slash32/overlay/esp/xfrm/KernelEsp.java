package slash32.overlay.esp.xfrm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.message.Request;
import slash32.netlink.route.Link;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.xfrm.StateId;
import slash32.netlink.xfrm.XfrmMode;
import slash32.netlink.xfrm.XfrmState;
import slash32.overlay.device.NodeDevices;
import slash32.reconcile.Backoff;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// Whether the kernel can be the data path: it is asked for a state and an interface to throw away.
public final class KernelEsp {
    private static final int SPI = 0x5332_5332;
    private static final int INTERFACE_ID = -1;
    private static final int KEY_BYTES = 36;
    private static final InterfaceName DEVICE = new InterfaceName(NodeDevices.Kind.XFRM.prefix() + "probe");

    private KernelEsp() {}

    /// Why the kernel can't, in the calling thread's network namespace; null if it can.
    ///
    /// @param local where ESP would come to
    public static @Nullable String missing(IpAddress local) {
        var state = new XfrmState(
                new StateId(local, SPI),
                local,
                XfrmPath.REQID,
                INTERFACE_ID,
                XfrmMode.TUNNEL,
                true,
                XfrmPath.REPLAY_WINDOW,
                new XfrmState.UdpPorts(4_500, 4_500),
                -1,
                -1);
        try (NetlinkSocket xfrm = NetlinkSocket.open(NetlinkProtocol.XFRM);
                NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            add(xfrm, state.add(new byte[KEY_BYTES]));
            xfrm.execute(state.id().delete());
            add(rtnl, Link.createXfrm(DEVICE, INTERFACE_ID, 1_400));
            var made = new ArrayList<InterfaceIndex>(1);
            rtnl.get(Link.get(DEVICE), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    made.add(link.index());
                }
            });
            for (InterfaceIndex index : made) {
                rtnl.execute(Link.delete(index));
            }
            return null;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// Removes what an earlier run left in the calling thread's network namespace, where another data path carries what
    /// crosses now: first what packets go into, last what keeps plain ones back.
    ///
    /// @return the peers that there were states with, who may use them still
    public static Set<Ipv4Address> clear() throws IOException {
        var keyed = new HashSet<Ipv4Address>();
        try (var devices = new NodeDevices(NodeDevices.Kind.XFRM, 0)) {
            devices.keep(Set.of());
        }
        try (NetlinkSocket xfrm = NetlinkSocket.open(NetlinkProtocol.XFRM)) {
            XfrmPath.states(xfrm, (state, _) -> {
                xfrm.execute(state.id().delete());
                keyed.add(new Ipv4Address(state.interfaceId()));
            });
            var policies = new Reconciler<>(new PolicyTable(xfrm), Backoff.KERNEL);
            policies.inSync();
            Pass<?, ?> pass = policies.pass(System.nanoTime());
            if (pass.broken() != null) {
                throw new IOException(pass.broken());
            }
        } catch (KernelException e) {
            if (!e.is(Errno.EPROTONOSUPPORT)) {
                throw e; // a kernel without it has none
            }
        }
        return keyed;
    }

    /// One that is there is what a probe left that was killed.
    private static void add(NetlinkSocket socket, Request request) throws IOException {
        try {
            socket.execute(request);
        } catch (KernelException e) {
            if (!e.is(Errno.EEXIST)) {
                throw e;
            }
        }
    }
}
