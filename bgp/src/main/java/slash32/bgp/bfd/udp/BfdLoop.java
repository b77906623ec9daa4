package slash32.bgp.bfd.udp;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.bfd.ControlPacket;
import slash32.bgp.bfd.Discard;
import slash32.net.IpAddress;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.udp.UdpSelector;
import slash32.netlink.udp.UdpSocket;

/// All BFD sessions of this node.
///
/// What waits in the sockets is taken before anybody's silence is judged, so that a thread that was held up
/// doesn't take its own delay for its neighbours'. {@link #configure}, {@link #status} and {@link #close} are
/// for any thread.
public final class BfdLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BfdLoop.class);

    private static final int HOP_LIMIT = 255;
    /// CS6, as BGP's own packets.
    private static final int TRAFFIC_CLASS = 0xc0;

    /// RFC 5881 §4.
    private static final int SOURCE_PORT_FIRST = 49_152;

    private static final int SOURCE_PORT_ATTEMPTS = 32;
    private static final int SLOT_BITS = 16;
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final BfdListener listener;
    private final UdpSelector selector;
    private final ControlPacket in = new ControlPacket();
    private final ControlPacket out = new ControlPacket();
    private final Map<IpAddress, BfdSession> sessions = new ConcurrentHashMap<>();
    private final Map<IpAddress, String> notStarted = new ConcurrentHashMap<>();
    private final List<Receiver> receivers = new ArrayList<>();
    private final Map<Discard, AtomicLong> discarded = new EnumMap<>(Discard.class);
    private volatile List<BfdPeer> wanted = List.of();
    private volatile boolean closed;
    private List<BfdPeer> applied = List.of();
    private long retryAt = Long.MAX_VALUE;
    /// Sessions by the low bits of their discriminators; one that is stopped stays until its neighbour has
    /// heard of it.
    private @Nullable BfdSession[] slots = new BfdSession[8];

    /// Where packets are received.
    private record Place(IpAddress local, int port, boolean multihop) {
        static Place of(BfdPeer peer) {
            return new Place(peer.local(), peer.port(), peer.multihop());
        }
    }

    private record Receiver(Place place, UdpSocket socket) {}

    private BfdLoop(BfdListener listener, UdpSelector selector) {
        this.listener = listener;
        this.selector = selector;
        for (Discard why : Discard.values()) {
            discarded.put(why, new AtomicLong());
        }
    }

    /// A loop without sessions; sockets are opened by the thread that runs it.
    public static BfdLoop open(BfdListener listener) throws IOException {
        return new BfdLoop(listener, UdpSelector.open());
    }

    /// Wants sessions with these and no others. One whose terms change stays up.
    public void configure(Collection<BfdPeer> peers) {
        wanted = List.copyOf(peers);
        selector.wakeup();
    }

    /// Keeps the sessions until {@link #close}, which the neighbours are told is no fault.
    public void run() throws IOException {
        try {
            while (!closed) {
                selector.await(untilNextDeadline());
                turn();
            }
            forEachSlot((session, nowNanos) -> session.stop(out, nowNanos));
        } finally {
            forEachSlot((session, _) -> session.close());
            receivers.forEach(receiver -> receiver.socket.close());
            selector.close();
        }
    }

    private interface Visit {
        void to(BfdSession session, long nowNanos);
    }

    private void forEachSlot(Visit visit) {
        long now = System.nanoTime();
        for (BfdSession session : slots) {
            if (session != null) {
                visit.to(session, now);
            }
        }
    }

    private long untilNextDeadline() {
        long next = retryAt;
        for (BfdSession session : slots) {
            if (session != null) {
                next = Math.min(next, session.nextDeadlineNanos());
            }
        }
        return next == Long.MAX_VALUE ? next : Math.max(0, next - System.nanoTime());
    }

    private void turn() throws IOException {
        long now = System.nanoTime();
        if (wanted != applied || now >= retryAt) {
            apply(wanted, now);
        }
        for (int i = 0; i < receivers.size(); i++) { // an iterator would be garbage
            receive(receivers.get(i).place, receivers.get(i).socket);
        }
        now = System.nanoTime();
        for (int slot = 0; slot < slots.length; slot++) {
            BfdSession session = slots[slot];
            if (session != null) {
                session.turn(out, now);
                if (session.isOver(now)) {
                    slots[slot] = null;
                    session.close();
                    closeUnusedReceivers();
                }
            }
        }
    }

    private void receive(Place place, UdpSocket socket) throws IOException {
        for (int length = socket.receive(); length >= 0; length = socket.receive()) {
            Discard why = in.decode(socket.received(), length);
            if (why == null) {
                BfdSession session = sessionOf(place, socket);
                if (session != null) {
                    session.received(in, System.nanoTime());
                } else {
                    why = Discard.UNKNOWN_SESSION;
                }
            }
            if (why != null) {
                counter(why).incrementAndGet();
            }
        }
    }

    /// RFC 5880 §6.8.6, and more: the sender must be the neighbour even if it knows our discriminator.
    private @Nullable BfdSession sessionOf(Place place, UdpSocket socket) {
        int discriminator = in.yourDiscriminator();
        if (discriminator != 0) {
            int slot = discriminator & ((1 << SLOT_BITS) - 1);
            BfdSession session = slot < slots.length ? slots[slot] : null;
            return session != null && session.has(discriminator) && isFrom(session, place, socket) ? session : null;
        }
        for (BfdSession session : slots) {
            if (session != null && isFrom(session, place, socket) && isWanted(session)) {
                return session;
            }
        }
        return null;
    }

    private boolean isWanted(BfdSession session) {
        return sessions.get(session.peer().address()) == session;
    }

    private static boolean isFrom(BfdSession session, Place place, UdpSocket socket) {
        BfdPeer peer = session.peer();
        return peer.multihop() == place.multihop && peer.local().equals(place.local) && socket.isFrom(peer.address());
    }

    private void apply(List<BfdPeer> peers, long nowNanos) {
        applied = peers;
        retryAt = Long.MAX_VALUE;
        var addresses = new HashSet<IpAddress>();
        for (BfdPeer peer : peers) {
            addresses.add(peer.address());
            BfdSession session = sessions.get(peer.address());
            if (session != null && session.peer().sameSession(peer)) {
                session.configure(peer, nowNanos);
                continue;
            }
            if (session != null) {
                remove(session, nowNanos);
            }
            try {
                add(peer, nowNanos);
                notStarted.remove(peer.address());
            } catch (IOException e) {
                retryAt = nowNanos + RETRY_NANOS;
                String why = String.valueOf(e.getMessage());
                if (!why.equals(notStarted.put(peer.address(), why))) {
                    LOG.error("peer={} event=bfd-not-started reason=\"{}\"", peer.address(), why);
                }
            }
        }
        notStarted.keySet().retainAll(addresses);
        for (BfdSession session : List.copyOf(sessions.values())) {
            if (!addresses.contains(session.peer().address())) {
                remove(session, nowNanos);
            }
        }
        closeUnusedReceivers();
    }

    private void remove(BfdSession session, long nowNanos) {
        sessions.remove(session.peer().address());
        session.stop(out, nowNanos);
    }

    private void add(BfdPeer peer, long nowNanos) throws IOException {
        Place place = Place.of(peer);
        if (receivers.stream().noneMatch(receiver -> receiver.place.equals(place))) {
            int hopLimit = place.multihop ? 0 : HOP_LIMIT;
            receivers.add(new Receiver(place, UdpSocket.bind(place.local, place.port, hopLimit)));
            watchReceivers();
        }
        dropStopped(peer.address());
        UdpSocket sender = senderFrom(peer.local());
        sender.sendWith(HOP_LIMIT, TRAFFIC_CLASS);
        sender.destination(peer.address(), peer.port());
        int slot = freeSlot();
        int random = ThreadLocalRandom.current().nextInt(1, 1 << SLOT_BITS);
        var session = new BfdSession(peer, random << SLOT_BITS | slot, sender, listener, nowNanos);
        slots[slot] = session;
        sessions.put(peer.address(), session);
    }

    /// A neighbour that is told of an end need not be told any more if there is a new beginning.
    private void dropStopped(IpAddress address) {
        for (int slot = 0; slot < slots.length; slot++) {
            BfdSession session = slots[slot];
            if (session != null && session.peer().address().equals(address)) {
                slots[slot] = null;
                session.close();
            }
        }
    }

    private void watchReceivers() {
        selector.watch(receivers.stream().map(Receiver::socket).toList());
    }

    /// A socket of its own for each session, so that it keeps its source port (RFC 5881 §4).
    private static UdpSocket senderFrom(IpAddress local) throws IOException {
        for (int attempt = 1; ; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(SOURCE_PORT_FIRST, 1 << 16);
            try {
                return UdpSocket.bind(local, port, 0);
            } catch (KernelException e) {
                if (!e.is(Errno.EADDRINUSE) || attempt == SOURCE_PORT_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private int freeSlot() {
        for (int slot = 0; slot < slots.length; slot++) {
            if (slots[slot] == null) {
                return slot;
            }
        }
        int first = slots.length;
        if (first == 1 << SLOT_BITS) {
            throw new IllegalStateException("more BFD sessions than discriminators");
        }
        slots = Arrays.copyOf(slots, 2 * first);
        return first;
    }

    private void closeUnusedReceivers() {
        var used = new HashSet<Place>();
        forEachSlot((session, _) -> used.add(Place.of(session.peer())));
        List<Receiver> unused = receivers.stream()
                .filter(receiver -> !used.contains(receiver.place))
                .toList();
        if (!unused.isEmpty()) {
            receivers.removeAll(unused);
            watchReceivers();
            unused.forEach(receiver -> receiver.socket.close());
        }
    }

    /// The sessions that are wanted, in address order; one that could not be started says why.
    public List<BfdStatus> status() {
        var all = new ArrayList<BfdStatus>();
        sessions.values().forEach(session -> all.add(session.status()));
        notStarted.forEach((address, why) -> all.add(BfdStatus.notStarted(address, why)));
        all.sort(Comparator.comparing(BfdStatus::address));
        return all;
    }

    /// Packets that no session took since the start.
    public long discarded(Discard why) {
        return counter(why).get();
    }

    private AtomicLong counter(Discard why) {
        return Objects.requireNonNull(discarded.get(why), "one for each");
    }

    @Override
    public void close() {
        closed = true;
        selector.wakeup();
    }
}
