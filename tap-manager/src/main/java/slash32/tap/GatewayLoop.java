package slash32.tap;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.stream.Stream;
import slash32.net.InterfaceIndex;
import slash32.net.MacAddress;
import slash32.tap.gateway.Answer;
import slash32.tap.gateway.Gateway;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.Refusal;
import slash32.tap.gateway.SegmentRouter;
import slash32.tap.gateway.dhcp.DhcpServer;

/// Answers the guests of this node in their gateway's name.
///
/// One socket for ARP, one for Neighbor Discovery and DHCPv6, one for DHCPv4, one for RARP, each with its thread: a
/// socket bound to one protocol costs packets of others nothing, a socket for all would have the kernel clone every
/// packet that the node sends. The filter lets only questions pass, and all that an awaited guest sends. Who is served
/// may change at any time, from any thread; who is awaited, from one.
public final class GatewayLoop implements AutoCloseable {
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int ETHERTYPE_RARP = 0x8035;
    private static final int SOURCE_MAC = 6;
    private static final int MAC_BYTES = 6;
    private static final int IPV6_NEXT_HEADER = 20;
    private static final int PROTOCOL_UDP = 17;

    private final GuestSocket arp;
    private final GuestSocket ipv6;
    private final GuestSocket dhcpv4;
    private final GuestSocket rarp;
    private final Consumer<InterfaceIndex> arrivals;
    private final Map<InterfaceIndex, MacAddress> awaited = new ConcurrentHashMap<>();
    private final Map<InterfaceIndex, Served> served = new ConcurrentHashMap<>();
    /// The routers of segments, by their bridges.
    private final Map<InterfaceIndex, SegmentRouter> routers = new ConcurrentHashMap<>();

    private final CountDownLatch closed = new CountDownLatch(1);
    private final LongAdder replies = new LongAdder();
    private final LongAdder announcements = new LongAdder();
    private final LongAdder unsent = new LongAdder();
    private final Map<Refusal, LongAdder> refusals = new ConcurrentHashMap<>();

    private GatewayLoop(List<GuestSocket> sockets, Consumer<InterfaceIndex> arrivals) {
        arp = sockets.get(0);
        ipv6 = sockets.get(1);
        dhcpv4 = sockets.get(2);
        rarp = sockets.get(3);
        this.arrivals = arrivals;
    }

    /// One guest's gateway, its parts once for each loop: each belongs to one thread.
    private record Served(
            GatewayTerms terms, Gateway arp, DhcpServer dhcpv4, Gateway neighborDiscovery, DhcpServer dhcpv6) {
        Served(GatewayTerms terms) {
            this(terms, new Gateway(terms), new DhcpServer(terms), new Gateway(terms), new DhcpServer(terms));
        }

        Answer onIpv6(byte[] frame, int length, long nowNanos) {
            boolean udp = length > IPV6_NEXT_HEADER && frame[IPV6_NEXT_HEADER] == PROTOCOL_UDP;
            return udp ? dhcpv6.on(frame, length, nowNanos) : neighborDiscovery.on(frame, length, nowNanos);
        }
    }

    /// Who answers the frames of one socket.
    private interface Answerer {
        Answer on(Served guest, byte[] frame, int length, long nowNanos);
    }

    /// What was made of the guests' frames since the start.
    ///
    /// @param announcements of guests' own addresses
    /// @param unsent replies whose interface was gone or down
    /// @param floods of guests that were not heard for a while
    public record Counts(long replies, long announcements, long unsent, long floods, Map<Refusal, Long> refusals) {
        public Counts {
            refusals = Map.copyOf(refusals);
        }
    }

    /// Opens the sockets in the calling thread's network namespace.
    ///
    /// @param arrivals hears of each awaited guest's first frame, on one of the loops' threads
    public static GatewayLoop open(Consumer<InterfaceIndex> arrivals) throws IOException {
        var opened = new ArrayList<GuestSocket>(4);
        try {
            opened.add(GuestSocket.open(ETHERTYPE_ARP, GatewayFilters::all));
            opened.add(GuestSocket.open(ETHERTYPE_IPV6, GatewayFilters::ipv6));
            opened.add(GuestSocket.open(ETHERTYPE_IPV4, GatewayFilters::dhcpv4));
            opened.add(GuestSocket.open(ETHERTYPE_RARP, GatewayFilters::all));
        } catch (IOException e) {
            opened.forEach(GuestSocket::close);
            throw e;
        }
        return new GatewayLoop(opened, arrivals);
    }

