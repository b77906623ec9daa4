package slash32.lab.topology;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.MacAddress;

/// One end of a link.
public sealed interface LinkEnd {
    InterfaceName device();

    /// In a node's namespace.
    ///
    /// @param mac null for one that the runner chooses
    record OfNode(
            String node, InterfaceName device, @Nullable MacAddress mac) implements LinkEnd {}

    /// In the host's namespace.
    record OfHost(InterfaceName device) implements LinkEnd {}

    /// A port of the management network's bridge.
    record OfManagement(InterfaceName device) implements LinkEnd {}
}
