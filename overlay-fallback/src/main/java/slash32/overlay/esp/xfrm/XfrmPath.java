package slash32.overlay.esp.xfrm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.Subscription;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.netlink.udp.UdpSelector;
import slash32.netlink.xfrm.StateId;
import slash32.netlink.xfrm.Xfrm;
import slash32.netlink.xfrm.XfrmEvent;
import slash32.netlink.xfrm.XfrmMode;
import slash32.netlink.xfrm.XfrmPolicy;
import slash32.netlink.xfrm.XfrmState;
import slash32.overlay.device.NodeDevices;
import slash32.overlay.esp.path.DataPath;
import slash32.overlay.esp.path.Drop;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.PathListener;
import slash32.overlay.esp.path.SaStatus;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.exchange.PeerConfig;
import slash32.overlay.ike.wire.Identity;
import slash32.reconcile.Backoff;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// ESP by the kernel: Child SAs are its states, and what goes into a peer's XFRM interface leaves by them or not at
/// all.
///
/// Policies are reconciled; states are not. A state that was put back would begin its sequence numbers anew, so one
/// that somebody removed is replaced by IKE. What a stopped process leaves goes on carrying traffic until the next
/// has keys.
public final class XfrmPath implements DataPath {
    private static final Logger LOG = LoggerFactory.getLogger(XfrmPath.class);

    /// Of all that is ours. Which peer's a state is, its interface says.
    static final int REQID = 0x5332_0000;

    static final int REPLAY_WINDOW = 1_024;

    /// Of a direction in which nothing is received; none is not allowed with ESN.
    private static final int NO_WINDOW = 1;

    /// How long an earlier run's states go on receiving once there is a new one.
    private static final long LINGER_NANOS = 5_000_000_000L;

    private static final int MARKER_BYTES = 4;

    private final Ipv4Address self;
    private final BatchUdpSocket socket;
    private final Lifetime lifetime;
    private final PathListener listener;
    private final NetlinkSocket xfrm;
    private final NodeDevices devices;
    private final Subscription events;
    private final UdpSelector selector;
    private final KernelDrops drops;
    private final Reconciler<PolicyTable.Key, XfrmPolicy> policies;
    private final Map<Ipv4Address, Peer> peers = new HashMap<>();
    private final Map<Identity, Peer> byIdentity = new HashMap<>();
    /// By the SPI that they receive with.
    private final Map<Integer, ChildSa> children = new HashMap<>();
    /// Those of {@link #children} whose outbound state is in the kernel.
    private final Map<StateId, ChildSa> senders = new HashMap<>();
    /// States that an earlier run left, by the interface that they are of.
    private final Map<StateId, Integer> earlier = new HashMap<>();

    private final Map<Integer, Long> earlierUntil = new HashMap<>();
    private volatile boolean stopped;

    private XfrmPath(Ipv4Address self, BatchUdpSocket socket, int mtuBytes, Lifetime lifetime, PathListener listener)
            throws IOException {
        this.self = self;
        this.socket = socket;
        this.lifetime = lifetime;
        this.listener = listener;
        xfrm = NetlinkSocket.open(NetlinkProtocol.XFRM);
        devices = new NodeDevices(NodeDevices.Kind.XFRM, mtuBytes);
        selector = UdpSelector.open();
        selector.watch(List.of(socket));
        events = Subscription.open(
                NetlinkProtocol.XFRM,
                Xfrm.XFRMNLGRP_ACQUIRE,
                Xfrm.XFRMNLGRP_EXPIRE,
                Xfrm.XFRMNLGRP_SA,
                Xfrm.XFRMNLGRP_POLICY,
                Xfrm.XFRMNLGRP_MAPPING);
        policies = new Reconciler<>(new PolicyTable(xfrm), Backoff.KERNEL);
        drops = new KernelDrops();
        states(xfrm, (state, _) -> earlier.put(state.id(), state.interfaceId()));
    }

