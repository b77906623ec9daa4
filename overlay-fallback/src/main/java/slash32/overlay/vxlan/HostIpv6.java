package slash32.overlay.vxlan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import slash32.net.InterfaceName;

/// Whether the host itself speaks IPv6 on an interface (disable_ipv6 in the kernel's ip-sysctl), in the calling
/// thread's network namespace. An interface of a segment's guest would else tell the guest of the host's own multicast
/// groups, and a VXLAN device every other node, which no rule in the bridge keeps back.
final class HostIpv6 {
    private static final Path ROOT = Path.of("/proc/sys/net/ipv6/conf");
    private static final String OFF = "1";

    private HostIpv6() {}

    private static Path setting(String device) {
        return ROOT.resolve(device).resolve("disable_ipv6");
    }

    static boolean isOff(InterfaceName device) throws IOException {
        try {
            return Files.readString(setting(device.value())).strip().equals(OFF);
        } catch (NoSuchFileException e) {
            return true; // a kernel without IPv6, or an interface that has gone
        }
    }

    static void off(InterfaceName device) throws IOException {
        if (!isOff(device)) {
            write(device, OFF);
        }
    }

    /// As it is on new interfaces.
    static void asUsual(InterfaceName device) throws IOException {
        if (isOff(device)) {
            try {
                write(device, Files.readString(setting("default")).strip());
            } catch (NoSuchFileException e) {
                return; // gone, and its settings with it
            }
        }
    }

    private static void write(InterfaceName device, String value) throws IOException {
        try {
            Files.writeString(setting(device.value()), value);
        } catch (NoSuchFileException e) {
            throw e;
        } catch (IOException e) {
            throw new IOException("set disable_ipv6 of " + device + " to " + value + ": " + e, e);
        }
    }
}
