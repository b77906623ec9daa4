package slash32.bgp.speaker;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.Reflection;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.net.TableSize;

/// A BGP speaker for one node: keeps the sessions, learns what peers announce, and announces what it is told to.
///
/// Everything happens on one event loop, thread {@code bgp}; the public methods only enqueue there and may be called
/// by any thread. One peer's octets can end that peer's session and nothing else.
public final class Speaker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Speaker.class);

    /// Held whether a peer has them or not.
    static final List<AddressFamily> FAMILIES = List.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    private static final long BEHIND_BYTES = 1 << 20;
    /// How long a peer has to read our last message.
    static final long FAREWELL_MILLIS = 1_000;

    private final LocRibListener listener;
    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop loop;
    private final Peers peers;
    private final Ribs ribs;
    private final Dials dials;
    /// Peers that a route of ours was for, and not for all; they are told apart from then on.
    private final Set<IpAddress> named = new HashSet<>();

    private final UpdateGroups groups;
    private final @Nullable Reflection reflection;
    private final Advertiser advertiser;
    private final Deliveries deliveries;
    private final Memberships memberships = new Memberships();
    private final EvpnImport evpn = new EvpnImport();
    private final InSync inSync;

    private final Listeners listeners;
    private final ChannelGroup leaving;
    private final Monitoring monitoring = new Monitoring(this);
    private SpeakerConfig config;
    private Set<IpAddress> ownAddresses;
    private boolean closing;
    private volatile boolean paused;

    /// A speaker that does nothing before {@link #start}.
    public Speaker(SpeakerConfig config, LocRibListener listener) {
        this.config = config;
        this.listener = listener;
        BgpIdentifier cluster = config.clusterId();
        reflection = cluster == null ? null : new Reflection(cluster);
        ownAddresses = ownAddresses(config);
        group = new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("bgp", true), EpollIoHandler.newFactory());
        loop = (EventLoop) group.next();
        leaving = new DefaultChannelGroup(loop);
        dials = new Dials(loop);
        listeners = new Listeners(loop, config, this::accepted);
        advertiser = new Advertiser(this, reflection);
        groups = new UpdateGroups(loop::execute, this::isComplete, advertiser::word, advertiser::paths, BEHIND_BYTES);
        ribs = new Ribs(config, reflection != null, groups::offers);
        peers = new Peers(this, config);
        deliveries = new Deliveries(peers, advertiser::announces, this::advertised);
        inSync = new InSync(this, peers, ribs, listener, reflection != null);
        inSync.configure(config);
    }

    /// Listens and starts every peer.
    ///
    /// @throws IOException if an address can't be listened on
    public void start() throws IOException {
        listeners.bind();
        loop.execute(() -> {
            peers.start();
            listeners.accept();
            inSync.start();
            var _ = loop.schedule(inSync::patienceOver, config.inSyncTimeout().toNanos(), TimeUnit.NANOSECONDS);
        });
    }

    private void accepted(Channel channel) {
        IpAddress from = SocketAddresses.of(((InetSocketAddress) channel.remoteAddress()).getAddress());
        PeerSession peer = peers.from(from);
        if (peer == null) {
            LOG.warn("event=connection-refused from={} reason=\"no such peer\"", from);
            var _ = channel.close();
            return;
        }
        channel.pipeline().addLast(new Inbound(peer));
        loop.execute(() -> peer.accepted(channel));
    }

    /// Forgets a peer of a range of which nothing is left.
    void considerLeaving(IpAddress address) {
        loop.execute(() -> peers.considerLeaving(address));
    }

    Dials dials() {
        return dials;
    }

    /// Replaces the configuration: peers that are new start, peers that are gone stop, those of which something
    /// changed that is negotiated are reset, and all others go on, with their new keys, limits and policies. All
    /// are reset if we become somebody else. An address that can't be listened on now is logged; the port stays.
    public void reconfigure(SpeakerConfig newConfig) {
        loop.execute(() -> {
            boolean samePerson = newConfig.asn().equals(config.asn())
                    && newConfig.identifier().equals(config.identifier());
            config = newConfig;
            ribs.configure(newConfig);
            inSync.configure(newConfig);
            ownAddresses = ownAddresses(newConfig);
            listeners.configure(newConfig);
            peers.configure(newConfig, !samePerson);
            considerInSync();
        });
    }

    /// Has traffic leave before the node does: every route of ours becomes the last choice (RFC 8326), or again what it
    /// was.
    public void drain(boolean leaving) {
        loop.execute(() -> advertiser.drain(leaving));
    }

    /// Announces these routes, each instead of what was announced for its prefix before.
    public void originate(Collection<OriginatedRoute> routes) {
        var all = new LinkedHashMap<Prefix, PathAttributes>();
        for (OriginatedRoute route : routes) {
            all.put(route.prefix(), route.attributes());
        }
        originate(all);
    }

    /// The same, with attributes as somebody else made them; each has a next hop of its prefix's family, and may be for
    /// some peers only.
    public void originate(Map<Prefix, PathAttributes> routes) {
        var copy = new LinkedHashMap<>(routes);
        loop.execute(() -> {
            copy.values().forEach(attributes -> attributes.onlyTo().forEach(this::name));
            advertiser.announce(copy);
            deliveries.begin(List.copyOf(copy.keySet()));
        });
    }

    /// Announces these routes of EVPN, each instead of what was announced for its key before (RFC 7432 §7).
    ///
    /// @throws NullPointerException if one has no next hop
    public void originateEvpn(Collection<EvpnPath> paths) {
        var all = new LinkedHashMap<Nlri, PathAttributes>();
        for (EvpnPath path : paths) {
            Objects.requireNonNull(path.attributes().nextHop(), "a route without a next hop is announced to nobody");
            all.put(new Nlri.Evpn(0, path.route()), path.attributes());
        }
        loop.execute(() -> advertiser.announce(AddressFamily.L2VPN_EVPN, all));
    }

    /// Withdraws these routes of EVPN; one that is not announced is left out.
    public void withdrawEvpn(Collection<EvpnRoute> routes) {
        List<Nlri> all =
                routes.stream().<Nlri>map(route -> new Nlri.Evpn(0, route)).toList();
        loop.execute(() -> advertiser.withdraw(AddressFamily.L2VPN_EVPN, all));
    }

    /// Tells the listener from now on of the EVPN routes that have one of these targets, and peers that ask for it
    /// that we want them (RFC 4684). None at the start.
    public void importTargets(Set<ExtendedCommunity> targets) {
        importTargets(targets, () -> {});
    }

    /// The same.
    ///
    /// @param told run on this speaker's thread once the listener has heard of all that changed
    public void importTargets(Set<ExtendedCommunity> targets, Runnable told) {
        Set<ExtendedCommunity> wanted = Set.copyOf(targets);
        loop.execute(() -> {
            advertiser.announceMemberships(evpn.targets(), wanted);
            List<EvpnChange> changes =
                    evpn.retarget(wanted, rib(AddressFamily.L2VPN_EVPN), numbers(AddressFamily.L2VPN_EVPN));
            if (!changes.isEmpty() && !closing) {
                listener.evpn(changes);
            }
            told.run();
        });
    }

    private void name(IpAddress address) {
        PeerSession peer = named.add(address) ? peers.at(address) : null;
        if (peer != null) {
            peer.refilter();
        }
    }

    /// True if some routes of ours may be for the peer of this address alone.
    boolean isNamed(IpAddress address) {
        return named.contains(address);
    }

    /// All routes that this node has at its start have been originated: peers get End-of-RIB.
    ///
    /// A reflector then drops what it kept from before our restart and was not announced again, so this must not be
    /// said too early. If it is not said, it counts as said {@link SpeakerConfig#inSyncTimeout} after the start.
    public void initialRoutesOriginated() {
        loop.execute(inSync::ownRoutesComplete);
    }

    private boolean isComplete(AddressFamily family) {
        return inSync.isComplete(family);
    }

    /// Withdraws these prefixes; one that is not announced is left out.
    public void withdraw(Collection<Prefix> prefixes) {
        List<Prefix> copy = List.copyOf(prefixes);
        loop.execute(() -> advertiser.withdraw(copy));
    }

    /// A session came up, and its peer is being told everything.
    void sessionUp() {
        deliveries.begin(advertiser.prefixes());
        considerInSync();
    }

    private void advertised(List<Prefix> prefixes) {
        if (!closing) {
            listener.advertised(prefixes);
        }
    }

    /// BFD lost {@code peer}: its session ends at once, without waiting for the hold timer (RFC 5882 §4).
    ///
    /// @param keepsRoutes the peer may only be restarting (RFC 5882 §4.3): with graceful restart its routes stay
    public void linkDown(IpAddress peer, String reason, boolean keepsRoutes) {
        loop.execute(() -> {
            PeerSession session = peers.at(peer);
            if (session != null && !closing) {
                session.linkDown(reason, keepsRoutes);
            }
        });
    }

    void changed(RibDelta delta) {
        if (closing) {
            return;
        }
        if (delta.family().equals(AddressFamily.RT_CONSTRAIN)) {
            memberships
                    .change(delta, rib(delta.family()), numbers(delta.family()))
                    .forEach(this::tellWanted);
        }
        if (reflection != null) {
            advertiser.reflect(delta);
        } else if (delta.family().equals(AddressFamily.L2VPN_EVPN)) {
            List<EvpnChange> changes = evpn.changes(delta, numbers(delta.family()));
            if (!changes.isEmpty()) {
                listener.evpn(changes);
            }
        }
        if (delta.family().isUnicast()) {
            listener.changed(delta);
        }
        monitoring.best(delta);
        if (!delta.family().isPrefixes()) {
            numbers(delta.family()).tidy();
        }
        if (!paused && !listener.ready()) {
            paused = true;
            peers.all().forEach(peer -> peer.setReading(false));
            readOnIfReady(); // it may have got room, and said so, before it could know that we paused
        }
    }

    private void tellWanted(int peer) {
        PeerSession session = peers.numbered(peer);
        if (session != null) {
            session.wants(memberships.of(peer));
        }
    }

    /// The listener has room again. Costs next to nothing if it never was full.
    public void resume() {
        if (paused) {
            loop.execute(this::readOnIfReady);
        }
    }

    private void readOnIfReady() {
        if (paused && listener.ready()) {
            paused = false;
            peers.all().forEach(peer -> peer.setReading(true));
        }
    }

    void considerInSync() {
        inSync.consider();
    }

    void peerChanged(PeerSession peer) {
        if (!closing) {
            listener.peerChanged(peer.status());
        }
    }

    /// The speaker at this moment; waits for the event loop.
    public SpeakerStatus status() {
        return monitoring.ask(this::now);
    }

    SpeakerStatus now() {
        List<PeerStatus> all = peers.all().stream()
                .map(PeerSession::status)
                .sorted(Comparator.comparing(PeerStatus::address))
                .toList();
        return new SpeakerStatus(all, ribs.sizes(), advertiser.counts(), inSync.families());
    }

    /// What the speaker's tables hold, and the room they take; waits for the event loop.
    public List<TableSize> sizes() {
        return monitoring.ask(() -> {
            List<TableSize> sizes = ribs.memory();
            sizes.add(peers.attributes());
            sizes.addAll(groups.sizes());
            return sizes;
        });
    }

    /// A best path.
    ///
    /// @param from the peer whose it is
    public record BestPath(Prefix prefix, PathAttributes attributes, IpAddress from) {}

    /// The best paths to prefixes in {@code within}, in order; waits for the event loop, which walks its whole table.
    ///
    /// @param within null for all
    public List<BestPath> bestPaths(@Nullable Prefix within) {
        return monitoring.ask(() -> ribs.bestPaths(within)).stream()
                .sorted(Comparator.comparing(BestPath::prefix))
                .toList();
    }

    /// A best path of EVPN.
    ///
    /// @param from the peer whose it is; null for our own
    /// @param imported the listener was told of it, or it is ours
    public record BestEvpn(EvpnPath path, @Nullable IpAddress from, boolean imported) {}

    /// Our own routes of EVPN and the best paths of others; waits for the event loop, which walks its whole table.
    public List<BestEvpn> bestEvpn() {
        return monitoring.ask(() -> evpn.best(
                advertiser.own(AddressFamily.L2VPN_EVPN),
                rib(AddressFamily.L2VPN_EVPN),
                numbers(AddressFamily.L2VPN_EVPN)));
    }

    /// Ends every session with Cease/Administrative Shutdown and this reason (RFC 9003), so that peers drop our
    /// routes. The listener hears nothing more.
    public void shutdown(String reason) {
        var cease = Message.Notification.cease(NotificationCode.ADMINISTRATIVE_SHUTDOWN, reason);
        endWith(peer -> peer.stop(cease), leaving::newCloseFuture);
    }

    /// Leaves without a word: peers with graceful restart keep our routes until we are back. The listener hears
    /// nothing more, so that what it has stays as it is.
    @Override
    public void close() {
        endWith(PeerSession::abandon, () -> loop.newSucceededFuture(null));
    }

    /// A connection that ends once its peer has read what was sent.
    void leaving(Channel channel) {
        leaving.add(channel);
    }

    private void endWith(Consumer<PeerSession> farewell, Supplier<Future<?>> done) {
        if (loop.isShuttingDown()) {
            return; // close() after shutdown() is fine
        }
        var _ = loop.submit(() -> {
                    closing = true;
                    inSync.stop();
                    peers.all().forEach(farewell);
                })
                .awaitUninterruptibly();
        done.get().awaitUninterruptibly(FAREWELL_MILLIS);
        end();
    }

    private void end() {
        listeners.close();
        var _ = group.shutdownGracefully(50, 2_000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
    }

    /// Who watches, and what they may look at.
    public Monitoring monitoring() {
        return monitoring;
    }

    EventLoop loop() {
        return loop;
    }

    LocRib rib(AddressFamily family) {
        return ribs.table(family);
    }

    Peers peers() {
        return peers;
    }

    UpdateGroups groups() {
        return groups;
    }

    Memberships memberships() {
        return memberships;
    }

    /// The peer of this number; null if there is none.
    @Nullable
    PeerSession session(int number) {
        return peers.numbered(number);
    }

    /// Of which there are RIBs: unicast, and what peers speak besides.
    Set<AddressFamily> families() {
        return ribs.families();
    }

    /// The numbers by which routes of {@code family} are held, unless they are plain prefixes.
    NlriNumbers numbers(AddressFamily family) {
        return ribs.numbers(family);
    }

    @Nullable
    BgpIdentifier clusterId() {
        return reflection == null ? null : reflection.clusterId();
    }

    Asn asn() {
        return config.asn();
    }

    BgpIdentifier identifier() {
        return config.identifier();
    }

    Duration inSyncTimeout() {
        return config.inSyncTimeout();
    }

    Set<IpAddress> ownAddresses() {
        return ownAddresses;
    }

    double jitter() {
        return ThreadLocalRandom.current().nextDouble();
    }

    private static Set<IpAddress> ownAddresses(SpeakerConfig config) {
        return Stream.concat(config.listen().stream(), config.peers().stream().map(PeerConfig::localAddress))
                .filter(Objects::nonNull)
                .collect(Collectors.toUnmodifiableSet());
    }
}