    /// Binds UDP 4500 in the calling thread's network namespace, and finds what an earlier run left.
    ///
    /// @param self this node's underlay address
    /// @param local its address for ESP
    /// @param mtuBytes of the packets that fit
    public static XfrmPath open(
            Ipv4Address self, IpAddress local, int mtuBytes, Lifetime lifetime, PathListener listener)
            throws IOException {
        BatchUdpSocket socket = BatchUdpSocket.bindForKernelEsp(local, Path.NAT_PORT);
        try {
            return new XfrmPath(self, socket, mtuBytes, lifetime, listener);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    @Override
    public boolean needsUdp() {
        return false;
    }

    /// Asks for a new Child SA at once where an earlier run's carries the traffic: its keys are not ours to replace.
    @Override
    public InterfaceIndex attach(Ipv4Address node, PeerConfig config) throws IOException {
        if (config.transport()) {
            throw new IllegalArgumentException(config.identity() + ": transport mode is not carried");
        }
        InterfaceIndex device;
        boolean adopted;
        synchronized (this) {
            Peer peer = peers.computeIfAbsent(node, _ -> new Peer(node, config));
            byIdentity.put(config.identity(), peer);
            state(peer); // before there is a device
            device = devices.putXfrm(node, self);
            adopted = earlier.containsValue(node.value());
        }
        if (adopted) {
            listener.needed(config.identity());
        }
        return device;
    }

    @Override
    public synchronized void detach(Ipv4Address node) {
        Peer peer = peers.remove(node);
        if (peer == null) {
            return;
        }
        byIdentity.remove(peer.config.identity());
        try {
            devices.remove(node);
        } catch (IOException e) {
            LOG.warn("esp detach node={} error={}", node, e.getMessage());
        }
        peer.stated.forEach(policies::remove);
        pass();
        forgetEarlier(node.value());
    }

    /// All peers that there are have been attached: what an earlier run left of others goes.
    @Override
    public synchronized void settled() {
        policies.inSync();
        pass();
        earlier.values().stream()
                .distinct()
                .filter(id -> !peers.containsKey(new Ipv4Address(id)))
                .toList()
                .forEach(this::forgetEarlier);
        try {
            devices.keep(peers.keySet());
        } catch (IOException e) {
            LOG.warn("esp remove devices error={}", e.getMessage());
        }
    }

    @Override
    public synchronized void receive(ChildSa child) {
        Peer peer = peer(child);
        if (peer == null || children.putIfAbsent(child.inboundSpi(), child) != null) {
            return;
        }
        if (add(inbound(peer, child), child.inboundKey().toArray())) {
            peer.installed.add(child);
            state(peer);
        } else {
            children.remove(child.inboundSpi());
        }
    }

    @Override
    public synchronized void send(ChildSa child) {
        Peer peer = peer(child);
        if (peer == null || !child.equals(children.get(child.inboundSpi()))) {
            return;
        }
        XfrmState state = outbound(peer, child);
        if (!senders.containsKey(state.id())) {
            if (!add(state, child.outboundKey().toArray())) {
                return;
            }
            senders.put(state.id(), child);
        }
        peer.used = child;
        state(peer);
        if (earlier.containsValue(peer.node.value())) {
            earlierUntil.putIfAbsent(peer.node.value(), System.nanoTime() + LINGER_NANOS);
            selector.wakeup();
        }
    }

    @Override
    public synchronized void remove(ChildSa child) {
        if (!children.remove(child.inboundSpi(), child)) {
            return;
        }
        Peer peer = peer(child);
        if (peer != null) {
            peer.installed.remove(child);
            peer.used = child.equals(peer.used) ? null : peer.used;
            state(peer);
        }
        StateId sending = sending(child);
        if (senders.remove(sending) != null) {
            delete(sending);
        }
        delete(receiving(child));
    }

    private static StateId receiving(ChildSa child) {
        return new StateId(child.path().local(), child.inboundSpi());
    }

    private static StateId sending(ChildSa child) {
        return new StateId(child.path().remote(), child.outboundSpi());
    }

    private @Nullable Peer peer(ChildSa child) {
        if (child.transport()) {
            LOG.warn("esp refused child={} reason=transport", child);
            return null;
        }
        return byIdentity.get(child.peer());
    }

    private static XfrmState inbound(Peer peer, ChildSa child) {
        Path path = child.path();
        return new XfrmState(
                receiving(child),
                path.remote(),
                REQID,
                peer.node.value(),
                XfrmMode.TUNNEL,
                child.esn(),
                REPLAY_WINDOW,
                child.encapsulated() ? new XfrmState.UdpPorts(path.remotePort(), path.localPort()) : null,
                -1,
                -1);
    }

    private XfrmState outbound(Peer peer, ChildSa child) {
        Path path = child.path();
        return new XfrmState(
                sending(child),
                path.local(),
                REQID,
                peer.node.value(),
                XfrmMode.TUNNEL,
                child.esn(),
                NO_WINDOW,
                child.encapsulated() ? new XfrmState.UdpPorts(path.localPort(), path.remotePort()) : null,
                lifetime.packets(child.esn()),
                lifetime.octets());
    }

    private boolean add(XfrmState state, byte[] key) {
        boolean done = execute(state.add(key));
        Arrays.fill(key, (byte) 0);
        return done;
    }

    /// One that is gone is no failure.
    private void delete(StateId id) {
        execute(id.delete());
    }

    private boolean execute(Request request) {
        try {
            xfrm.execute(request);
            return true;
        } catch (KernelException e) {
            if (!e.is(Errno.ESRCH)) {
                LOG.warn("esp kernel error={}", e.getMessage());
            }
        } catch (IOException e) {
            LOG.warn("esp kernel error={}", e.getMessage());
        }
        return false;
    }

    private void state(Peer peer) {
        Map<PolicyTable.Key, XfrmPolicy> wanted = peer.policies();
        peer.stated.stream().filter(key -> !wanted.containsKey(key)).forEach(policies::remove);
        peer.stated = Set.copyOf(wanted.keySet());
        wanted.forEach(policies::put);
        pass();
    }

    private void pass() {
        Pass<PolicyTable.Key, XfrmPolicy> pass = policies.pass(System.nanoTime());
        for (Failure<PolicyTable.Key> failure : pass.failed()) {
            LOG.warn("esp policy error={}", failure.reason());
        }
        if (pass.broken() != null) {
            LOG.warn("esp policies error={}", pass.broken());
        }
        if (!pass.failed().isEmpty() || pass.broken() != null) {
            selector.wakeup(); // which retries it
        }
    }

    private void forgetEarlier(int interfaceId) {
        List<StateId> gone = earlier.entrySet().stream()
                .filter(entry -> entry.getValue() == interfaceId)
                .map(Map.Entry::getKey)
                .toList();
        gone.forEach(id -> {
            earlier.remove(id);
            delete(id);
        });
        earlierUntil.remove(interfaceId);
    }

    @Override
    public Map<String, Loop> loops() {
        return Map.of("esp-in", this::serve, "esp-events", this::follow);
    }

    /// Port 4500, from which the kernel takes what is ESP, and what is to be done at a time.
    private void serve() throws IOException {
        while (!stopped) {
            int length = socket.receive();
            if (length < 0) {
                selector.await(maintain());
                continue;
            }
            byte[] datagram = new byte[length];
            socket.received().get(0, datagram);
            if (length > MARKER_BYTES && Arrays.mismatch(datagram, new byte[MARKER_BYTES]) == MARKER_BYTES) {
                byte[] message = Arrays.copyOfRange(datagram, MARKER_BYTES, length);
                if (!listener.received(socket.sender(), socket.senderPort(), message)) {
                    drops.countIkeBusy();
                }
            }
        }
    }

    /// @return how long nothing is to be done
    private synchronized long maintain() {
        long now = System.nanoTime();
        long next = Long.MAX_VALUE;
        for (Map.Entry<Integer, Long> entry : List.copyOf(earlierUntil.entrySet())) {
            long left = entry.getValue() - now;
            if (left <= 0) {
                forgetEarlier(entry.getKey());
            } else {
                next = Math.min(next, left);
            }
        }
        if (policies.due(now)) {
            pass();
        }
        long policiesAt = policies.nextDeadlineNanos(now);
        return policiesAt == Long.MAX_VALUE ? next : Math.min(next, Math.max(1, policiesAt - now));
    }

    private void follow() throws IOException {
        while (true) {
            switch (events.receive(this::hear)) {
                case EVENTS -> {}
                case OVERRUN -> overrun();
                case CLOSED -> {
                    return;
                }
            }
        }
    }

    private synchronized void overrun() {
        policies.resync();
        pass();
    }

    private void hear(Message message) {
        XfrmEvent event = XfrmEvent.parse(message);
        if (event == null) {
            return;
        }
        switch (event) {
            case XfrmEvent.StateWanted(int interfaceId) -> {
                Peer peer = peerOf(interfaceId);
                if (peer != null) {
                    listener.needed(peer.config.identity());
                }
            }
            case XfrmEvent.WornOut(StateId id) -> replace(id, "worn out");
            case XfrmEvent.StateRemoved(StateId id) -> replace(id, "removed by another");
            case XfrmEvent.StatesFlushed() -> ids().forEach(id -> replace(id, "flushed by another"));
            case XfrmEvent.Moved(StateId id, IpAddress from, int port) -> moved(id, from, port);
            case XfrmEvent.PolicyPut(XfrmPolicy policy) -> observed(policy);
            case XfrmEvent.PoliciesRemoved() -> overrun();
        }
    }

    private synchronized @Nullable Peer peerOf(int interfaceId) {
        return peers.get(new Ipv4Address(interfaceId));
    }

    private synchronized List<StateId> ids() {
        return children.values().stream().map(XfrmPath::receiving).toList();
    }

    private void replace(StateId id, String why) {
        ChildSa child;
        synchronized (this) {
            child = senders.get(id);
            ChildSa receiver = children.get(id.spi());
            if (child == null && receiver != null && receiving(receiver).equals(id)) {
                child = receiver;
            }
        }
        if (child != null) {
            LOG.info("esp replace child={} reason={}", child, why);
            listener.wornOut(child.inboundSpi());
        }
    }

    private void moved(StateId id, IpAddress from, int port) {
        ChildSa child;
        synchronized (this) {
            child = children.get(id.spi());
        }
        if (child != null && receiving(child).equals(id)) {
            listener.moved(id.spi(), from, port);
        }
    }

    private synchronized void observed(XfrmPolicy policy) {
        PolicyTable.Key key = PolicyTable.Key.of(policy);
        if (policies.desired(key) != null) {
            policies.observed(key, policy);
            pass();
        }
    }

    interface StateReader {
        void read(XfrmState state, XfrmState.Counters counters) throws IOException;
    }

    private record Counted(XfrmState state, XfrmState.Counters counters) {}

    /// Reads those that are ours.
    static void states(NetlinkSocket xfrm, StateReader reader) throws IOException {
        var found = new ArrayList<Counted>();
        xfrm.dump(XfrmState.dump(), found::clear, message -> {
            XfrmState state = XfrmState.parse(message);
            if (state != null && state.reqid() == REQID) {
                found.add(new Counted(state, XfrmState.counters(message)));
            }
        });
        for (Counted one : found) {
            reader.read(one.state, one.counters);
        }
    }

    /// Octets of what goes out are of what is inside ESP, of what comes too.
    @Override
    public synchronized List<SaStatus> sas() {
        var counters = new HashMap<StateId, XfrmState.Counters>();
        try {
            states(xfrm, (state, counts) -> counters.put(state.id(), counts));
        } catch (IOException e) {
            LOG.warn("esp read states error={}", e.getMessage());
        }
        return children.values().stream().map(child -> status(child, counters)).toList();
    }

    private SaStatus status(ChildSa child, Map<StateId, XfrmState.Counters> counters) {
        var none = new XfrmState.Counters(0, 0, 0, 0);
        XfrmState.Counters in = counters.getOrDefault(receiving(child), none);
        XfrmState.Counters out = counters.getOrDefault(sending(child), none);
        Peer peer = peer(child);
        boolean used = peer != null && child.equals(peer.used);
        return new SaStatus(child, used, in.packets(), in.octets(), out.packets(), out.octets());
    }

    @Override
    public Map<Drop, Long> drops() {
        return drops.all();
    }

    @Override
    public void send(IpAddress to, int port, byte[] marked) throws IOException {
        socket.sendAlone(to, port, marked);
    }

    @Override
    public void stop() {
        stopped = true;
        selector.wakeup();
        events.close();
    }

    /// Closes the sockets. States, policies and devices stay: the kernel goes on without us.
    @Override
    public void close() {
        selector.close();
        socket.close();
        xfrm.close();
        devices.close();
    }
}
