package slash32.lab.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import slash32.lab.runner.LabException;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.route.Link;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.tap.gateway.GatewayTerms;

/// In a guest: asks one address for an echo every millisecond, and tells when its first reply came.
///
/// A ping of its own, because a process for each try would take longer than what is measured. One thread reads whom to
/// ask, one asks, one receives.
public final class EchoProber {
    private static final Instruction ACCEPT = new Instruction(0x06, 0, 0, 0xffff);
    private static final long INTERVAL_NANOS = 1_000_000;
    private static final int IDENTIFIER = 0x5320;

    private final PacketSocket socket;
    private final Link link;
    private final MacAddress mac;
    private final Ipv4Address source;
    private final PrintStream out;
    private volatile @Nullable Ipv4Address target;

    private EchoProber(PacketSocket socket, Link link, MacAddress mac, Ipv4Address source, PrintStream out) {
        this.socket = socket;
        this.link = link;
        this.mac = mac;
        this.source = source;
        this.out = out;
    }

    /// Opens in the calling thread's network namespace.
    ///
    /// @param device of the guest
    /// @param source the guest's address
    /// @param out gets a line for each target that has replied: its address and {@link System#nanoTime()}, which
    ///     all processes of a host share
    public static EchoProber open(InterfaceName device, Ipv4Address source, PrintStream out) throws IOException {
        var links = new ArrayList<Link>();
        try (var rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE)) {
            rtnl.get(Link.get(device), message -> {
                Link link = Link.parse(message);
                if (link != null) {
                    links.add(link);
                }
            });
        }
        Link link = links.getFirst();
        if (link.mac() == null) {
            throw new LabException(device + " is no Ethernet interface");
        }
        PacketSocket socket = PacketSocket.open(EchoFrame.ETHERTYPE_IPV4, List.of(ACCEPT));
        return new EchoProber(socket, link, link.mac(), source, out);
    }

    /// Asks whom {@code targets} names, an address in each line, until its end.
    public void run(BufferedReader targets) throws IOException {
        Thread.ofPlatform().daemon().name("prober-send").start(this::send);
        Thread.ofPlatform().daemon().name("prober-receive").start(this::receive);
        for (String line = targets.readLine(); line != null; line = targets.readLine()) {
            target = Ipv4Address.parse(line.strip());
        }
        socket.close();
    }

    private void send() {
        int sequence = 0;
        InterfaceIndex device = link.index();
        while (true) {
            Ipv4Address current = target;
            if (current != null) {
                byte[] frame =
                        EchoFrame.request(mac, GatewayTerms.GATEWAY_MAC, source, current, IDENTIFIER, sequence++);
                try {
                    socket.send(device, frame);
                } catch (IOException _) {
                    // The cable isn't plugged in, or its queue is full: the next one is due in a millisecond.
                }
            }
            LockSupport.parkNanos(INTERVAL_NANOS);
        }
    }

    private void receive() {
        try {
            boolean open = true;
            while (open) {
                open = socket.receive((_, frame) -> {
                    Ipv4Address replied = EchoFrame.replied(frame, IDENTIFIER);
                    if (replied != null && replied.equals(target)) {
                        target = null;
                        out.println(replied + " " + System.nanoTime());
                    }
                });
            }
        } catch (IOException e) {
            throw new IllegalStateException("the prober's socket broke", e);
        }
    }
}
