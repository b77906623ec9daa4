package slash32.lab.bench;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import slash32.lab.runner.LabException;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.tun.OffloadDevice;
import slash32.netlink.udp.BatchUdpSocket;
import slash32.overlay.esp.path.Lifetime;
import slash32.overlay.esp.path.PathListener;
import slash32.overlay.esp.userspace.UserspacePath;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.exchange.Path;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

/// One end of a tunnel of ESP in user space, with keys that are given: what lab/bench/esp measures beside others.
public final class EspEnd {
    /// IKE and wear are not measured.
    private static final PathListener NOBODY = new PathListener() {
        @Override
        public boolean received(IpAddress from, int port, byte[] message) {
            return false;
        }

        @Override
        public void wornOut(int inboundSpi) {}

        @Override
        public void needed(Identity peer) {}
    };

    private EspEnd() {}

    /// What an end is told.
    ///
    /// @param device the TUN, made here
    /// @param first of the two ends; the other has the same keys the other way round
    /// @param toFirst AES-256 key and salt
    public record Plan(
            InterfaceName device, IpAddress local, IpAddress remote, boolean first, Secret toFirst, Secret toSecond) {}

    /// Serves until {@code input} ends.
    public static void run(Plan plan, InputStream input) throws IOException {
        var selectors = List.of(
                new TrafficSelector(0, 0, 65_535, IpAddress.parse("0.0.0.0"), IpAddress.parse("255.255.255.255")));
        var child = new ChildSa(
                Identity.name("other"),
                plan.first ? 0x1000 : 0x2000,
                plan.first ? 0x2000 : 0x1000,
                plan.first ? plan.toFirst : plan.toSecond,
                plan.first ? plan.toSecond : plan.toFirst,
                true,
                false,
                true,
                selectors,
                selectors,
                new Path(plan.local, Path.NAT_PORT, plan.remote, Path.NAT_PORT));
        OffloadDevice device = OffloadDevice.open(plan.device, OffloadDevice.Layer.PACKETS);
        UserspacePath path =
                UserspacePath.open(device, BatchUdpSocket.bind(plan.local, Path.NAT_PORT), Lifetime.DEFAULT, NOBODY);
        path.receive(child);
        path.send(child);
        Thread out = start("esp-out", path::runOutbound);
        Thread in = start("esp-in", path::runInbound);
        System.out.println("ready");
        while (input.read() >= 0) {}
        path.stop();
        join(out);
        join(in);
        System.out.println(path.sas() + " " + path.drops());
        path.close();
    }

    private interface Loop {
        void run() throws IOException;
    }

    private static Thread start(String name, Loop loop) {
        return Thread.ofPlatform().name(name).start(() -> {
            try {
                loop.run();
            } catch (IOException e) {
                throw new IllegalStateException(name, e);
            }
        });
    }

    private static void join(Thread thread) throws LabException {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted");
        }
    }
}
