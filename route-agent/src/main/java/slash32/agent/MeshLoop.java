package slash32.agent;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.OverlayConfig;
import slash32.agent.intent.Effect;
import slash32.agent.status.SasView;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.route.Link;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.RouteEvent;
import slash32.overlay.admin.AdminDevice;
import slash32.overlay.choice.Path;
import slash32.overlay.choice.SiteId;
import slash32.overlay.device.NodeDevices;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.esp.path.EspNode;
import slash32.overlay.guard.SiteGuard;
import slash32.overlay.ike.exchange.Action;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.mesh.Mesh;
import slash32.overlay.probe.PathState;
import slash32.overlay.probe.PathStatus;
import slash32.overlay.probe.icmp.ProbeLoop;

/// Thread {@code mesh}: what crosses to other sites. The guard is in force before anything else; keys and device are
/// there once a node of another site is known, and a peer is keyed when a packet needs it. Others tell it, without
/// waiting.
final class MeshLoop implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(MeshLoop.class);
    private static final int FULL_AT = 256;
    private static final int MOST_OPENING = 32;
    private static final long LOOK_NANOS = 5_000_000_000L;
    private static final long JUDGE_NANOS = 3_600_000_000_000L;
    private static final long JUDGE_AGAIN_NANOS = 30_000_000_000L;

    private final Mailbox mailbox = new Mailbox(FULL_AT);
    /// Ports that frames come to from nodes of these sites alone.
    private final Map<Integer, Set<SiteId>> limitedPorts;

    private final KernelLoop kernel;
    private final Leads leads;
    private final MeshKeys keys;
    private final Runnable drained;
    private final SiteGuard guard;
    private final Set<Ipv4Address> known;
    private final Mesh mesh;
    private final Crossings crossings = new Crossings(new Hands());
    private final ProbeLoop probes;
    private final Ipv4Address underlay;
    private final int deviceMtuBytes;
    private final @Nullable AdminPart admin;

    private final Set<AddressFamily> complete = new HashSet<>();
    /// What an earlier run left of keys is gone.
    private boolean settled;

    /// Peers that a packet asked for and that this thread has not looked at yet.
    private final Set<Identity> asked = ConcurrentHashMap.newKeySet();

    private final Set<IpAddress> strays = ConcurrentHashMap.newKeySet();

    /// Whether this thread has yet to look at what others changed of the guard.
    private final AtomicBoolean guardInDoubt = new AtomicBoolean();

    /// What is to be told of ways that are ready, once the guard knows their nodes.
    private final List<Runnable> ready = new ArrayList<>();

    private final MeshTraffic traffic = new MeshTraffic();
    private TreeSet<String> failing = new TreeSet<>();
    private long lookNanos;
    private long judgeNanos;
    private @Nullable String notJudged;

    /// Hears by which device a next hop is reached, if it is still to be by {@code path}.
    @FunctionalInterface
    interface Leads {
        /// Called when it is ready.
        ///
        /// @param routed where guests' packets go
        /// @param frames link by which segments' frames leave
        /// @param mtuBytes of the path, if that is less than the device's; else 0
        void lead(IpAddress hop, Path.Encrypted path, Target.Gateway routed, InterfaceIndex frames, int mtuBytes);
    }

    private MeshLoop(
            MeshKeys.Terms keys,
            Map<Integer, Set<SiteId>> limitedPorts,
            KernelLoop kernel,
            Leads leads,
            SiteGuard guard,
            @Nullable AdminPart admin,
            ProbeLoop probes,
            Runnable drained) {
        OverlayConfig config = keys.overlay();
        this.limitedPorts = Map.copyOf(limitedPorts);
        this.kernel = kernel;
        this.leads = leads;
        this.guard = guard;
        this.admin = admin;
        this.probes = probes;
        underlay = keys.underlay();
        deviceMtuBytes = config.mtuBytes();
        this.drained = drained;
        this.keys = new MeshKeys(keys, this::ikeSaid, new Wants());
        known = config.peers();
        known.forEach(external -> guard.peer(external, true));
        mesh = new Mesh(new Mesh.Terms(config.idle(), MOST_OPENING), ThreadLocalRandom.current());
    }

    /// A loop that has yet to run, behind a guard that is in force, in the calling thread's network namespace.
    ///
    /// @param exclusiveRules whether others are kept from changing the guard, where the kernel can
    /// @param threads starts those of IKE and the data path
    /// @param probes watches the paths to nodes that there are keys with
    /// @param drained run after each turn, for a producer that stopped because the mailbox was full
    /// @param announceAdmin run once this node has its address in the admin network
    static MeshLoop open(
            AgentConfig config,
            boolean exclusiveRules,
            KernelLoop kernel,
            Leads leads,
            MeshKeys.Starter threads,
            ProbeLoop probes,
            Runnable drained,
            Runnable announceAdmin)
            throws IOException {
        OverlayConfig overlay = Objects.requireNonNull(config.overlay());
        SasView.Carrier carrier = MeshKeys.choose(overlay, config.external());
        if (carrier.isFallback()) {
            LOG.warn(
                    "event=data-path-fallback kind={} reason=\"{}\"",
                    carrier.kind().label(),
                    carrier.instead());
        } else {
            LOG.info("event=data-path-chosen kind={}", carrier.kind().label());
        }
        SiteGuard guard = SiteGuard.install(MeshKeys.guarded(config, carrier), exclusiveRules);
        AdminPart admin = null;
        if (overlay.admin() != null) {
            Ipv4Address own = overlay.admin().address();
            admin = new AdminPart(own, AdminDevice.open(own), guard, announceAdmin);
            admin.put(); // before anybody hears of the kernel's events
        }
        var terms = new MeshKeys.Terms(overlay, config.underlay().address(), config.external(), carrier, threads);
        return new MeshLoop(terms, HostSettings.limitedPorts(config), kernel, leads, guard, admin, probes, drained);
    }

    /// Hears of what `intent` wants, once those who carry it out have.
    void carriedOut(Effect effect) {
        switch (effect) {
            case Effect.Desire.NextHop(IpAddress address, Path path) ->
                mailbox.put(() -> crossings.path(address, path));
            case Effect.Desire.Routes(RibDelta delta, var _) -> mailbox.put(() -> crossings.routes(delta));
            case Effect.Desire.RoutesComplete(AddressFamily family) -> complete(family);
            case Effect.Originate originate -> mailbox.put(() -> crossings.here(originate.prefixes(), true));
            case Effect.Withdraw(List<Prefix> prefixes) -> mailbox.put(() -> crossings.here(prefixes, false));
            case Effect.AdminAddress said -> {
                AdminPart part = admin;
                if (part != null) {
                    mailbox.put(() -> part.stated(said));
                }
            }
            case Effect.Desire _, Effect.Announce _, Effect.Segment _, Effect.NoSegment _ -> {}
        }
    }

    /// This node's address in the admin network is announced as soon as it is there; called before {@link #run} too.
    void begin() {
        if (admin != null) {
            admin.announce();
        }
    }

    /// Why this node has no address in the admin network; null if it has, or is to have none.
    @Nullable
    String adminObstacle() {
        return admin == null ? null : admin.obstacle();
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

    /// Hears of the kernel's events, on their thread: a peer's device that somebody removed is made anew.
    void observed(RouteEvent event) {
        if (event instanceof RouteEvent.LinkRemoved(Link link) && NodeDevices.isName(link.name())) {
            mailbox.put(() -> crossings.deviceGone(link.index()));
        }
        AdminPart part = admin;
        if (part != null && part.isConcerned(event)) {
            mailbox.put(part::put);
        }
    }

    /// The guard's table, if others may change it.
    Optional<RuleEvents.Watched> watched() {
        return guard.exclusive()
                ? Optional.empty()
                : Optional.of(new RuleEvents.Watched(List.of(SiteGuard.TABLE), guard.port(), this::guardMayBeChanged));
    }

    /// Others may have changed the guard.
    void guardMayBeChanged() {
        if (guardInDoubt.compareAndSet(false, true)) {
            mailbox.put(() -> {
                guardInDoubt.set(false);
                guard.resync(System.nanoTime());
            });
        }
    }

    /// Certificates and lists are read again.
    void reload() {
        mailbox.put(() -> judgeNanos = System.nanoTime());
    }

    boolean isFull() {
        return mailbox.isFull();
    }

    SasView view() throws InterruptedException {
        return mailbox.ask(() -> SasView.of(
                keys.carrier(),
                mesh.peers(),
                crossings.peers(),
                keys.certificates(),
                keys.sas(),
                traffic::since,
                keys.drops(),
                new SasView.Guard(guard.inForce(), guard.repairs(), guardDrops()),
                keys.proofs()));
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
                next = Math.min(next, crossings.peers().isEmpty() ? Long.MAX_VALUE : lookNanos);
                mailbox.take(Math.clamp(next - now, 0, LOOK_NANOS)).forEach(Runnable::run);
                turn(System.nanoTime());
                drained.run();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            keys.close();
            guard.close();
            if (admin != null) {
                admin.close();
            }
        }
    }

    private void turn(long now) {
        var failures = new ArrayList<>(guard.pass(now));
        String found = guard.takeFound();
        if (found != null) {
            LOG.warn("event=guard-put-right found=\"{}\"", found);
        }
        try {
            if (!crossings.peers().isEmpty()) {
                keys.open();
                crossings.unattached().forEach(node -> attach(node, failures));
                if (judgeNanos == 0 || judgeNanos - now <= 0) {
                    judge(now);
                }
                if (notJudged != null) {
                    failures.add(notJudged);
                }
            }
            if (!settled && complete.size() == 2 && crossings.unattached().isEmpty()) {
                keys.settled().forEach(node -> mesh.needed(node, now));
                settled = true;
            }
        } catch (IOException e) {
            failures.add(reason(e));
        }
        ready.forEach(Runnable::run);
        ready.clear();
        if (lookNanos - now <= 0) {
            lookNanos = now + LOOK_NANOS;
            traffic.look(keys.sas())
                    .forEach((node, packets) -> mesh.passed(node, packets - probes.echoesWith(node), now));
            keys.alive(traffic.heard());
            if (traffic.isStraying(keys.strayed())) {
                crossings.peers().keySet().forEach(node -> mesh.needed(node, now));
            }
            watchPaths();
            if (admin != null) {
                admin.put();
            }
        }
        begin();
        mesh.expire(now);
        for (Mesh.Action action : mesh.actions()) {
            switch (action) {
                case Mesh.Action.Connect(Ipv4Address node) -> keys.connect(node);
                case Mesh.Action.Release(Ipv4Address node) -> keys.release(node);
            }
        }
        tell(failures);
    }

    /// Reads certificates and lists; what there was before counts until that succeeds.
    private void judge(long now) {
        try {
            keys.identify();
            judgeNanos = now + JUDGE_NANOS;
            notJudged = null;
        } catch (IOException e) {
            judgeNanos = now + JUDGE_AGAIN_NANOS;
            notJudged = "certificates are not read anew: " + reason(e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? e.getMessage() + ": is not there" : String.valueOf(e.getMessage());
    }

    private void watchPaths() {
        var ends = new ArrayList<ProbeLoop.Encrypted>();
        for (Mesh.Status status : mesh.peers()) {
            Crossings.Devices devices = crossings.devices(status.node());
            if (status.phase() == Mesh.Phase.ESTABLISHED && devices != null) {
                ends.add(new ProbeLoop.Encrypted(status.node(), devices.sealed()));
            }
        }
        probes.watchEncrypted(underlay, ends, deviceMtuBytes);
    }

    /// What passes on the way to a node of another site was found out; on thread {@code path-probe}.
    void probed(PathStatus path) {
        if (path.state() == PathState.OPEN || path.fitsBytes() > 0) {
            mailbox.put(() -> crossings.narrow(path.path().node(), path.fitsBytes()));
        }
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

    private void attach(Ipv4Address node, List<String> failures) {
        try {
            crossings.attached(node, keys.attach(node));
        } catch (IOException e) {
            failures.add("node " + node + ": " + e.getMessage());
        }
    }

    /// Those of this thread, and of the kernel's writer.
    private final class Hands implements Crossings.Hands {
        @Override
        public void elsewhere(IpAddress guest, boolean there) {
            guard.elsewhere(guest, there);
        }

        @Override
        public void node(IpAddress address, boolean there) {
            guard.node(address, there);
        }

        @Override
        public void admit(Path.Encrypted path) {
            keys.admit(path);
            guard.node(path.external(), true);
            guard.peer(path.external(), true);
            limitedPorts.forEach((port, sites) -> guard.frames(path.node(), port, sites.contains(path.site())));
            mesh.admit(path.node(), System.nanoTime());
        }

        @Override
        public void expel(Ipv4Address node, Ipv4Address external) {
            mesh.expel(node, System.nanoTime());
            keys.expel(node);
            guard.node(external, false);
            limitedPorts.keySet().forEach(port -> guard.frames(node, port, false));
            guard.peer(external, known.contains(external));
        }

        @Override
        public void lead(IpAddress hop, Path.Encrypted path, Crossings.Devices devices, int mtuBytes) {
            IpAddress gateway = hop.isIpv4() ? path.node() : DataPath.gateway6(path.node());
            var routed = new Target.Gateway(gateway, devices.routed(), true);
            ready.add(() -> leads.lead(hop, path, routed, devices.sealed(), mtuBytes));
        }

        @Override
        public void askGuestsBehind(IpAddress hop) {
            kernel.tell(dataplane -> {
                List<IpAddress> guests = dataplane.guestsBehind(hop);
                mailbox.put(() -> crossings.guestsBehind(hop, guests));
            });
        }
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
            case Action.NotRenewed(Identity peer, String why) ->
                LOG.warn("event=peer-not-proven-anew node={} reason=\"{}\"", peer, why);
            case Action.Send _, Action.Keepalive _, Action.UseOutbound _, Action.Remove _, Action.ChildRefused _ -> {}
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
