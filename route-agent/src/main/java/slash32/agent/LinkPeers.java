package slash32.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.PeerConfig;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;
import slash32.net.MacAddress;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;

/// Peers that are known by an interface: which link that is, and who is there.
///
/// A router says where it is with its advertisements, and so do we on these links ({@link LinkAdvertisement}). The
/// first router that is heard is the peer; another takes its place while there is no session with it. A link that is
/// down has no peer. Any thread may ask; threads {@code link-peers} and {@code link-listen} run it.
final class LinkPeers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LinkPeers.class);
    private static final Duration ADVERTISE_EVERY = Duration.ofSeconds(5);

    private final NetlinkSocket rtnl;
    private final Runnable changed;
    /// Who was heard last on a link, as far as it counts.
    private final Map<InterfaceIndex, Ipv6Address> heard = new ConcurrentHashMap<>();
    private final Set<IpAddress> established = ConcurrentHashMap.newKeySet();
    private final Semaphore news = new Semaphore(0);
    /// There is a socket, or there never will be.
    private final CountDownLatch opened = new CountDownLatch(1);

    private volatile @Nullable PacketSocket socket;
    private volatile boolean closed;
    private volatile List<PeerConfig> wanted = List.of();
    private volatile Found found = new Found(Map.of(), Map.of(), Map.of());
    private volatile Instant foundAt = Instant.now();

    /// What there is at a moment.
    ///
    /// @param links that carry something and have an address
    /// @param obstacles why another link is of no use
    private record Found(
            Map<InterfaceName, OwnEnd> links,
            Map<InterfaceName, String> obstacles,
            Map<InterfaceIndex, Ipv6Address> routers) {
        Found {
            links = Map.copyOf(links);
            obstacles = Map.copyOf(obstacles);
            routers = Map.copyOf(routers);
        }
    }

    /// Our end of a link.
    private record OwnEnd(
            InterfaceIndex index,
            InterfaceName name,
            @Nullable MacAddress mac,
            Ipv6Address address) {}

    /// In the calling thread's network namespace.
    ///
    /// @param changed run on thread {@code link-peers} when a peer is there, gone or elsewhere
    LinkPeers(Runnable changed) throws IOException {
        rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
        this.changed = changed;
    }

    /// States which links have peers. They are looked for at once, and {@code changed} tells of it.
    ///
    /// @throws IOException if advertisements can't be received
    void configure(List<PeerConfig> peers) throws IOException {
        List<PeerConfig> now =
                peers.stream().filter(peer -> peer.link() != null).toList();
        if (socket == null && !now.isEmpty()) {
            socket = PacketSocket.open(LinkAdvertisement.ETHERTYPE, LinkAdvertisement.FILTER);
            opened.countDown();
        }
        wanted = now;
        news.release();
    }

    /// A peer that is configured and not to be reached.
    record Absent(PeerConfig peer, InterfaceName link, Instant since, String why) {}

    List<Absent> absent() {
        Found now = found;
        var absent = new ArrayList<Absent>();
        for (PeerConfig peer : wanted) {
            InterfaceName link = peer.link();
            if (link != null && where(peer, now) == null) {
                String why = now.obstacles().getOrDefault(link, "no router is heard on " + link);
                absent.add(new Absent(peer, link, foundAt, why));
            }
        }
        return absent;
    }

    /// The name of a peer's link; null for the number of another.
    @Nullable
    InterfaceName name(InterfaceIndex index) {
        return found.links().values().stream()
                .filter(own -> own.index().equals(index))
                .map(OwnEnd::name)
                .findFirst()
                .orElse(null);
    }

    /// The peers with the addresses that they are reached at; those that are not found are left out.
    List<PeerConfig> resolved(List<PeerConfig> peers) {
        Found now = found;
        var resolved = new ArrayList<PeerConfig>();
        for (PeerConfig peer : peers) {
            IpAddress address = where(peer, now);
            if (address != null) {
                resolved.add(peer.at(address));
            }
        }
        return resolved;
    }

    private static @Nullable IpAddress where(PeerConfig peer, Found now) {
        if (peer.link() == null) {
            return peer.address();
        }
        OwnEnd own = now.links().get(peer.link());
        if (own == null || !(peer.address() instanceof Ipv6Address configured)) {
            return null;
        }
        InterfaceIndex link = own.index();
        Ipv6Address address = configured.isUnspecified() ? now.routers().get(link) : configured;
        return address == null ? null : address.onLink(link);
    }

    /// Our own addresses on the links of peers.
    List<IpAddress> own() {
        return found.links().values().stream()
                .<IpAddress>map(own -> own.address().onLink(own.index()))
                .toList();
    }

    /// The kernel reported something, which may be of a link of ours.
    void observed(RouteEvent event) {
        boolean ours = switch (event) {
            case RouteEvent.LinkChanged(Link link) -> isOfPeer(link);
            case RouteEvent.LinkRemoved(Link link) -> isOfPeer(link);
            case RouteEvent.AddressAdded(InterfaceAddress address) -> isOfLink(address);
            case RouteEvent.AddressRemoved(InterfaceAddress address) -> isOfLink(address);
            default -> false;
        };
        if (ours) {
            news.release();
        }
    }

    private boolean isOfPeer(Link link) {
        return wanted.stream().anyMatch(peer -> link.name().equals(peer.link()));
    }

    private boolean isOfLink(InterfaceAddress address) {
        return !wanted.isEmpty() && address.address().isLinkLocal();
    }

    /// A session came up or went.
    void sessionChanged(IpAddress peer, boolean up) {
        if (up) {
            established.add(peer);
        } else {
            established.remove(peer);
        }
    }

    /// Looks where the links and the peers are, and says that we are there, until {@link #close}.
    void run() throws InterruptedException {
        while (!closed) {
            try {
                Found now = look();
                if (!now.equals(found)) {
                    found = now;
                    foundAt = Instant.now();
                    changed.run();
                }
            } catch (IOException e) { // the next turn looks again
                LOG.warn("event=links-unknown reason=\"{}\"", e.getMessage());
            }
            advertise();
            if (news.tryAcquire(ADVERTISE_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                news.drainPermits();
            }
        }
        rtnl.close();
    }

    private Set<InterfaceName> names() {
        return wanted.stream().map(PeerConfig::link).filter(Objects::nonNull).collect(Collectors.toSet());
    }

    private Found look() throws IOException {
        var links = new HashMap<InterfaceName, OwnEnd>();
        var obstacles = new HashMap<InterfaceName, String>();
        var there = new HashSet<InterfaceIndex>();
        for (InterfaceName name : names()) {
            Link link = link(name);
            if (link == null) {
                obstacles.put(name, "there is no " + name);
                continue;
            }
            there.add(link.index());
            Ipv6Address address = address(link.index());
            if (!link.up() || !link.carrier()) {
                obstacles.put(name, name + " is down");
            } else if (address == null) {
                obstacles.put(name, name + " has no link-local address");
            } else {
                links.put(name, new OwnEnd(link.index(), name, link.mac(), address));
            }
        }
        heard.keySet().retainAll(there); // another link may have the number one day
        return new Found(links, obstacles, heard);
    }

    private @Nullable Link link(InterfaceName name) throws IOException {
        var links = new ArrayList<Link>(1);
        try {
            rtnl.get(Link.get(name), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    links.add(link);
                }
            });
        } catch (KernelException e) {
            if (!e.is(Errno.ENODEV)) {
                throw e;
            }
        }
        return links.isEmpty() ? null : links.getFirst();
    }

    private @Nullable Ipv6Address address(InterfaceIndex link) throws IOException {
        var addresses = new ArrayList<Ipv6Address>();
        rtnl.dump(InterfaceAddress.dump(link), addresses::clear, message -> {
            InterfaceAddress own = InterfaceAddress.parse(message);
            if (own != null && own.link().equals(link) && own.address() instanceof Ipv6Address v6 && v6.canBeOnLink()) {
                addresses.add(v6);
            }
        });
        return addresses.isEmpty() ? null : addresses.getFirst();
    }

    private void advertise() {
        PacketSocket by = socket;
        for (OwnEnd own : found.links().values()) {
            if (by != null && own.mac() != null) {
                try {
                    by.send(own.index(), LinkAdvertisement.frame(own.mac(), own.address()));
                } catch (IOException e) {
                    LOG.debug("event=not-advertised link={} reason=\"{}\"", own.name(), e.getMessage());
                }
            }
        }
    }

    /// Hears routers until {@link #close}; begins when a peer is known by an interface.
    void listen() throws IOException, InterruptedException {
        opened.await();
        PacketSocket from = socket;
        while (from != null && from.receive(this::received)) {}
    }

    private void received(InterfaceIndex link, ByteBuffer frame) {
        Ipv6Address router = LinkAdvertisement.router(frame);
        boolean ours =
                found.links().values().stream().anyMatch(own -> own.index().equals(link));
        if (router == null || !ours) {
            return;
        }
        Ipv6Address known = heard.get(link);
        if (router.equals(known) || (known != null && established.contains(known.onLink(link)))) {
            return;
        }
        heard.put(link, router);
        LOG.info("event=router-found link={} address={}", link, router);
        news.release();
    }

    @Override
    public void close() {
        closed = true;
        news.release();
        PacketSocket open = socket;
        if (open != null) {
            open.close();
        }
        opened.countDown();
    }
}
