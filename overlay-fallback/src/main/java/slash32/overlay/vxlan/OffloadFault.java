package slash32.overlay.vxlan;

import java.util.List;
import slash32.net.InterfaceName;

/// A network device is left work on what is inside VXLAN that it is known to do wrong.
///
/// @param features that are on, by their names for {@code ethtool -K}
public record OffloadFault(InterfaceName device, String driver, List<String> features) {
    public OffloadFault {
        features = List.copyOf(features);
    }

    /// The command that ends it.
    public String remedy() {
        return "ethtool -K " + device + " " + String.join(" off ", features) + " off";
    }
}