    /// Has the next frame that comes from {@code mac} by {@code link} reported: the guest runs here now. RARP is how
    /// QEMU announces one, but any frame will do.
    public void await(InterfaceIndex link, MacAddress mac) throws IOException {
        if (!mac.equals(awaited.put(link, mac))) {
            filter();
        }
    }

    /// Awaits nobody behind {@code link} any more.
    public void stopAwaiting(InterfaceIndex link) throws IOException {
        awaited.remove(link);
        filter();
    }

    private void filter() throws IOException {
        ipv6.await(awaited.keySet());
        dhcpv4.await(awaited.keySet());
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

    /// Answers the guests of a segment who ask for their router from now on, and tells them at once.
    ///
    /// @param bridge the segment's
    public void serve(InterfaceIndex bridge, SegmentRouter.Terms terms) {
        SegmentRouter before = routers.get(bridge);
        if (before == null || !before.terms().equals(terms)) {
            var router = new SegmentRouter(terms);
            routers.put(bridge, router);
            send(ipv6, bridge, router.advertisement().toArray());
        }
    }

    /// Answers nobody in the segment any more.
    public void stopSegment(InterfaceIndex bridge) {
        routers.remove(bridge);
    }

    /// Tells every guest with IPv6 who its router is, again and again until {@link #close}: a guest forgets it
    /// otherwise (RFC 4861 §6.2.4).
    ///
    /// @param every well within the 18 hours that an advertisement holds
    public void runAdvertisements(Duration every) throws InterruptedException {
        while (!closed.await(every.toNanos(), TimeUnit.NANOSECONDS)) {
            served.forEach((link, guest) -> advertise(link, guest.terms()));
            routers.forEach((bridge, router) ->
                    send(ipv6, bridge, router.advertisement().toArray()));
        }
    }

    private void advertise(InterfaceIndex link, GatewayTerms terms) {
        Gateway.advertisement(terms).ifPresent(frame -> send(ipv6, link, frame.toArray()));
    }

    /// Answers ARP until {@link #close}.
    public void runArp() throws IOException {
        run(arp, (guest, frame, length, now) -> guest.arp().on(frame, length, now));
    }

    /// Answers neighbour and router solicitations and DHCPv6 until {@link #close}.
    public void runIpv6() throws IOException {
        ipv6.run((link, bytes) -> {
            SegmentRouter router = routers.get(link);
            if (router == null) {
                answer(ipv6, Served::onIpv6, link, bytes);
            } else {
                byte[] frame = octets(bytes);
                take(router.on(frame, frame.length, System.nanoTime()), ipv6, link);
            }
        });
    }

    /// Answers DHCPv4 until {@link #close}.
    public void runDhcpv4() throws IOException {
        run(dhcpv4, (guest, frame, length, now) -> guest.dhcpv4().on(frame, length, now));
    }

    /// Looks for awaited guests' RARP until {@link #close}; it is never answered.
    public void runRarp() throws IOException {
        rarp.run(this::notice);
    }

    private void run(GuestSocket socket, Answerer answerer) throws IOException {
        socket.run((link, bytes) -> answer(socket, answerer, link, bytes));
    }

    private void answer(GuestSocket socket, Answerer answerer, InterfaceIndex link, ByteBuffer bytes) {
        notice(link, bytes);
        Served guest = served.get(link);
        if (guest != null) {
            byte[] frame = octets(bytes);
            take(answerer.on(guest, frame, frame.length, System.nanoTime()), socket, link);
        }
    }

    private static byte[] octets(ByteBuffer bytes) {
        byte[] frame = new byte[bytes.remaining()];
        bytes.get(bytes.position(), frame);
        return frame;
    }

    private void notice(InterfaceIndex link, ByteBuffer frame) {
        MacAddress guest = awaited.get(link);
        if (guest != null && frame.remaining() >= SOURCE_MAC + MAC_BYTES) {
            long source = 0;
            for (int i = 0; i < MAC_BYTES; i++) {
                source = (source << 8) | (frame.get(frame.position() + SOURCE_MAC + i) & 0xff);
            }
            if (source == guest.value() && awaited.remove(link, guest)) {
                arrivals.accept(link);
            }
        }
    }

    private void take(Answer answer, GuestSocket socket, InterfaceIndex link) {
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

    private void send(GuestSocket socket, InterfaceIndex link, byte[] frame) {
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
        long floods = Stream.of(arp, ipv6, dhcpv4, rarp)
                .mapToLong(GuestSocket::floods)
                .sum();
        return new Counts(replies.sum(), announcements.sum(), unsent.sum(), floods, byReason);
    }

    /// Ends the loops.
    @Override
    public void close() {
        closed.countDown();
        arp.close();
        ipv6.close();
        dhcpv4.close();
        rarp.close();
    }
}
