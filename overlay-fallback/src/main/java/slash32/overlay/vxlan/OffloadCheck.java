package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.net.InterfaceName;
import slash32.netlink.ethtool.Ethtool;
import slash32.netlink.route.Link;
import slash32.netlink.socket.NetlinkSocket;

/// Looks whether a network device of this node spoils connections in segments: a ping passes then, and no TCP, since
/// the kernel leaves checksums inside VXLAN to a device that says it can do them (docs/adr/0043). Knows what others
/// found out, and sends nothing.
///
/// For one thread at a time.
public final class OffloadCheck implements AutoCloseable {
    /// By driver, the features with which it does wrong.
    private static final Map<String, List<String>> KNOWN =
            Map.of("vmxnet3", List.of("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation"));

    /// Links of virtual machines, of which there may be thousands.
    private static final String TAP = "tun";

    private final Ethtool ethtool;
    /// Devices with such a driver, which few nodes have.
    private final Map<InterfaceName, String> suspects = new LinkedHashMap<>();

    private final Map<String, List<String>> known;

    private OffloadCheck(Ethtool ethtool, Map<String, List<String>> known) {
        this.ethtool = ethtool;
        this.known = known;
    }

    /// Looks at the devices that are there now, in the network namespace of {@code rtnl} and the calling thread.
    public static OffloadCheck open(NetlinkSocket rtnl) throws IOException {
        return open(rtnl, KNOWN);
    }

    static OffloadCheck open(NetlinkSocket rtnl, Map<String, List<String>> known) throws IOException {
        var devices = new ArrayList<InterfaceName>();
        rtnl.dump(Link.dump(), devices::clear, message -> {
            Link link = Link.parse(message);
            if (link != null && !link.kind().equals(TAP)) {
                devices.add(link.name());
            }
        });
        var check = new OffloadCheck(Ethtool.open(), known);
        for (InterfaceName device : devices) {
            String driver = check.ethtool.driver(device);
            if (known.containsKey(driver)) {
                check.suspects.put(device, driver);
            }
        }
        return check;
    }

    /// What does wrong now: a device stops to when its features are turned off.
    public List<OffloadFault> faults() {
        var faults = new ArrayList<OffloadFault>();
        suspects.forEach((device, driver) -> {
            Set<String> on = ethtool.features(device);
            List<String> wrong = known.getOrDefault(driver, List.of()).stream()
                    .filter(on::contains)
                    .toList();
            if (!wrong.isEmpty()) {
                faults.add(new OffloadFault(device, driver, wrong));
            }
        });
        return faults;
    }

    @Override
    public void close() {
        ethtool.close();
    }
}
