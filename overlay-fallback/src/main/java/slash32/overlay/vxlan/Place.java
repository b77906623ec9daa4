package slash32.overlay.vxlan;

import slash32.net.InterfaceName;
import slash32.net.IpAddress;

/// Where the kernel gives frames to a MAC.
sealed interface Place {
    /// To an interface of this node.
    record At(InterfaceName device) implements Place {}

    /// To another node.
    record Behind(IpAddress vtep, Way way) implements Place {}
}
