package slash32.bgp.speaker;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.GracefulShutdown;
import slash32.bgp.policy.Reflection;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Asn;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// A BGP speaker for one node: keeps the sessions, learns what peers announce, and announces what it is told to.
///
/// Everything happens on one event loop, thread {@code bgp}; the public methods only enqueue there and may be called
/// by any thread. One peer's octets can end that peer's session and nothing else.
public final class Speaker implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Speaker.class);

    /// Held whether a peer has them or not.
    static final List<AddressFamily> FAMILIES = List.of(AddressFamily.IPV4_UNICAST, AddressFamily.IPV6_UNICAST);

    private static final int READ_BYTES = 64 * 1024;
    private static final int CONNECT_TIMEOUT_MILLIS = 10_000;
    private static final int USER_TIMEOUT_MILLIS = 30_000;
    private static final long BEHIND_BYTES = 1 << 20;
    /// How long a peer has to read our last message.
    static final long FAREWELL_MILLIS = 1_000;

    private final LocRibListener listener;
    private final MultiThreadIoEventLoopGroup group;
    private final EventLoop loop;
    private final Map<AddressFamily, LocRib> ribs = new HashMap<>();
    private final Map<IpAddress, PeerSession> peers = new LinkedHashMap<>();
    private final Map<PeerSession, Map<Long, Channel>> dials = new HashMap<>();
    /// Our own routes, as they are announced while we don't {@link #drain}.
    private final Map<Prefix, PathAttributes> originated = new LinkedHashMap<>();

    private final UpdateGroups groups;
    private final Map<AddressFamily, NlriNumbers> numbers = new HashMap<>();
    private final PathIds pathIds = new PathIds();
    private final @Nullable Reflection reflection;

    private final Set<AddressFamily> inSync = new HashSet<>();
    private final List<Channel> listeners = new ArrayList<>();
    private final ChannelGroup leaving;
    private final Monitoring monitoring = new Monitoring(this);
    private SpeakerConfig config;
    private Set<AddressFamily> families;
    private Set<IpAddress> ownAddresses;
    private final Map<Integer, PeerSession> numbered = new HashMap<>();
    private final ArrayDeque<Integer> freeNumbers = new ArrayDeque<>();
    private int peerNumbers;
    private boolean started;
    private boolean closing;
    private boolean patienceOver;
    private boolean ownRoutesComplete;
    private volatile boolean paused;
    private boolean draining;

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
        groups = new UpdateGroups(loop::execute, this::isComplete, this::word, this::paths, BEHIND_BYTES);
        families = families(config);
        families.forEach(this::rib);
    }

    private static Set<AddressFamily> families(SpeakerConfig config) {
        var all = new TreeSet<>(FAMILIES);
        everyPeer(config).forEach(peer -> all.addAll(peer.families()));
        return all;
    }

    /// Listens and starts every peer.
    ///
    /// @throws IOException if an address can't be listened on
    public void start() throws IOException {
        for (IpAddress address : config.listen()) {
            listen(address);
        }
        loop.execute(() -> {
            config.peers().forEach(peer -> addPeer(peer, false));
            listeners.forEach(channel -> channel.config().setAutoRead(true));
            started = true;
            considerInSync();
            var _ = loop.schedule(
                    () -> {
                        patienceOver = true;
                        considerInSync();
                        completeOwnRoutes();
                        groups.drain();
                    },
                    config.inSyncTimeout().toNanos(),
                    TimeUnit.NANOSECONDS);
        });
    }

    private void listen(IpAddress address) throws IOException {
        var bootstrap = new ServerBootstrap()
                .group(loop)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(EpollChannelOption.IP_FREEBIND, true)
                .option(ChannelOption.AUTO_READ, false) // until there are sessions to give connections to
                .option(EpollChannelOption.TCP_MD5SIG, keys())
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(EpollChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted(channel);
                    }
                });
        ChannelFuture bound =
                bootstrap.bind(socketAddress(address, config.port())).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException("listen for BGP on " + address + " port " + config.port() + ": "
                    + bound.cause().getMessage());
        }
        listeners.add(bound.channel());
        signRanges(bound.channel(), config.ranges(), address.isIpv4());
        if (everyPeer(config).anyMatch(peer -> peer.options().ttlSecurityHops() > 0)) {
            // our SYN-ACK is dropped otherwise
            bound.channel().config().setOption(SocketOptions.ttl(address.isIpv4()), SocketOptions.FULL_TTL);
        }
    }

    private static Stream<PeerConfig> everyPeer(SpeakerConfig config) {
        return Stream.concat(config.peers().stream(), config.ranges().stream().map(PeerRange::template));
    }

    private static void signRanges(Channel listener, List<PeerRange> ranges, boolean ipv4) throws IOException {
        for (PeerRange range : ranges) {
            Bytes key = range.template().password();
            if (key != null && range.within().isIpv4() == ipv4) {
                SocketOptions.md5(listener, range.within(), key);
            }
        }
    }

    /// Gives a connection that is up the key of its peer, or takes the one it had (RFC 2385).
    void sign(Channel channel, PeerConfig peer) {
        Map<InetAddress, byte[]> keys = peer.password() == null
                ? Map.of()
                : Map.of(inetAddress(peer.address()), peer.password().toArray());
        channel.config().setOption(EpollChannelOption.TCP_MD5SIG, keys);
    }

    /// RFC 2385: the kernel drops segments of these peers that are not signed.
    private Map<InetAddress, byte[]> keys() {
        Map<InetAddress, byte[]> keys = new HashMap<>();
        for (PeerConfig peer : config.peers()) {
            if (peer.password() != null) {
                keys.put(inetAddress(peer.address()), peer.password().toArray());
            }
        }
        return keys;
    }

    private void accepted(Channel channel) {
        IpAddress from = IpAddress.of(
                ((InetSocketAddress) channel.remoteAddress()).getAddress().getAddress());
        PeerSession peer = peers.get(from);
        if (peer == null) {
            peer = ofRange(from);
        }
        if (peer == null) {
            LOG.warn("event=connection-refused from={} reason=\"no such peer\"", from);
            var _ = channel.close();
            return;
        }
        PeerSession known = peer;
        channel.pipeline().addLast(new PeerSession.Inbound(known));
        loop.execute(() -> known.accepted(channel));
    }

    /// A new peer of the range that {@code from} is in; null if it is in none, or that one is full.
    private @Nullable PeerSession ofRange(IpAddress from) {
        for (PeerRange range : config.ranges()) {
            if (range.within().covers(from.hostPrefix())) {
                long there = peers.values().stream()
                        .filter(PeerSession::isDynamic)
                        .filter(peer ->
                                range.within().covers(peer.config().address().hostPrefix()))
                        .count();
                return there < range.max() ? addPeer(range.peer(from), true) : null;
            }
        }
        return null;
    }

    /// Forgets a peer of a range of which nothing is left.
    void considerLeaving(IpAddress address) {
        loop.execute(() -> {
            PeerSession peer = peers.get(address);
            if (peer != null && peer.isGone()) {
                peers.remove(address);
                peer.stop(Message.Notification.of(NotificationCode.PEER_DECONFIGURED));
                dials.remove(peer);
                freeNumbers.add(peer.number());
            }
        });
    }

    private PeerSession addPeer(PeerConfig peer, boolean dynamic) {
        int number = freeNumbers.isEmpty() ? peerNumbers++ : freeNumbers.removeFirst();
        var session = new PeerSession(this, config, peer, number, dynamic);
        peers.put(peer.address(), session);
        numbered.put(number, session);
        session.start();
        return session;
    }

    void dial(PeerSession peer, long connection) {
        PeerConfig to = peer.config();
        var bootstrap = new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MILLIS)
                .option(EpollChannelOption.TCP_USER_TIMEOUT, USER_TIMEOUT_MILLIS)
                .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(READ_BYTES))
                .handler(new PeerSession.Inbound(peer));
        if (to.password() != null) {
            bootstrap.option(
                    EpollChannelOption.TCP_MD5SIG,
                    Map.of(inetAddress(to.address()), to.password().toArray()));
        }
        if (to.options().ttlSecurityHops() > 0) {
            bootstrap.option(SocketOptions.ttl(to.address().isIpv4()), SocketOptions.FULL_TTL);
        }
        if (to.localAddress() != null) {
            bootstrap.localAddress(socketAddress(to.localAddress(), 0));
        }
        ChannelFuture connect = bootstrap.connect(socketAddress(to.address(), to.port()));
        dials.computeIfAbsent(peer, _ -> new HashMap<>()).put(connection, connect.channel());
        var _ = connect.addListener(_ -> {
            boolean wanted = dials.getOrDefault(peer, Map.of()).containsKey(connection);
            dials.getOrDefault(peer, new HashMap<>()).remove(connection);
            if (!wanted) {
                var _ = connect.channel().close();
            } else if (connect.isSuccess()) {
                peer.dialed(connection, connect.channel());
            } else {
                peer.dialFailed(connection, String.valueOf(connect.cause().getMessage()));
            }
        });
    }

    void cancelDial(PeerSession peer, long connection) {
        Channel channel = dials.getOrDefault(peer, new HashMap<>()).remove(connection);
        if (channel != null) {
            var _ = channel.close();
        }
    }

    /// Replaces the configuration: peers that are new start, peers that are gone stop, those of which something
    /// changed that is negotiated are reset, and all others go on, with their new keys, limits and policies. All
    /// are reset if we become somebody else. Listening addresses stay as they were.
    public void reconfigure(SpeakerConfig newConfig) {
        loop.execute(() -> {
            boolean samePerson = newConfig.asn().equals(config.asn())
                    && newConfig.identifier().equals(config.identifier());
            var wanted = new HashMap<IpAddress, PeerConfig>();
            newConfig.peers().forEach(peer -> wanted.put(peer.address(), peer));
            List<PeerRange> rangesBefore = config.ranges();
            config = newConfig;
            families = families(newConfig);
            ribs.forEach((family, rib) -> rib.report(reports(family)));
            ownAddresses = ownAddresses(newConfig);
            listeners.forEach(channel -> channel.config().setOption(EpollChannelOption.TCP_MD5SIG, keys()));
            resign(rangesBefore, newConfig.ranges());
            for (PeerSession peer : List.copyOf(peers.values())) {
                IpAddress address = peer.config().address();
                PeerConfig now = peer.isDynamic() ? wantedOfRange(address) : wanted.get(address);
                if (samePerson && now != null && peer.config().canBecome(now)) {
                    if (!peer.config().equals(now)) {
                        peer.reconfigure(now);
                    }
                    continue;
                }
                peers.remove(address);
                peer.stop(Message.Notification.cease(
                        now == null ? NotificationCode.PEER_DECONFIGURED : NotificationCode.OTHER_CONFIGURATION_CHANGE,
                        ""));
                dials.remove(peer);
            }
            for (PeerConfig peer : newConfig.peers()) {
                if (!peers.containsKey(peer.address())) {
                    addPeer(peer, false);
                }
            }
            considerInSync();
        });
    }

    private @Nullable PeerConfig wantedOfRange(IpAddress address) {
        return config.ranges().stream()
                .filter(range -> range.within().covers(address.hostPrefix()))
                .findFirst()
                .map(range -> range.peer(address))
                .orElse(null);
    }

    /// Keys of ranges on the listening sockets.
    private void resign(List<PeerRange> before, List<PeerRange> now) {
        for (Channel channel : listeners) {
            boolean ipv4 = ((InetSocketAddress) channel.localAddress()).getAddress() instanceof Inet4Address;
            try {
                for (PeerRange gone : before) {
                    if (gone.template().password() != null && gone.within().isIpv4() == ipv4) {
                        SocketOptions.md5(channel, gone.within(), null);
                    }
                }
                signRanges(channel, now, ipv4);
            } catch (IOException e) {
                LOG.error("event=keys-not-changed listen={} reason=\"{}\"", channel.localAddress(), e.getMessage());
            }
        }
    }

    /// Has traffic leave before the node does: every route of ours becomes the last choice (RFC 8326), or again what it
    /// was.
    public void drain(boolean leaving) {
        loop.execute(() -> {
            if (draining != leaving) {
                draining = leaving;
                offer(List.copyOf(originated.keySet()));
                LOG.info("event=draining leaving={} routes={}", leaving, originated.size());
            }
        });
    }

    /// Looks again at what there is to tell of {@code prefixes}, and has the peers told.
    private void offer(List<Prefix> prefixes) {
        var touched = new HashMap<AddressFamily, BitSet>();
        for (Prefix prefix : prefixes) {
            AddressFamily family = AdjRibOut.family(prefix);
            long high = RibDelta.high(prefix);
            long low = RibDelta.low(prefix);
            int number = offer(family, high, low, prefix.length(), originated.get(prefix));
            if (number >= 0) {
                touched.computeIfAbsent(family, _ -> new BitSet()).set(number);
            }
        }
        touched.forEach(groups::touch);
    }

    /// Our own route, or else what a reflector passes on.
    ///
    /// @return the number of what is offered otherwise now; -1 if nothing is
    private int offer(AddressFamily family, long high, long low, int length, @Nullable PathAttributes own) {
        Offers offers = groups.offers(family);
        if (own != null) {
            return offers.put(high, low, length, announced(own), Offers.OWN, Offers.Origin.OURS);
        }
        PathAttributes best = reflection == null ? null : rib(family).best(high, low, length);
        return best == null
                ? offers.remove(high, low, length)
                : reflect(offers, high, low, length, best, rib(family).bestPeer(high, low, length));
    }

    private int reflect(Offers offers, long high, long low, int length, PathAttributes best, int peer) {
        PeerSession from = numbered.get(peer);
        BgpIdentifier identifier = from == null ? null : from.identifier();
        if (reflection == null || from == null || identifier == null) {
            return offers.remove(high, low, length);
        }
        Offers.Origin origin = from.kind();
        PathAttributes passed = origin == Offers.Origin.EXTERNAL ? best : reflection.reflected(best, identifier);
        return offers.put(high, low, length, passed, peer, origin);
    }

    /// Offers the best paths that changed.
    private void reflect(RibDelta delta) {
        Offers offers = groups.offers(delta.family());
        boolean anyOwn = !originated.isEmpty() && delta.family().isUnicast();
        var touched = new BitSet();
        var withPaths = new BitSet();
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes best = delta.attributes(i);
            long high = delta.high(i);
            long low = delta.low(i);
            int length = delta.length(i);
            boolean own = anyOwn && originated.containsKey(delta.prefix(i));
            int known = offers.find(high, low, length);
            if (known >= 0) {
                withPaths.set(known);
            }
            if (own) {
                continue;
            }
            int number = best == null
                    ? offers.remove(high, low, length)
                    : reflect(offers, high, low, length, best, delta.peer(i));
            if (number >= 0) {
                touched.set(number);
            }
        }
        withPaths.or(touched);
        if (!withPaths.isEmpty()) {
            groups.touch(delta.family(), withPaths, touched);
        }
    }

    /// All paths to a prefix: our own route and, of a reflector, what every peer says.
    private void paths(AddressFamily family, Offers offers, int number, Paths.Visitor visitor) {
        long high = offers.high(number);
        long low = offers.low(number);
        int length = offers.length(number);
        PathAttributes offered = offers.attributes(number);
        if (offered != null && offers.source(number) == Offers.OWN) {
            visitor.path(pathIds.of(Offers.OWN, 0), offered, Offers.OWN, Offers.Origin.OURS);
        }
        if (reflection == null) {
            return;
        }
        rib(family).forEachPath(high, low, length, (peer, id, attributes) -> {
            PeerSession from = numbered.get(peer);
            BgpIdentifier identifier = from == null ? null : from.identifier();
            if (from != null && identifier != null) {
                Offers.Origin origin = from.kind();
                PathAttributes passed =
                        origin == Offers.Origin.EXTERNAL ? attributes : reflection.reflected(attributes, identifier);
                visitor.path(pathIds.of(peer, id), passed, peer, origin);
            }
        });
    }

    /// Puts a route into a message of ours.
    private void word(
            AddressFamily family,
            int number,
            int pathId,
            Offers offers,
            @Nullable PathAttributes attributes,
            UpdateEncoder encoder) {
        if (family.isPrefixes()) {
            encoder.add(pathId, offers.high(number), offers.low(number), offers.length(number));
        } else {
            Nlri key = numbers(family).route((int) offers.high(number));
            encoder.add(NlriParts.joined(key, attributes == null ? Bytes.EMPTY : attributes.nlriData(), pathId));
        }
    }

    private PathAttributes announced(PathAttributes attributes) {
        return draining ? GracefulShutdown.announced(attributes) : attributes;
    }

    /// Announces these routes, each instead of what was announced for its prefix before.
    public void originate(Collection<OriginatedRoute> routes) {
        var all = new LinkedHashMap<Prefix, PathAttributes>();
        for (OriginatedRoute route : routes) {
            all.put(
                    route.prefix(),
                    PathAttributes.builder()
                            .asPath(AsPath.EMPTY)
                            .nextHop(route.nextHop())
                            .localPref(route.localPref())
                            .largeCommunities(route.communities())
                            .build());
        }
        originate(all);
    }

    /// The same, with attributes as somebody else made them; each has a next hop of its prefix's family.
    public void originate(Map<Prefix, PathAttributes> routes) {
        var copy = new LinkedHashMap<>(routes);
        loop.execute(() -> {
            originated.putAll(copy);
            List<Prefix> prefixes = List.copyOf(copy.keySet());
            offer(prefixes);
            tellWhenWritten(prefixes);
        });
    }

    /// All routes that this node has at its start have been originated: peers get End-of-RIB.
    ///
    /// A reflector then drops what it kept from before our restart and was not announced again, so this must not be
    /// said too early. If it is not said, it counts as said {@link SpeakerConfig#inSyncTimeout} after the start.
    public void initialRoutesOriginated() {
        loop.execute(this::completeOwnRoutes);
    }

    private void completeOwnRoutes() {
        if (!ownRoutesComplete) {
            ownRoutesComplete = true;
            groups.drain();
        }
    }

    /// All is there that peers must be told before End-of-RIB: ours, and of a reflector what its peers had.
    boolean isComplete() {
        boolean heard =
                reflection == null || patienceOver || (config.ranges().isEmpty() && inSync.containsAll(families));
        return ownRoutesComplete && heard;
    }

    /// Withdraws these prefixes; one that is not announced is left out.
    public void withdraw(Collection<Prefix> prefixes) {
        List<Prefix> copy = List.copyOf(prefixes);
        loop.execute(() -> {
            copy.forEach(originated::remove);
            offer(copy);
        });
    }

    /// A session came up, and its peer is being told everything.
    void sessionUp() {
        tellWhenWritten(List.copyOf(originated.keySet()));
        considerInSync();
    }

    private void tellWhenWritten(List<Prefix> prefixes) {
        List<PeerSession> told =
                peers.values().stream().filter(PeerSession::isTold).toList();
        if (!prefixes.isEmpty() && !told.isEmpty()) {
            var batch = new Batch(prefixes, told.size());
            told.forEach(peer -> peer.whenWritten(batch::writtenToOne));
        }
    }

    /// Prefixes that some peers are still being told.
    private final class Batch {
        private final List<Prefix> prefixes;
        private int peersLeft;

        Batch(List<Prefix> prefixes, int peersLeft) {
            this.prefixes = prefixes;
            this.peersLeft = peersLeft;
        }

        /// A peer has them all, or is no longer Established.
        void writtenToOne() {
            if (--peersLeft > 0 || closing || peers.values().stream().noneMatch(PeerSession::isTold)) {
                return;
            }
            List<Prefix> still =
                    prefixes.stream().filter(originated::containsKey).toList();
            if (!still.isEmpty()) {
                listener.advertised(still);
            }
        }
    }

    /// BFD lost {@code peer}: its session ends at once, without waiting for the hold timer (RFC 5882 §4).
    ///
    /// @param keepsRoutes the peer may only be restarting (RFC 5882 §4.3): with graceful restart its routes stay
    public void linkDown(IpAddress peer, String reason, boolean keepsRoutes) {
        loop.execute(() -> {
            PeerSession session = peers.get(peer);
            if (session != null && !closing) {
                session.linkDown(reason, keepsRoutes);
            }
        });
    }

    void changed(RibDelta delta) {
        if (closing) {
            return;
        }
        if (reflection != null) {
            reflect(delta);
        }
        if (delta.family().isUnicast()) {
            listener.changed(delta);
            monitoring.best(delta);
        }
        if (!paused && !listener.ready()) {
            paused = true;
            peers.values().forEach(peer -> peer.setReading(false));
            readOnIfReady(); // it may have got room, and said so, before it could know that we paused
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
            peers.values().forEach(peer -> peer.setReading(true));
        }
    }

    void considerInSync() {
        boolean anyUp = peers.values().stream().anyMatch(PeerSession::isEstablished);
        boolean allUp = peers.values().stream().allMatch(PeerSession::isEstablished);
        if (closing || !started || !(allUp || (anyUp && patienceOver))) {
            return;
        }
        for (AddressFamily family : families) {
            boolean complete =
                    peers.values().stream().filter(PeerSession::isEstablished).allMatch(peer -> peer.hasEnded(family));
            if (complete && inSync.add(family)) {
                LOG.info(
                        "event=in-sync family={} prefixes={}",
                        family,
                        rib(family).size());
                listener.inSync(family);
            }
        }
        if (inSync.containsAll(families)) {
            peers.values().forEach(PeerSession::restartOver);
            groups.drain();
        }
    }

    void peerChanged(PeerSession peer) {
        if (!closing) {
            listener.peerChanged(peer.status());
        }
    }

    /// The speaker at this moment; waits for the event loop.
    public SpeakerStatus status() {
        var answer = new CompletableFuture<SpeakerStatus>();
        loop.execute(() -> answer.complete(now()));
        return answer.join();
    }

    SpeakerStatus now() {
        var prefixes = new HashMap<AddressFamily, Integer>();
        ribs.forEach((family, rib) -> prefixes.put(family, rib.size()));
        List<PeerStatus> all = peers.values().stream()
                .map(PeerSession::status)
                .sorted(Comparator.comparing(PeerStatus::address))
                .toList();
        var own = new HashMap<AddressFamily, Integer>();
        originated.keySet().forEach(prefix -> own.merge(AdjRibOut.family(prefix), 1, Integer::sum));
        return new SpeakerStatus(all, prefixes, own, Set.copyOf(inSync));
    }

    /// A best path.
    ///
    /// @param from the peer whose it is
    public record BestPath(Prefix prefix, PathAttributes attributes, IpAddress from) {}

    /// The best paths to prefixes in {@code within}, in order; waits for the event loop, which walks its whole table.
    ///
    /// @param within null for all
    public List<BestPath> bestPaths(@Nullable Prefix within) {
        var answer = new CompletableFuture<List<BestPath>>();
        loop.execute(() -> {
            var found = new ArrayList<BestPath>();
            FAMILIES.forEach(family -> rib(family).forEachBest((high, low, length, attributes, from) -> {
                Prefix prefix = family.equals(AddressFamily.IPV4_UNICAST)
                        ? new Prefix(new Ipv4Address((int) (high >>> 32)), length)
                        : new Prefix(new Ipv6Address(high, low), length);
                if (within == null || within.covers(prefix)) {
                    found.add(new BestPath(prefix, attributes, from.address()));
                }
            }));
            answer.complete(found);
        });
        return answer.join().stream()
                .sorted(Comparator.comparing(BestPath::prefix))
                .toList();
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
                    peers.values().forEach(farewell);
                })
                .awaitUninterruptibly();
        done.get().awaitUninterruptibly(FAREWELL_MILLIS);
        end();
    }

    private void end() {
        for (Channel channel : listeners) {
            var _ = channel.close();
        }
        var _ = group.shutdownGracefully(50, 2_000, TimeUnit.MILLISECONDS).awaitUninterruptibly();
    }

    List<KnownPeer> knownPeers() {
        var known = new ArrayList<KnownPeer>();
        for (PeerSession peer : peers.values()) {
            BgpIdentifier identifier = peer.identifier();
            if (identifier != null) {
                PeerConfig config = peer.config();
                known.add(new KnownPeer(peer.number(), identifier, config.address(), config.asn()));
            }
        }
        return known;
    }

    /// Who watches, and what they may look at.
    public Monitoring monitoring() {
        return monitoring;
    }

    EventLoop loop() {
        return loop;
    }

    LocRib rib(AddressFamily family) {
        int paths = FAMILIES.contains(family) ? config.maximumPaths() : 1;
        return ribs.computeIfAbsent(
                family, _ -> reflection == null ? new LocRib(family, paths) : new LocRib(family, reports(family)));
    }

    private LocRib.Reports reports(AddressFamily family) {
        if (reflection == null) {
            return LocRib.Reports.BEST;
        }
        boolean all = everyPeer(config)
                .anyMatch(peer -> peer.options().session().addPathSend().contains(family));
        return all ? LocRib.Reports.EVERY_PATH : LocRib.Reports.SOURCE;
    }

    UpdateGroups groups() {
        return groups;
    }

    /// The numbers by which routes of {@code family} are held, unless they are plain prefixes.
    NlriNumbers numbers(AddressFamily family) {
        return numbers.computeIfAbsent(
                family,
                _ -> new NlriNumbers(number -> rib(family).best(number, 0, 0) != null
                        || groups.offers(family).find(number, 0, 0) >= 0));
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

    private static InetSocketAddress socketAddress(IpAddress address, int port) {
        return new InetSocketAddress(inetAddress(address), port);
    }

    private static InetAddress inetAddress(IpAddress address) {
        try {
            return InetAddress.getByAddress(address.toArray());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 or 16 octets are an address", e);
        }
    }
}
