package slash32.overlay.vxlan;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import slash32.net.InterfaceName;

/// What a bridge with a gateway is set to (the kernel's ip-sysctl), in the calling thread's network namespace: what the
/// interface of a routed guest is, for the reasons in docs/design/tap.md.
final class GatewaySettings {
    private static final Path ROOT = Path.of("/proc/sys/net");
    private static final String ON = "1";
    private static final String OFF = "0";

    /// By folder and name.
    private static final Map<String, Map<String, String>> WANTED = Map.of(
            "ipv4",
            Map.of(
                    "forwarding", ON,
                    "rp_filter", "2",
                    "arp_ignore", ON,
                    "arp_announce", "2",
                    "proxy_arp", OFF,
                    "accept_local", OFF,
                    "send_redirects", OFF),
            "ipv6",
            Map.of(
                    "disable_ipv6", OFF,
                    "forwarding", ON,
                    "accept_dad", OFF,
                    "accept_ra", OFF,
                    "proxy_ndp", OFF));

    private GatewaySettings() {}

    /// True if all are as wanted, but for those that the kernel lacks.
    static boolean hold(InterfaceName device) throws IOException {
        for (Map.Entry<String, Map<String, String>> family : WANTED.entrySet()) {
            for (Map.Entry<String, String> setting : family.getValue().entrySet()) {
                if (!holds(path(family.getKey(), device, setting.getKey()), setting.getValue())) {
                    return false;
                }
            }
        }
        return true;
    }

    /// Writes what differs.
    static void write(InterfaceName device) throws IOException {
        for (Map.Entry<String, Map<String, String>> family : WANTED.entrySet()) {
            for (Map.Entry<String, String> setting : family.getValue().entrySet()) {
                Path path = path(family.getKey(), device, setting.getKey());
                if (!holds(path, setting.getValue())) {
                    Files.writeString(path, setting.getValue());
                }
            }
        }
    }

    private static Path path(String family, InterfaceName device, String name) {
        return ROOT.resolve(family).resolve("conf").resolve(device.value()).resolve(name);
    }

    private static boolean holds(Path path, String wanted) throws IOException {
        try {
            return Files.readString(path).strip().equals(wanted);
        } catch (NoSuchFileException e) {
            return true;
        }
    }
}
