package slash32.lab.cable;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import slash32.lab.runner.HostCommand;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;
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

    private Guest(GuestSpec spec, Tap inside, PrintStream out) {
        this.spec = spec;
        this.inside = inside;
        this.plug = new Plug(spec.tap());
        this.out = out;
    }

    /// Makes the namespace and configures its `eth0`. The cable isn't plugged in yet.
    ///
    /// @param out gets a line for each change of state
    public static Guest boot(GuestSpec spec, PrintStream out) throws IOException {
        String name = spec.name();
        HostCommand.run("ip", "netns", "add", name);
        var outside = new InterfaceName("in-"
                + spec.tap().value().substring(Math.max(0, spec.tap().value().length() - 12)));
        Tap inside = Plug.open(outside);
        MacAddress mac = spec.mac();
        HostCommand.run("ip", "link", "set", "dev", outside.value(), "netns", name, "name", "eth0");
        HostCommand.run("ip", "-n", name, "link", "set", "dev", "eth0", "address", mac.toString(), "up");
        HostCommand.run("ip", "-n", name, "link", "set", "dev", "lo", "up");
        boolean hasIpv4 = false;
        boolean hasIpv6 = false;
        for (GuestSpec.OnLink address : spec.addresses()) {
            boolean isIpv4 = address.address().bits() == 32;
            hasIpv4 |= isIpv4;
            hasIpv6 |= !isIpv4;
            // Without duplicate address detection an address serves at once.
            String[] flags = isIpv4 ? new String[0] : new String[] {"nodad"};
            configure(name, flags, "address", "add", address.toString(), "dev", "eth0");
        }
        if (hasIpv4) {
            configure(name, new String[] {"onlink"}, "route", "add", "default", "via", GATEWAY_IPV4, "dev", "eth0");
        }
        if (hasIpv6) {
            configure(name, new String[0], "-6", "route", "add", "default", "via", GATEWAY_IPV6, "dev", "eth0");
        }
        out.println("guest=" + name + " state=booted");
        return new Guest(spec, inside, out);
    }

    private static void configure(String namespace, String[] flags, String... words) throws IOException {
        HostCommand.run(Stream.of(Stream.of("ip", "-n", namespace), Stream.of(words), Stream.of(flags))
                .flatMap(part -> part)
                .toArray(String[]::new));
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
