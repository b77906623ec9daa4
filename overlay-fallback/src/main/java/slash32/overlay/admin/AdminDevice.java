package slash32.overlay.admin;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;

/// The device with this node's address in the admin network: a bridge without ports, which has nobody to send to. It
/// stays when the process ends, so that the site's own nodes go on reaching each other there.
public final class AdminDevice implements AutoCloseable {
    /// Not of the names that are guests'.
    private static final InterfaceName NAME = new InterfaceName("admin32");

    private static final String KIND = "bridge";
    private static final String ALIAS = "admin network of slash32";
    /// Nothing goes through it: the routes' devices have the MTU that counts.
    private static final int MTU_BYTES = 1_500;

    private static final int HOST_LENGTH = 32;

    private final NetlinkSocket rtnl;
    private final Ipv4Address address;

    private AdminDevice(NetlinkSocket rtnl, Ipv4Address address) {
        this.rtnl = rtnl;
        this.address = address;
    }

    /// One of the calling thread's network namespace, which {@link #put} makes.
    public static AdminDevice open(Ipv4Address address) throws IOException {
        return new AdminDevice(NetlinkSocket.open(NetlinkProtocol.ROUTE), address);
    }

    /// Removes the one that an earlier run left, from the calling thread's network namespace.
    public static void clear() throws IOException {
        try (NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            Link link = find(rtnl);
            if (link != null && isOurs(link)) {
                rtnl.execute(Link.delete(link.index()));
            }
        }
    }

    /// True if somebody may have changed the device or its address.
    public boolean isConcerned(RouteEvent event) {
        return (event instanceof RouteEvent.LinkChanged(Link changed)
                        && changed.name().equals(NAME))
                || (event instanceof RouteEvent.LinkRemoved(Link removed)
                        && removed.name().equals(NAME))
                || (event instanceof RouteEvent.AddressRemoved(InterfaceAddress gone)
                        && gone.address().equals(address));
    }

    /// Has the device there, up, with this one address; what is so already is left alone.
    ///
    /// @throws IOException if somebody else has a device of this name, or the kernel refuses
    public void put() throws IOException {
        Link link = find(rtnl);
        if (link == null) {
            rtnl.execute(Link.createBridge(NAME, MTU_BYTES));
            link = find(rtnl);
        }
        if (link == null || !isOurs(link)) {
            throw new IOException("the interface " + NAME + " is not ours");
        }
        InterfaceIndex index = link.index();
        if (!link.alias().equals(ALIAS)) {
            rtnl.execute(Link.withoutLinkLocal(index));
            rtnl.execute(Link.setAlias(index, ALIAS));
        }
        var wanted = new InterfaceAddress(index, address, HOST_LENGTH);
        List<InterfaceAddress> found = addresses(index);
        if (!found.contains(wanted)) {
            rtnl.execute(wanted.put());
        }
        for (InterfaceAddress other : found) { // of an earlier configuration
            if (other.address().isIpv4() && !other.equals(wanted)) {
                rtnl.execute(other.delete());
            }
        }
        if (!link.up()) {
            rtnl.execute(Link.setUp(index, true));
        }
    }

    /// By its alias, or just made by a run that was stopped before it could give it one.
    private static boolean isOurs(Link link) {
        boolean isHalfMade = link.alias().isEmpty() && !link.up();
        return link.kind().equals(KIND) && (link.alias().equals(ALIAS) || isHalfMade);
    }

    private static @Nullable Link find(NetlinkSocket rtnl) throws IOException {
        var found = new ArrayList<@Nullable Link>(1);
        try {
            rtnl.get(Link.get(NAME), message -> found.add(Link.parse(message)));
        } catch (KernelException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    private List<InterfaceAddress> addresses(InterfaceIndex index) throws IOException {
        var found = new ArrayList<InterfaceAddress>();
        rtnl.dump(InterfaceAddress.dump(index), found::clear, message -> {
            InterfaceAddress one = InterfaceAddress.parse(message);
            if (one != null && one.link().equals(index)) {
                found.add(one);
            }
        });
        return found;
    }

    @Override
    public void close() {
        rtnl.close();
    }
}
