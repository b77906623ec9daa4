package slash32.securitygroup.nft;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.testkit.Command;

/// The test's namespace as a host between guests: each interface is a veth pair, whose far end stands for a guest. A
/// guest has no stack: its frames are made here and what reaches it is seen here.
///
/// A frame's way is over when markers sent after it have arrived, so nothing waits for a time-out: all are sent on one
/// processor, whose queue keeps them in order, and each hop of the frame is queued before the next marker.
final class Wire implements AutoCloseable {
    static final MacAddress GATEWAY = MacAddress.parse("fe:53:32:00:00:01");

    private static final Instruction TAKE_ALL = new Instruction(0x06, 0, 0, 0xffff);
    private static final int ETH_P_ALL = 3;
    /// Local experimental ethertype.
    private static final int MARKER = 0x88b5;

    private static final long PATIENCE_NANOS = 20_000_000_000L;
    private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
    /// A frame comes in by one interface and goes out by another.
    private static final int HOPS = 2;

    private final PacketSocket socket = PacketSocket.open(ETH_P_ALL, List.of(TAKE_ALL));
    private final Map<InterfaceIndex, String> guests = new HashMap<>();
    private final Map<String, InterfaceIndex> farEnds = new HashMap<>();
    private final InterfaceIndex markerOut;
    private final InterfaceIndex markerIn;
    private long probes;

    Wire() throws IOException {
        runOn("0");
        for (String setting : List.of(
                "net.ipv4.ip_forward=1",
                "net.ipv6.conf.all.forwarding=1",
                "net.ipv6.conf.default.accept_dad=0",
                "net.ipv6.conf.default.router_solicitations=0")) {
            Command.run("sysctl", "-qw", setting);
        }
        pair("mark0", "mark1");
        markerOut = index("mark0");
        markerIn = index("mark1");
    }

    /// Lets the calling thread run anywhere again, for who measures.
    void spread() throws IOException {
        runOn("0-" + (PROCESSORS - 1));
    }

    /// Keeps the calling thread to processors, by sched_setaffinity(2).
    private static void runOn(String processors) throws IOException {
        Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
        Command.run("taskset", "-cp", processors, thread.getFileName().toString());
    }

    /// Adds an interface with a guest behind it, the gateway's addresses on it, and routes to the guest.
    void attach(String device, MacAddress guest, IpAddress... addresses) {
        pair(device, "g" + device);
        InterfaceIndex farEnd = index("g" + device);
        guests.put(farEnd, device);
        farEnds.put(device, farEnd);
        Command.run("ip", "link", "set", device, "address", GATEWAY.toString());
        Command.run("ip", "addr", "add", "169.254.1.1/32", "dev", device);
        Command.run("sysctl", "-qw", "net.ipv6.conf." + device + ".disable_ipv6=0");
        hostAddress(device, "fe80::1/64");
        for (IpAddress address : addresses) {
            Command.run("ip", "route", "add", address.hostPrefix().toString(), "dev", device);
            Command.run("ip", "neigh", "add", address.toString(), "lladdr", guest.toString(), "dev", device);
        }
    }

    /// Adds a bridge without a mind of its own.
    static void bridge(String bridge) {
        Command.run("ip", "link", "add", bridge, "type", "bridge", "mcast_snooping", "0");
        Command.run("sysctl", "-qw", "net.ipv6.conf." + bridge + ".disable_ipv6=1");
        Command.run("ip", "link", "set", bridge, "up");
    }

    /// Adds a port of a bridge with a guest behind it.
    void join(String bridge, String device, MacAddress guest) {
        pair(device, "g" + device);
        InterfaceIndex farEnd = index("g" + device);
        guests.put(farEnd, device);
        farEnds.put(device, farEnd);
        Command.run("ip", "link", "set", device, "master", bridge);
        Command.run("bridge", "link", "set", "dev", device, "learning", "off");
        Command.run("bridge", "fdb", "add", guest.toString(), "dev", device, "master", "static");
    }

    /// Gives the host an IPv6 address, which is its own only when the kernel has worked off a queue
    /// (addrconf_dad_work).
    static void hostAddress(String device, String prefix) {
        Command.run("ip", "addr", "add", prefix, "dev", device, "nodad");
        String own = "local " + prefix.replaceFirst("/.*", "") + " ";
        long began = System.nanoTime();
        while (!Command.run("ip", "-6", "route", "show", "table", "local", "dev", device)
                .contains(own)) {
            if (System.nanoTime() - began > PATIENCE_NANOS) {
                throw new AssertionError(prefix + " is not an address of " + device);
            }
        }
    }

    /// The far end's own MAC is never the guest's, so that the kernel ignores what reaches it.
    private static void pair(String near, String far) {
        Command.run("ip", "link", "add", near, "type", "veth", "peer", "name", far);
        for (String end : List.of(near, far)) {
            Command.run("sysctl", "-qw", "net.ipv6.conf." + end + ".disable_ipv6=1");
            Command.run("ip", "link", "set", end, "up");
        }
    }

    static InterfaceIndex index(String device) {
        String line = Command.run("ip", "-o", "link", "show", "dev", device); // "12: tapa@gtapa: ..."
        return new InterfaceIndex(Integer.parseInt(line.substring(0, line.indexOf(':'))));
    }

    /// Eight bytes that no frame had before; what a probe carries as its last bytes to be known again.
    byte[] payload() {
        return ByteBuffer.allocate(8).putLong(0x5332_0000_0000_0000L | ++probes).array();
    }

    /// Sends a packet as the guest behind {@code device} and tells behind which interfaces it came out.
    List<String> send(String device, MacAddress from, byte[] packet) {
        return sendFrame(device, Packets.frame(GATEWAY, from, packet));
    }

    List<String> sendFrame(String device, byte[] frame) {
        ByteBuffer last = ByteBuffer.wrap(frame, frame.length - 8, 8).slice();
        return exchange(device, frame).entrySet().stream()
                .filter(arrival -> arrival.getValue().stream()
                        .anyMatch(bytes -> ByteBuffer.wrap(bytes, bytes.length - 8, 8)
                                .slice()
                                .equals(last)))
                .map(Map.Entry::getKey)
                .toList();
    }

    /// Sends a frame as the guest behind {@code device} and gives back all that came out meanwhile, by interface.
    Map<String, List<byte[]>> exchange(String device, byte[] frame) {
        var arrived = new HashMap<String, List<byte[]>>();
        InterfaceIndex farEnd = Objects.requireNonNull(farEnds.get(device), device);
        ConformanceExtension.sent(frame);
        try {
            socket.send(farEnd, frame);
            for (int hop = 0; hop < HOPS; hop++) {
                collectUntilMarker(arrived);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return arrived;
    }

    private void collectUntilMarker(Map<String, List<byte[]>> arrived) throws IOException {
        long number = ++probes;
        byte[] marker = ByteBuffer.allocate(60)
                .put(new byte[12])
                .putShort((short) MARKER)
                .putLong(number)
                .array();
        socket.send(markerOut, marker);
        boolean[] over = new boolean[1];
        while (!over[0]) {
            socket.receive((link, bytes) -> {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                String guest = guests.get(link);
                if (guest != null) {
                    arrived.computeIfAbsent(guest, _ -> new ArrayList<>()).add(copy);
                } else if (link.equals(markerIn)) {
                    over[0] |= ByteBuffer.wrap(copy).getLong(14) == number;
                }
            });
        }
    }

    @Override
    public void close() {
        socket.close();
        try {
            spread();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
