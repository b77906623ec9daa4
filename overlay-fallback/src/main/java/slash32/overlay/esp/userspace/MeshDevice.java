package slash32.overlay.esp.userspace;

import java.io.IOException;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.NeighborEntry;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.tun.OffloadDevice;
import slash32.overlay.esp.offload.Frames;
import slash32.overlay.esp.path.DataPath;

/// The TAP that packets to all peers go into, with a permanent neighbour for each: who the host's routes chose is in
/// the frame. It goes with the process, and its routes with it.
public final class MeshDevice implements AutoCloseable {
    private static final int LINK_LOCAL_LENGTH = 64;
    private static final int HOST_LENGTH = 32;

    /// Enough for the bursts of many flows; the path empties it in batches.
    private static final int TX_QUEUE_LENGTH = 1_000;

    /// For people; not the mark of an endpoint's TAP.
    private static final String ALIAS = "overlay of slash32";

    private final OffloadDevice device;
    private final Ipv4Address self;
    private final NetlinkSocket rtnl;
    private final InterfaceIndex index;

    private MeshDevice(OffloadDevice device, Ipv4Address self, NetlinkSocket rtnl, InterfaceIndex index) {
        this.device = device;
        this.self = self;
        this.rtnl = rtnl;
        this.index = index;
    }

    /// Makes the device in the calling thread's network namespace, and brings it up.
    ///
    /// @param self this node's underlay address
    /// @param mtuBytes of the packets that fit
    public static MeshDevice open(InterfaceName name, Ipv4Address self, int mtuBytes) throws IOException {
        OffloadDevice device = OffloadDevice.open(name, OffloadDevice.Layer.FRAMES);
        NetlinkSocket rtnl = null;
        try {
            rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
            InterfaceIndex index = index(rtnl, name);
            rtnl.execute(Link.configure(index, Frames.mac(self), mtuBytes, TX_QUEUE_LENGTH, ALIAS));
            // segments' frames come from nodes' underlay addresses, to which the routes lead elsewhere
            rtnl.execute(Link.takeFromAnywhere(index));
            rtnl.execute(new InterfaceAddress(index, self, HOST_LENGTH).put());
            rtnl.execute(Link.setUp(index, true));
            // the link-local gateways are then on this link and no other
            rtnl.execute(new InterfaceAddress(index, DataPath.gateway6(self), LINK_LOCAL_LENGTH).put());
            return new MeshDevice(device, self, rtnl, index);
        } catch (IOException e) {
            device.close();
            if (rtnl != null) {
                rtnl.close();
            }
            throw e;
        }
    }

    private static InterfaceIndex index(NetlinkSocket rtnl, InterfaceName name) throws IOException {
        var found = new ArrayList<@Nullable Link>(1);
        rtnl.get(Link.get(name), message -> found.add(Link.parse(message)));
        Link link = found.isEmpty() ? null : found.getFirst();
        if (link == null) {
            throw new IOException("the interface " + name + " is gone");
        }
        return link.index();
    }

    OffloadDevice device() {
        return device;
    }

    Ipv4Address self() {
        return self;
    }

    synchronized InterfaceIndex attach(Ipv4Address node) throws IOException {
        rtnl.execute(NeighborEntry.put(index, node, Frames.mac(node)));
        rtnl.execute(NeighborEntry.put(index, DataPath.gateway6(node), Frames.mac(node)));
        return index;
    }

    synchronized void detach(Ipv4Address node) throws IOException {
        rtnl.execute(NeighborEntry.delete(index, node));
        rtnl.execute(NeighborEntry.delete(index, DataPath.gateway6(node)));
    }

    @Override
    public void close() {
        device.close();
        rtnl.close();
    }
}
