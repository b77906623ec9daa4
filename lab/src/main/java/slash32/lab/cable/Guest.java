package slash32.lab.cable;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import slash32.lab.runner.HostCommand;
import slash32.net.InterfaceName;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.tun.Tap;

/// One guest: its namespace with `eth0`, and the two threads that carry frames.
///
/// `eth0` is a TAP that is opened here and then moved into the namespace; moving it leaves it open.
public final class Guest {
    private static final Errno EIO = new Errno(5);
    private static final int FRAME_BYTES_MAX = 12 + 14 + 65_536;
    private static final String GATEWAY_IPV4 = "169.254.1.1";
    private static final String GATEWAY_IPV6 = "fe80::1";

    private final GuestSpec spec;
    private final Tap inside;
    private final Plug plug;
    private final PrintStream out;

    private Guest(GuestSpec spec, Tap inside, Plug plug, PrintStream out) {
        this.spec = spec;
        this.inside = inside;
        this.plug = plug;
        this.out = out;
    }

    /// Makes the namespace and configures its `eth0`. The cable isn't plugged in yet.
    ///
    /// @param watch of the hypervisor's interfaces
    /// @param out gets a line for each change of state
    public static Guest boot(GuestSpec spec, LinkWatch watch, PrintStream out) throws IOException {
        String name = spec.name();
        HostCommand.run("ip", "netns", "add", name);
        var outside = new InterfaceName("in-"
                + spec.tap().value().substring(Math.max(0, spec.tap().value().length() - 12)));
        Tap inside = Plug.open(outside);
        HostCommand.run("ip", "link", "set", "dev", outside.value(), "netns", name, "name", "eth0");
        Path batch = Files.createTempFile("slash32-guest", ".ip");
        try {
            Files.write(batch, configuration(spec));
            HostCommand.run("ip", "-n", name, "-batch", batch.toString());
        } finally {
            Files.delete(batch);
        }
        out.println("guest=" + name + " state=booted");
        return new Guest(spec, inside, new Plug(spec.tap(), watch), out);
    }

    /// What the guest does with its interfaces when it boots, for `ip -batch`.
    private static List<String> configuration(GuestSpec spec) {
        var lines = new ArrayList<String>();
        lines.add("link set dev eth0 address " + spec.mac() + " mtu " + spec.mtuBytes() + " up");
        lines.add("link set dev lo up");
        boolean hasIpv4 = false;
        boolean hasIpv6 = false;
        for (GuestSpec.OnLink address : spec.addresses()) {
            boolean isIpv4 = address.address().bits() == 32;
            hasIpv4 |= isIpv4;
            hasIpv6 |= !isIpv4;
            // Without duplicate address detection an address serves at once.
            lines.add("address add " + address + " dev eth0" + (isIpv4 ? "" : " nodad"));
        }
        if (hasIpv4) {
            lines.add("route add 0.0.0.0/0 via " + GATEWAY_IPV4 + " dev eth0 onlink");
        }
        if (hasIpv6) {
            lines.add("route add ::/0 via " + GATEWAY_IPV6 + " dev eth0");
        }
        return lines;
    }

    /// Carries frames from the hypervisor to the guest, and plugs the cable in whenever the TAP is there; never
    /// returns.
    public void carryIn() throws IOException, InterruptedException {
        ByteBuffer frame = ByteBuffer.allocateDirect(FRAME_BYTES_MAX);
        while (true) {
            plug.plug();
            out.println("guest=" + spec.name() + " tap=" + spec.tap() + " state=plugged");
            for (int length = plug.read(frame); length >= 0; length = plug.read(frame)) {
                deliver(frame, length);
            }
            out.println("guest=" + spec.name() + " tap=" + spec.tap() + " state=unplugged");
        }
    }

    private void deliver(ByteBuffer frame, int length) throws IOException {
        try {
            inside.write(frame, length);
        } catch (KernelException e) {
            // The guest has set its interface down.
            if (!e.errno().equals(EIO)) {
                throw e;
            }
        }
    }

    /// Carries frames from the guest to the hypervisor; never returns.
    public void carryOut() throws IOException {
        ByteBuffer frame = ByteBuffer.allocateDirect(FRAME_BYTES_MAX);
        while (true) {
            plug.write(frame, inside.read(frame));
        }
    }
}
