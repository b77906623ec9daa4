package slash32.overlay.device;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.netlink.route.GreTerms;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;

/// Devices of one kind, each for packets to one node. They outlive the process, and are known by kind, name and alias.
///
/// Owned by one thread at a time.
public final class NodeDevices implements AutoCloseable {
    private static final int HOST_LENGTH = 32;

    /// Not the mark of an endpoint's TAP.
    private static final String ALIAS = "overlay of slash32";

    private final NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
    private final Kind kind;
    private final int mtuBytes;

    /// What they are.
    public enum Kind {
        /// XFRM interfaces, whose id is the node's underlay address.
        XFRM("m32-"),
        /// GRE tunnels, whose far end it is.
        GRE("g32-");

        private final String prefix;

        Kind(String prefix) {
            this.prefix = prefix;
        }

        /// That their names begin with: not of the names that are guests'.
        public String prefix() {
            return prefix;
        }

        public InterfaceName name(Ipv4Address node) {
            return new InterfaceName(prefix + "%08x".formatted(node.value()));
        }

        /// The kernel's name of it.
        private String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Whether a name is that of such a device.
    public static boolean isName(InterfaceName name) {
        return Arrays.stream(Kind.values()).anyMatch(kind -> name.value().startsWith(kind.prefix));
    }

    /// @param mtuBytes of the packets that fit
    public NodeDevices(Kind kind, int mtuBytes) throws IOException {
        this.kind = kind;
        this.mtuBytes = mtuBytes;
    }

    /// Makes the XFRM interface of a node, or takes what an earlier run left.
    ///
    /// @param self this node's underlay address
    public InterfaceIndex putXfrm(Ipv4Address node, Ipv4Address self) throws IOException {
        InterfaceName name = Kind.XFRM.name(node);
        if (find(name) == null) {
            rtnl.execute(Link.createXfrm(name, node.value(), mtuBytes));
        }
        return prepare(name, self);
    }

    /// Makes the GRE tunnel to a node, or has what an earlier run left lead there.
    ///
    /// @param self this node's underlay address
    /// @param link by which alone its packets leave
    public InterfaceIndex putGre(Ipv4Address node, Ipv4Address self, InterfaceIndex link) throws IOException {
        InterfaceName name = Kind.GRE.name(node);
        rtnl.execute(Link.putGre(name, new GreTerms(self, node, link), mtuBytes));
        return prepare(name, self);
    }

    private InterfaceIndex prepare(InterfaceName name, Ipv4Address self) throws IOException {
        Link link = find(name);
        if (link == null || !link.kind().equals(kind.label())) {
            throw new IOException("the interface " + name + " is not ours");
        }
        InterfaceIndex index = link.index();
        rtnl.execute(Link.setMtu(index, mtuBytes));
        rtnl.execute(Link.withoutLinkLocal(index));
        rtnl.execute(Link.setAlias(index, ALIAS));
        // segments' frames come from nodes, to which the routes lead elsewhere; 2 is in force whatever that of all is,
        // and as strict as 1 on a device that has no address
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

    public void remove(Ipv4Address node) throws IOException {
        Link link = find(kind.name(node));
        if (link != null && isOurs(link)) {
            rtnl.execute(Link.delete(link.index()));
        }
    }

    private boolean isOurs(Link link) {
        return link.kind().equals(kind.label())
                && link.alias().equals(ALIAS)
                && link.name().value().startsWith(kind.prefix);
    }

    /// Removes those of other nodes than these.
    public void keep(Set<Ipv4Address> nodes) throws IOException {
        List<InterfaceName> kept = nodes.stream().map(kind::name).toList();
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
