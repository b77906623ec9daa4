package slash32.overlay.vxlan;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;

/// How encapsulated frames to a node leave this one.
///
/// @param link the encrypted overlay's to that node, and no other; null for the underlay, as the routes have it
record Way(@Nullable InterfaceIndex link) {
    static final Way NATIVE = new Way(null);
}
