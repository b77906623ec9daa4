package slash32.bgp.exabgp.command;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Bytes;
import slash32.net.Prefix;

/// A route that a command names.
///
/// @param prefix that it is to; null in families that have none
/// @param pathId null if none is said
/// @param nlri without a path identifier
/// @param attributes those that are said, no type twice
/// @param watchdog by whose name it can be announced and withdrawn too; null for none
/// @param held back until its watchdog is announced
public record Route(
        AddressFamily family,
        @Nullable Prefix prefix,
        @Nullable Integer pathId,
        Bytes nlri,
        Gateway nextHop,
        List<Attribute> attributes,
        @Nullable String watchdog,
        boolean held) {
    public Route {
        attributes = List.copyOf(attributes);
    }

    boolean isIpv4() {
        return family.afi() == 1;
    }

    /// Flow specifications and VPLS have no path identifiers in ExaBGP.
    boolean takesPathId() {
        return prefix != null;
    }
}
