package slash32.tap;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import slash32.net.InterfaceIndex;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.packet.PacketSocket.Instruction;
import slash32.tap.gateway.Answer;
import slash32.tap.gateway.Gateway;
import slash32.tap.gateway.GatewayTerms;
import slash32.tap.gateway.Refusal;
import slash32.tap.gateway.dhcp.DhcpServer;

/// Answers the guests of this node in their gateway's name.
///
/// One socket for ARP, one for Neighbor Discovery and DHCPv6, one for DHCPv4, each with its thread: a socket bound
/// to one protocol costs packets of others nothing, a socket for all would have the kernel clone every packet that
/// the node sends. The filter lets only questions pass. Who is served may change at any time, from any thread.
public final class GatewayLoop implements AutoCloseable {
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ETHERTYPE_IPV6 = 0x86dd;
    private static final int IPV6_NEXT_HEADER = 20;
    private static final int PROTOCOL_UDP = 17;
    private static final int LOAD_BYTE = 0x30;
    private static final int LOAD_HALF = 0x28;
    private static final int JUMP_IF_EQUAL = 0x15;

    private final PacketSocket arp;
    private final PacketSocket ipv6;
    private final PacketSocket dhcpv4;
    private final Map<InterfaceIndex, Served> served = new ConcurrentHashMap<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final LongAdder replies = new LongAdder();
    private final LongAdder announcements = new LongAdder();
    private final LongAdder unsent = new LongAdder();
    private final Map<Refusal, LongAdder> refusals = new ConcurrentHashMap<>();

    private GatewayLoop(PacketSocket arp, PacketSocket ipv6, PacketSocket dhcpv4) {
        this.arp = arp;
        this.ipv6 = ipv6;
        this.dhcpv4 = dhcpv4;
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
    public record Counts(long replies, long announcements, long unsent, Map<Refusal, Long> refusals) {
        public Counts {
            refusals = Map.copyOf(refusals);
        }
    }

    /// Opens the sockets in the calling thread's network namespace.
    public static GatewayLoop open() throws IOException {
        var opened = new ArrayList<PacketSocket>(3);
        try {
            opened.add(PacketSocket.open(ETHERTYPE_ARP, List.of(accept())));
            opened.add(PacketSocket.open(ETHERTYPE_IPV6, ipv6Questions()));
            opened.add(PacketSocket.open(ETHERTYPE_IPV4, dhcpv4Questions()));
        } catch (IOException e) {
            opened.forEach(PacketSocket::close);
            throw e;
        }
        return new GatewayLoop(opened.get(0), opened.get(1), opened.get(2));
    }

    private static Instruction accept() {
        return new Instruction(0x06, 0, 0, 0xffff); // ret #65535
    }

    private static Instruction refuse() {
        return new Instruction(0x06, 0, 0, 0);
    }

    /// Straight after the IPv6 header: ICMPv6 of type 133 or 135, or UDP to port 547 (linux/bpf_common.h).
    private static List<Instruction> ipv6Questions() {
        return List.of(
                new Instruction(LOAD_BYTE, 0, 0, IPV6_NEXT_HEADER),
                new Instruction(JUMP_IF_EQUAL, 0, 3, 58),
                new Instruction(LOAD_BYTE, 0, 0, 54),
                new Instruction(JUMP_IF_EQUAL, 4, 0, 133),
                new Instruction(JUMP_IF_EQUAL, 3, 4, 135),
                new Instruction(JUMP_IF_EQUAL, 0, 3, PROTOCOL_UDP),
                new Instruction(LOAD_HALF, 0, 0, 56),
                new Instruction(JUMP_IF_EQUAL, 0, 1, 547),
                accept(),
                refuse());
    }

    /// UDP to port 67, not a later fragment.
    private static List<Instruction> dhcpv4Questions() {
        final int jumpIfSet = 0x45;
        final int loadHeaderLength = 0xb1;
        final int loadHalfAfterHeader = 0x48;
        return List.of(
                new Instruction(LOAD_BYTE, 0, 0, 23),
                new Instruction(JUMP_IF_EQUAL, 0, 6, PROTOCOL_UDP),
                new Instruction(LOAD_HALF, 0, 0, 20),
                new Instruction(jumpIfSet, 4, 0, 0x1fff),
                new Instruction(loadHeaderLength, 0, 0, 14),
                new Instruction(loadHalfAfterHeader, 0, 0, 16),
                new Instruction(JUMP_IF_EQUAL, 0, 1, 67),
                accept(),
                refuse());
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
        Gateway.advertisement(terms).ifPresent(frame -> send(ipv6, link, frame.toArray()));
    }

    /// Answers ARP until {@link #close}.
    public void runArp() throws IOException {
        run(arp, (guest, frame, length, now) -> guest.arp().on(frame, length, now));
    }

    /// Answers neighbour and router solicitations and DHCPv6 until {@link #close}.
    public void runIpv6() throws IOException {
        run(ipv6, Served::onIpv6);
    }

    /// Answers DHCPv4 until {@link #close}.
    public void runDhcpv4() throws IOException {
        run(dhcpv4, (guest, frame, length, now) -> guest.dhcpv4().on(frame, length, now));
    }

    private void run(PacketSocket socket, Answerer answerer) throws IOException {
        PacketSocket.Receiver receiver = (link, bytes) -> {
            Served guest = served.get(link);
            if (guest != null) {
                byte[] frame = new byte[bytes.remaining()];
                bytes.get(bytes.position(), frame);
                take(answerer.on(guest, frame, frame.length, System.nanoTime()), socket, link);
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
        ipv6.close();
        dhcpv4.close();
    }
}
