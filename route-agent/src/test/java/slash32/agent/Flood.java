package slash32.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.packet.PacketSocket;
import slash32.netlink.socket.SocketFilter.Instruction;
import slash32.netlink.tun.Tap;
import slash32.testkit.Command;

/// UDP without a pause, to and from the guest behind a TAP, of which only one port to the guest is allowed; and what of
/// it came through.
final class Flood implements AutoCloseable {
    private static final int ETH_P_ALL = 3;
    private static final Instruction TAKE_ALL = new Instruction(0x06, 0, 0, 0xffff);
    private static final long MAGIC = 0x5332_464c_4f4f_4400L;

    /// What an allowed packet and two that are not carry; the last comes from the guest.
    private static final long ALLOWED = MAGIC;

    private static final long TO_GUEST = MAGIC | 1;
    private static final long FROM_GUEST = MAGIC | 2;

    final AtomicLong allowed = new AtomicLong();
    final AtomicLong leaked = new AtomicLong();
    final AtomicLong sent = new AtomicLong();
    private final PacketSocket seen = PacketSocket.open(ETH_P_ALL, List.of(TAKE_ALL));
    private final PacketSocket fabric = PacketSocket.open(0, List.of(TAKE_ALL));
    private final Tap tap;
    private final InterfaceIndex inside;
    private final InterfaceIndex outside;
    private final List<Thread> threads;
    private volatile boolean over;

    /// Starts it.
    ///
    /// @param port of UDP to the guest, that is allowed; the next one is not
    /// @param uplinkDevice the node's
    /// @param outsideDevice its far end
    Flood(
            String tapDevice,
            MacAddress guest,
            IpAddress address,
            int port,
            String uplinkDevice,
            String outsideDevice,
            IpAddress outsider)
            throws IOException {
        tap = Tap.open(new InterfaceName(tapDevice), Tap.Mode.PLAIN);
        inside = index(tapDevice);
        outside = index(outsideDevice);
        String uplinkLine = Command.run("ip", "-o", "link", "show", "dev", uplinkDevice);
        MacAddress uplink = MacAddress.parse(uplinkLine.replaceAll("(?s).* link/ether (\\S+) .*", "$1"));
        MacAddress gateway = MacAddress.parse("fe:53:32:00:00:01");
        byte[] good = frame(uplink, guest, outsider, address, port, ALLOWED);
        byte[] bad = frame(uplink, guest, outsider, address, port + 1, TO_GUEST);
        byte[] out = frame(gateway, guest, address, outsider, port, FROM_GUEST);
        ByteBuffer direct = ByteBuffer.allocateDirect(out.length).put(0, out);
        threads = List.of(
                Thread.ofPlatform().start(this::watch),
                sender(() -> fabric.send(outside, good)),
                sender(() -> fabric.send(outside, bad)),
                sender(() -> tap.write(direct, out.length)));
    }

    private interface Sending {
        void send() throws IOException;
    }

    private Thread sender(Sending sending) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (!over) {
                    sending.send();
                    sent.incrementAndGet();
                }
            } catch (IOException e) {
                leaked.set(Long.MIN_VALUE); // the test can't show anything
            }
        });
    }

    private void watch() {
        try {
            boolean open = true;
            while (open) {
                open = seen.receive((link, frame) -> {
                    long what = frame.getLong(frame.limit() - 8);
                    if (link.equals(inside) && what == ALLOWED) {
                        allowed.incrementAndGet();
                    } else if ((link.equals(inside) && what == TO_GUEST)
                            || (link.equals(outside) && what == FROM_GUEST)) {
                        leaked.incrementAndGet();
                    }
                });
            }
        } catch (IOException e) {
            leaked.set(Long.MIN_VALUE);
        }
    }

    private static InterfaceIndex index(String device) {
        String line = Command.run("ip", "-o", "link", "show", "dev", device); // "12: tap-a: ..."
        return new InterfaceIndex(Integer.parseInt(line.substring(0, line.indexOf(':'))));
    }

    private static byte[] frame(
            MacAddress to, MacAddress from, IpAddress source, IpAddress destination, int port, long payload) {
        ByteBuffer frame = ByteBuffer.allocate(14 + 20 + 8 + 8)
                .put(to.toArray())
                .put(from.toArray())
                .putShort((short) 0x0800)
                .putInt(0x4500_0024)
                .putInt(0x4000)
                .putInt(0x4011_0000)
                .put(source.toArray())
                .put(destination.toArray())
                .putShort((short) 4000)
                .putShort((short) port)
                .putInt(16 << 16)
                .putLong(payload);
        int sum = 0;
        for (int at = 14; at < 34; at += 2) {
            sum += frame.getShort(at) & 0xffff;
        }
        sum = (sum & 0xffff) + (sum >>> 16);
        return frame.putShort(24, (short) ~((sum & 0xffff) + (sum >>> 16))).array();
    }

    @Override
    public void close() {
        over = true;
        seen.close();
        threads.forEach(Flood::join);
        fabric.close();
        tap.close();
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
