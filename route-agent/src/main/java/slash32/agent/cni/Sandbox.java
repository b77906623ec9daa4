package slash32.agent.cni;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.Route;
import slash32.netlink.route.Veth;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetworkNamespace;

/// A container's interface: a veth pair with one end in its network namespace.
final class Sandbox {
    private static final IpAddress GATEWAY_IPV4 = IpAddress.parse("169.254.1.1");
    private static final IpAddress GATEWAY_IPV6 = IpAddress.parse("fe80::1");
    private static final Errno ENODEV = new Errno(19);
    private static final int PROTOCOL_STATIC = 4;
    private static final int UNICAST = 1;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;

    private Sandbox() {}

    /// Makes the pair and configures the container's end.
    static void create(
            Attachment attachment,
            Path netns,
            MacAddress mac,
            int mtuBytes,
            List<Prefix> addresses,
            List<Prefix> routes)
            throws IOException {
        try (var namespace = NetworkNamespace.open(netns);
                var host = NetlinkSocket.open(NetlinkProtocol.ROUTE);
                var container = namespace.openSocket(NetlinkProtocol.ROUTE)) {
            var ifname = new InterfaceName(attachment.ifname());
            host.execute(Veth.create(attachment.device(), ifname, mac, mtuBytes, namespace.descriptor()));
            Link link = find(container, ifname);
            if (link == null) {
                throw new IOException("interface " + ifname + " went from " + netns + " while it was made");
            }
            container.execute(Link.setUp(link.index(), true));
            for (Prefix address : addresses) {
                container.execute(new InterfaceAddress(link.index(), address.address(), address.length()).put());
            }
            if (addresses.stream().anyMatch(Prefix::isIpv4)) {
                int metric = link.index().value(); // each interface has a gateway of this address
                container.execute(
                        route(GATEWAY_IPV4.hostPrefix(), metric, link, null).create());
            }
            for (Prefix to : routes) {
                container.execute(route(to, 0, link, gateway(to)).create());
            }
        }
    }

    private static Route route(Prefix to, int metric, Link link, @Nullable IpAddress gateway) {
        return new Route(to, metric, PROTOCOL_STATIC, UNICAST, link.index(), gateway, null, 0, 0);
    }

    static IpAddress gateway(Prefix to) {
        return to.isIpv4() ? GATEWAY_IPV4 : GATEWAY_IPV6;
    }

    static boolean exists(InterfaceName device) throws IOException {
        try (var host = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            return find(host, device) != null;
        }
    }

    /// Deletes the pair; nothing happens if there is none.
    static void delete(InterfaceName device) throws IOException {
        try (var host = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            Link link = find(host, device);
            if (link != null) {
                host.execute(Link.delete(link.index()));
            }
        } catch (KernelException e) {
            if (!e.errno().equals(ENODEV)) {
                throw e;
            }
        }
    }

    /// What is not there of what should be, each in words; empty if nothing is amiss.
    ///
    /// @param routes destinations that should lead to the gateway
    static List<String> missing(
            Path netns, InterfaceName ifname, MacAddress mac, Set<IpAddress> addresses, Set<Prefix> routes)
            throws IOException {
        var missing = new ArrayList<String>();
        try (var namespace = NetworkNamespace.open(netns);
                var container = namespace.openSocket(NetlinkProtocol.ROUTE)) {
            Link link = find(container, ifname);
            if (link == null) {
                return List.of("interface " + ifname);
            }
            if (!mac.equals(link.mac())) {
                missing.add("MAC " + mac + " of " + ifname + ", which has " + link.mac());
            }
            if (!link.up()) {
                missing.add(ifname + " being up");
            }
            var found = new HashSet<IpAddress>();
            container.dump(InterfaceAddress.dump(), found::clear, message -> {
                InterfaceAddress address = InterfaceAddress.parse(message);
                if (address != null && address.link().equals(link.index())) {
                    found.add(address.address());
                }
            });
            addresses.stream()
                    .filter(address -> !found.contains(address))
                    .sorted()
                    .forEach(address -> missing.add("address " + address + " of " + ifname));
            for (Prefix to : routes) {
                if (!leadsToGateway(container, link, to)) {
                    missing.add("route " + to + " by the gateway");
                }
            }
        }
        return missing;
    }

    private static boolean leadsToGateway(NetlinkSocket container, Link link, Prefix to) throws IOException {
        var found = new HashSet<Route>();
        container.dump(Route.dump(to.isIpv4() ? AF_INET : AF_INET6, 0), found::clear, message -> {
            Route route = Route.parse(message);
            if (route != null
                    && route.prefix().equals(to)
                    && link.index().equals(route.link())
                    && gateway(to).equals(route.gateway())) {
                found.add(route);
            }
        });
        return !found.isEmpty();
    }

    private static @Nullable Link find(NetlinkSocket socket, InterfaceName name) throws IOException {
        var found = new ArrayList<Link>(1);
        try {
            socket.get(Link.get(name), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    found.add(link);
                }
            });
        } catch (KernelException e) {
            if (!e.errno().equals(ENODEV)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }
}
