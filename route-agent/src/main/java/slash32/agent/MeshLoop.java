package slash32.agent;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.OverlayConfig;
import slash32.agent.intent.Effect;
import slash32.agent.status.SasView;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.route.Nexthop.Target;
import slash32.overlay.choice.Path;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.guard.SiteGuard;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.mesh.Mesh;

/// Thread {@code mesh}: what crosses to other sites. The guard is in force before anything else; keys and device are
/// there once a node of another site is known, and a peer is keyed when a packet needs it. Others tell it, without
/// waiting.
final class MeshLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(MeshLoop.class);
    private static final int FULL_AT = 256;
    private static final int MOST_OPENING = 32;
    private static final long LOOK_NANOS = 5_000_000_000L;
    private static final long JUDGE_NANOS = 3_600_000_000_000L;

    private final Mailbox mailbox = new Mailbox(FULL_AT);
    private final KernelLoop kernel;
    private final Leads leads;
    private final MeshKeys keys;
    private final Runnable drained;
    private final SiteGuard guard;
    private final Mesh mesh;

    private final Map<IpAddress, Path> paths = new HashMap<>();
    private final Map<Ipv4Address, Peer> peers = new LinkedHashMap<>();
    /// The next hop of each guest whose own is not in this site, as far as that is known; and the other way round.
    private final Map<IpAddress, IpAddress> crossing = new HashMap<>();

    private final Map<IpAddress, Set<IpAddress>> behind = new HashMap<>();
    /// What this node announces.
    private final Set<IpAddress> here = new HashSet<>();

    private final Set<AddressFamily> complete = new HashSet<>();
    /// Peers that a packet asked for and that this thread has not looked at yet.
    private final Set<Identity> asked = ConcurrentHashMap.newKeySet();

    private final Set<IpAddress> strays = ConcurrentHashMap.newKeySet();

    /// What is to be told of ways that are ready, once the guard knows their nodes.
    private final List<Runnable> ready = new ArrayList<>();

    private final MeshTraffic traffic = new MeshTraffic();
    private TreeSet<String> failing = new TreeSet<>();
    private long lookNanos;
    private long judgeNanos;

    /// A node of another site.
    private static final class Peer {
        final Ipv4Address external;
        /// Its underlay addresses.
        final Set<IpAddress> hops = new HashSet<>();

        @Nullable
        InterfaceIndex link;

        Peer(Ipv4Address external) {
            this.external = external;
        }
    }

    /// Hears by which device a next hop is reached, if it is still to be by {@code path}.
    @FunctionalInterface
    interface Leads {
        void lead(IpAddress hop, Path.Encrypted path, Target.Gateway device);
    }

    private MeshLoop(
            OverlayConfig config,
            KernelLoop kernel,
            Leads leads,
            MeshKeys.Terms keys,
            SiteGuard guard,
            Runnable drained) {
        this.kernel = kernel;
        this.leads = leads;
        this.guard = guard;
        this.drained = drained;
        this.keys = new MeshKeys(keys, this::ikeSaid, new Wants());
        mesh = new Mesh(new Mesh.Terms(config.idle(), MOST_OPENING), ThreadLocalRandom.current());
    }

    /// A loop that has yet to run, behind a guard that is in force, in the calling thread's network namespace.
    ///
    /// @param threads starts those of IKE and the data path
    /// @param drained run after each turn, for a producer that stopped because the mailbox was full
    static MeshLoop open(AgentConfig config, KernelLoop kernel, Leads leads, MeshKeys.Starter threads, Runnable drained)
            throws IOException {
        OverlayConfig overlay = Objects.requireNonNull(config.overlay());
        SiteGuard guard = SiteGuard.install(MeshKeys.guarded(config));
        var terms = new MeshKeys.Terms(overlay, config.underlay().address(), config.external(), threads);
        return new MeshLoop(overlay, kernel, leads, terms, guard, drained);
    }

    /// Hears of what `intent` wants, once those who carry it out have.
    void carriedOut(Effect effect) {
        switch (effect) {
            case Effect.Desire.NextHop(IpAddress address, Path path) -> path(address, path);
            case Effect.Desire.Routes(RibDelta delta) -> routes(delta);
            case Effect.Desire.RoutesComplete(AddressFamily family) -> complete(family);
            case Effect.Originate originate -> here(originate.prefixes(), true);
            case Effect.Withdraw(List<Prefix> prefixes) -> here(prefixes, false);
            case Effect.Desire _, Effect.Announce _, Effect.Segment _, Effect.NoSegment _ -> {}
        }
    }

    /// How packets reach a next hop from now on.
    private void path(IpAddress hop, Path path) {
        mailbox.put(() -> pathChanged(hop, path));
    }

    /// Best paths changed.
    private void routes(RibDelta delta) {
        mailbox.put(() -> routesChanged(delta));
    }

    /// This node announces these, or no more.
    private void here(List<Prefix> prefixes, boolean announced) {
        mailbox.put(() -> prefixes.stream()
                .filter(Prefix::isHost)
                .map(Prefix::address)
                .forEach(address -> {
                    boolean _ = announced ? here.add(address) : here.remove(address);
                    stateElsewhere(address);
                }));
    }

    /// All routes of a family were said.
    private void complete(AddressFamily family) {
        mailbox.put(() -> {
            complete.add(family);
            if (complete.size() == 2) {
                guard.inSync();
            }
        });
    }

    /// Certificates and lists are read again.
    void reload() {
        mailbox.put(() -> judgeNanos = System.nanoTime());
    }

    boolean isFull() {
        return mailbox.isFull();
    }

    SasView view() throws InterruptedException {
        return mailbox.ask(() -> {
            Map<Ipv4Address, Ipv4Address> externals = new HashMap<>();
            peers.forEach((node, peer) -> externals.put(node, peer.external));
            return SasView.of(
                    mesh.peers(),
                    externals,
                    keys.certificates(),
                    keys.sas(),
                    traffic::since,
                    keys.drops(),
                    guardDrops());
        });
    }

    private Map<String, Long> guardDrops() {
        try {
            return guard.drops();
        } catch (IOException e) {
            LOG.warn("event=guard-not-read reason=\"{}\"", e.getMessage());
            return Map.of();
        }
    }

    @Override
    public void run() {
        try {
            while (!mailbox.isClosed()) {
                long now = System.nanoTime();
                long next = Math.min(guard.nextDeadlineNanos(now), mesh.nextDeadlineNanos());
                next = Math.min(next, peers.isEmpty() ? Long.MAX_VALUE : lookNanos);
                mailbox.take(Math.clamp(next - now, 0, LOOK_NANOS)).forEach(Runnable::run);
                turn(System.nanoTime());
                drained.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            keys.close();
            guard.close();
        }
    }

    private void turn(long now) {
        var failures = new ArrayList<>(guard.pass(now));
        if (!peers.isEmpty()) {
            try {
                keys.open();
                peers.forEach(this::attach);
                if (judgeNanos == 0 || judgeNanos - now <= 0) {
                    judgeNanos = now + JUDGE_NANOS;
                    keys.identify();
                }
            } catch (NoSuchFileException e) {
                failures.add(e.getMessage() + ": is not there");
            } catch (IOException e) {
                failures.add(String.valueOf(e.getMessage()));
            }
        }
        ready.forEach(Runnable::run);
        ready.clear();
        if (lookNanos - now <= 0) {
            lookNanos = now + LOOK_NANOS;
            traffic.look(keys.sas()).forEach((node, packets) -> mesh.passed(node, packets, now));
        }
        mesh.expire(now);
        for (Mesh.Action action : mesh.actions()) {
            switch (action) {
                case Mesh.Action.Connect(Ipv4Address node) -> keys.connect(node);
                case Mesh.Action.Release(Ipv4Address node) -> keys.release(node);
            }
        }
        tell(failures);
    }

    /// One line for each reason that is new.
    private void tell(List<String> failures) {
        var now = new TreeSet<>(failures);
        for (String reason : now) {
            if (!failing.contains(reason)) {
                LOG.warn("event=other-sites-not-reached reason=\"{}\"", reason);
            }
        }
        failing = now;
    }

    private void pathChanged(IpAddress hop, Path path) {
        Path before = paths.put(hop, path);
        if (before instanceof Path.Encrypted left && !left.equals(path)) {
            leave(hop, left.node());
        }
        if (hop instanceof Ipv4Address v4) {
            guard.node(v4, isElsewhere(path));
        }
        if (path instanceof Path.Encrypted(Ipv4Address node, Ipv4Address external)) {
            join(hop, node, external);
        }
        if (path instanceof Path.Native) {
            Set<IpAddress> guests = behind.remove(hop);
            if (guests != null) {
                guests.forEach(crossing::remove);
                guests.forEach(this::stateElsewhere);
            }
        } else if (before instanceof Path.Native) {
            kernel.tell(dataplane -> {
                List<IpAddress> guests = dataplane.guestsBehind(hop);
                mailbox.put(() -> guests.forEach(guest -> routed(guest, hop)));
            });
        } else {
            behind.getOrDefault(hop, Set.of()).forEach(this::stateElsewhere);
        }
    }

    private static boolean isElsewhere(@Nullable Path path) {
        return path instanceof Path.Encrypted
                || (path instanceof Path.Refused(Path.Reason why) && why == Path.Reason.OTHER_SITE);
    }

    private void join(IpAddress hop, Ipv4Address node, Ipv4Address external) {
        Peer peer = peers.get(node);
        if (peer == null || !peer.external.equals(external)) {
            if (peer != null) {
                expel(node, peer);
            }
            peer = new Peer(external);
            peers.put(node, peer);
            keys.admit(node, external);
            guard.node(external, true);
            guard.peer(external, true);
            mesh.admit(node, System.nanoTime());
        }
        peer.hops.add(hop);
        lead(hop, node, peer);
    }

    private void leave(IpAddress hop, Ipv4Address node) {
        Peer peer = peers.get(node);
        if (peer != null && peer.hops.remove(hop) && peer.hops.isEmpty()) {
            peers.remove(node);
            expel(node, peer);
        }
    }

    private void expel(Ipv4Address node, Peer peer) {
        mesh.expel(node, System.nanoTime());
        keys.expel(node);
        guard.node(peer.external, false);
        guard.peer(peer.external, false);
    }

    private void attach(Ipv4Address node, Peer peer) {
        if (peer.link != null) {
            return;
        }
        try {
            peer.link = keys.attach(node);
            peer.hops.forEach(hop -> lead(hop, node, peer));
        } catch (IOException e) {
            LOG.warn("event=peer-not-attached node={} reason=\"{}\"", node, e.getMessage());
        }
    }

    private void lead(IpAddress hop, Ipv4Address node, Peer peer) {
        InterfaceIndex link = peer.link;
        if (link != null && paths.get(hop) instanceof Path.Encrypted path) {
            IpAddress gateway = hop.isIpv4() ? node : DataPath.gateway6(node);
            ready.add(() -> leads.lead(hop, path, new Target.Gateway(gateway, link, true)));
        }
    }

    private void routesChanged(RibDelta delta) {
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes attributes = delta.attributes(i);
            IpAddress hop = attributes == null ? null : attributes.nextHop();
            boolean native_ = hop == null || paths.get(hop) instanceof Path.Native;
            if ((native_ && crossing.isEmpty())
                    || delta.length(i) != (delta.family().afi() == 1 ? 32 : 128)) {
                continue;
            }
            IpAddress guest = delta.prefix(i).address();
            if (!guest.equals(hop)) {
                routed(guest, native_ ? null : hop);
            }
        }
    }

    /// @param hop null if the guest is in this site, or nowhere
    private void routed(IpAddress guest, @Nullable IpAddress hop) {
        IpAddress before = hop == null ? crossing.remove(guest) : crossing.put(guest, hop);
        if (before != null && !before.equals(hop)) {
            behind.computeIfPresent(before, (_, guests) -> {
                guests.remove(guest);
                return guests.isEmpty() ? null : guests;
            });
        }
        if (hop != null) {
            behind.computeIfAbsent(hop, _ -> new HashSet<>()).add(guest);
        }
        stateElsewhere(guest);
    }

    private void stateElsewhere(IpAddress guest) {
        IpAddress hop = crossing.get(guest);
        guard.elsewhere(guest, hop != null && !here.contains(guest) && isElsewhere(paths.get(hop)));
    }

    /// On thread {@code ike}.
    private void ikeSaid(Action action) {
        switch (action) {
            case Action.Established(Identity peer, var _) ->
                MeshKeys.node(
                        peer,
                        node -> mailbox.put(() -> {
                            mesh.established(node, System.nanoTime());
                            keys.learn(node);
                        }));
            case Action.Lost(Identity peer, String why) ->
                MeshKeys.node(peer, node -> mailbox.put(() -> mesh.lost(node, why, System.nanoTime())));
            case Action.InstallInbound(var child) ->
                mailbox.put(() -> traffic.began(child.inboundSpi(), Instant.now()));
            case Action.Send _, Action.UseOutbound _, Action.Remove _, Action.ChildRefused _ -> {}
        }
    }

    /// On the threads of the data path, for each packet: what was asked for and not looked at yet is not asked for
    /// again.
    private final class Wants implements EspNode.Wants {
        @Override
        public void needed(Identity peer) {
            if (asked.add(peer)) {
                mailbox.put(() -> {
                    asked.remove(peer);
                    MeshKeys.node(peer, node -> mesh.needed(node, System.nanoTime()));
                });
            }
        }

        @Override
        public void strayed(IpAddress from) {
            if (strays.add(from)) {
                mailbox.put(() -> {
                    strays.remove(from);
                    keys.strayed(from, node -> mesh.needed(node, System.nanoTime()));
                });
            }
        }
    }

    void close() {
        mailbox.close();
    }
}
