package slash32.overlay.esp.xfrm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;

/// The XFRM interfaces, one for each peer, whose id is the peer's underlay address. They outlive the process, and are
/// known by name and alias.
///
/// Owned by one thread at a time.
final class XfrmDevices implements AutoCloseable {
    /// Not of the names that are guests'.
    static final String PREFIX = "m32-";

    private static final String KIND = "xfrm";
    private static final int HOST_LENGTH = 32;

    /// Not the mark of an endpoint's TAP.
    private static final String ALIAS = "overlay of slash32";

    private final NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
    private final int mtuBytes;

    /// @param mtuBytes of the packets that fit
    XfrmDevices(int mtuBytes) throws IOException {
        this.mtuBytes = mtuBytes;
    }

    static InterfaceName name(Ipv4Address node) {
        return new InterfaceName(PREFIX + "%08x".formatted(node.value()));
    }

    /// Makes the device of a peer, or takes what an earlier run left.
    ///
    /// @param self this node's underlay address
    InterfaceIndex put(Ipv4Address node, Ipv4Address self) throws IOException {
        InterfaceName name = name(node);
        Link link = find(name);
        if (link == null) {
            rtnl.execute(Link.createXfrm(name, node.value(), mtuBytes));
            link = find(name);
        }
        if (link == null || !link.kind().equals(KIND)) {
            throw new IOException("the interface " + name + " is not ours");
        }
        InterfaceIndex index = link.index();
        rtnl.execute(Link.setMtu(index, mtuBytes));
        rtnl.execute(Link.withoutLinkLocal(index));
        rtnl.execute(Link.setAlias(index, ALIAS));
        // segments' frames come from nodes, to which the routes lead elsewhere; 2 is in force whatever that of all is,
        // and
        // as strict as 1 on a device that has no address
        rtnl.execute(Link.takeFromAnywhere(index));
        rtnl.execute(new InterfaceAddress(index, self, HOST_LENGTH).put());
        rtnl.execute(Link.setUp(index, true));
        return index;
    }

    private @Nullable Link find(InterfaceName name) throws IOException {
        var found = new ArrayList<@Nullable Link>(1);
        try {
            rtnl.get(Link.get(name), message -> found.add(Link.parse(message)));
        } catch (KernelException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    void remove(Ipv4Address node) throws IOException {
        Link link = find(name(node));
        if (link != null && isOurs(link)) {
            rtnl.execute(Link.delete(link.index()));
        }
    }

    private static boolean isOurs(Link link) {
        return link.kind().equals(KIND)
                && link.alias().equals(ALIAS)
                && link.name().value().startsWith(PREFIX);
    }

    /// Removes those of other peers than these.
    void keep(Set<Ipv4Address> nodes) throws IOException {
        List<InterfaceName> kept = nodes.stream().map(XfrmDevices::name).toList();
        var old = new ArrayList<Link>();
        rtnl.dump(Link.dump(), old::clear, message -> {
            Link link = Link.parse(message);
            if (link != null && isOurs(link) && !kept.contains(link.name())) {
                old.add(link);
            }
        });
        for (Link link : old) {
            rtnl.execute(Link.delete(link.index()));
        }
    }

    @Override
    public void close() {
        rtnl.close();
    }
}
