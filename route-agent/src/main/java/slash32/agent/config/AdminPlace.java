package slash32.agent.config;

import java.util.List;
import java.util.function.Function;
import slash32.agent.config.Section.Field;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// Says what overlaps the admin network: its addresses are hypervisors' alone, and lead to nothing that it relies on.
final class AdminPlace {
    private final Section root;
    private final Field<OverlayConfig> overlay;
    private final Prefix network;

    AdminPlace(Section root, Field<OverlayConfig> overlay, OverlayConfig.Admin admin) {
        this.root = root;
        this.overlay = overlay;
        network = admin.prefix();
    }

    /// @param key where they are in the file
    <T> void hosts(String key, List<T> all, Function<T, IpAddress> address) {
        prefixes(key, all, each -> address.apply(each).hostPrefix());
    }

    /// @param key where they are in the file
    <T> void prefixes(String key, List<T> all, Function<T, Prefix> prefix) {
        for (T each : all) {
            Prefix other = prefix.apply(each);
            if (network.covers(other) || other.covers(network)) {
                root.problem(
                        overlay,
                        "overlay.admin.prefix",
                        network + " overlaps " + other + " of " + key + ", and is for hypervisors among themselves");
            }
        }
    }
}
