package slash32.tap;

import java.io.IOException;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import slash32.net.InterfaceIndex;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.packet.PacketSocket.Instruction;
import slash32.tap.gateway.Answer;
import slash32.tap.gateway.Gateway;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.Refusal;

/// Answers the guests of this node in their gateway's name.
///
/// One socket for ARP and one for Neighbor Discovery, each with its thread: a socket bound to one protocol costs
/// packets of others nothing, a socket for all would have the kernel clone every packet that the node sends. The
/// filter lets only questions pass. Who is served may change at any time, from any thread.
public final class GatewayLoop implements AutoCloseable {
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ETHERTYPE_IPV6 = 0x86dd;

    private final PacketSocket arp;
    private final PacketSocket neighborDiscovery;
    private final Map<InterfaceIndex, Served> served = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final LongAdder replies = new LongAdder();
    private final LongAdder announcements = new LongAdder();
    private final LongAdder unsent = new LongAdder();
    private final Map<Refusal, LongAdder> refusals = new ConcurrentHashMap<>();

    private GatewayLoop(PacketSocket arp, PacketSocket neighborDiscovery) {
        this.arp = arp;
        this.neighborDiscovery = neighborDiscovery;
    }

    /// One guest's gateway, once for each loop: a gateway belongs to one thread.
    private record Served(GatewayTerms terms, Gateway arp, Gateway neighborDiscovery) {
        Served(GatewayTerms terms) {
            this(terms, new Gateway(terms), new Gateway(terms));
        }
    }

    /// What was made of the guests' frames since the start.
    ///
    /// @param announcements of guests' own addresses
    /// @param unsent replies whose interface was gone or down
    public record Counts(long replies, long announcements, long unsent, Map<Refusal, Long> refusals) {
        public Counts {
            refusals = Map.copyOf(refusals);
        }
    }

    /// Opens the sockets in the calling thread's network namespace.
    public static GatewayLoop open() throws IOException {
        PacketSocket arp = PacketSocket.open(ETHERTYPE_ARP, List.of(accept()));
        try {
            return new GatewayLoop(arp, PacketSocket.open(ETHERTYPE_IPV6, solicitations()));
        } catch (IOException e) {
            arp.close();
            throw e;
        }
    }

    private static Instruction accept() {
        return new Instruction(0x06, 0, 0, 0xffff); // ret #65535
    }

    /// ICMPv6 straight after the IPv6 header, of type 133 or 135 (linux/bpf_common.h).
    private static List<Instruction> solicitations() {
        final int loadByte = 0x30;
        final int jumpIfEqual = 0x15;
        return List.of(
                new Instruction(loadByte, 0, 0, 20),
                new Instruction(jumpIfEqual, 0, 4, 58),
                new Instruction(loadByte, 0, 0, 54),
                new Instruction(jumpIfEqual, 1, 0, 133),
                new Instruction(jumpIfEqual, 0, 1, 135),
                accept(),
                new Instruction(0x06, 0, 0, 0));
    }

    /// Answers the guest behind {@code link} from now on, and tells it at once who its router is.
    public void serve(InterfaceIndex link, GatewayTerms terms) {
        Served before = served.get(link);
        if (before == null || !before.terms().equals(terms)) {
            served.put(link, new Served(terms));
            advertise(link, terms);
        }
    }

    /// Answers nobody behind {@code link} any more.
    public void stop(InterfaceIndex link) {
        served.remove(link);
    }

    /// Tells every guest with IPv6 who its router is, again and again until {@link #close}: a guest forgets it
    /// otherwise (RFC 4861 §6.2.4).
    ///
    /// @param every well within the 18 hours that an advertisement holds
    public void runAdvertisements(Duration every) throws InterruptedException {
        while (!closed.await(every.toNanos(), TimeUnit.NANOSECONDS)) {
            served.forEach((link, guest) -> advertise(link, guest.terms()));
        }
    }

    private void advertise(InterfaceIndex link, GatewayTerms terms) {
        Gateway.advertisement(terms).ifPresent(frame -> send(neighborDiscovery, link, frame.toArray()));
    }

    /// Answers ARP until {@link #close}.
    public void runArp() throws IOException {
        run(arp, Served::arp);
    }

    /// Answers neighbour and router solicitations until {@link #close}.
    public void runNeighborDiscovery() throws IOException {
        run(neighborDiscovery, Served::neighborDiscovery);
    }

    private void run(PacketSocket socket, Function<Served, Gateway> gateway) throws IOException {
        PacketSocket.Receiver receiver = (link, bytes) -> {
            Served guest = served.get(link);
            if (guest != null) {
                byte[] frame = new byte[bytes.remaining()];
                bytes.get(bytes.position(), frame);
                take(gateway.apply(guest).on(frame, frame.length, System.nanoTime()), socket, link);
            }
        };
        boolean open = true;
        while (open) {
            open = socket.receive(receiver);
        }
    }

    private void take(Answer answer, PacketSocket socket, InterfaceIndex link) {
        switch (answer) {
            case Answer.Reply(var frame) -> {
                replies.increment();
                send(socket, link, frame.toArray());
            }
            case Answer.GuestSeen _ -> announcements.increment();
            case Answer.Refused(Refusal reason) ->
                refusals.computeIfAbsent(reason, _ -> new LongAdder()).increment();
        }
    }

    private void send(PacketSocket socket, InterfaceIndex link, byte[] frame) {
        try {
            socket.send(link, frame);
        } catch (IOException e) {
            unsent.increment();
        }
    }

    public Counts counts() {
        var byReason = new EnumMap<Refusal, Long>(Refusal.class);
        for (Refusal reason : Refusal.values()) {
            byReason.put(reason, refusals.getOrDefault(reason, new LongAdder()).sum());
        }
        return new Counts(replies.sum(), announcements.sum(), unsent.sum(), byReason);
    }

    /// Ends the loops.
    @Override
    public void close() {
        closed.countDown();
        arp.close();
        neighborDiscovery.close();
    }
}
