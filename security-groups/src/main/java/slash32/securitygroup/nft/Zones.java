package slash32.securitygroup.nft;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.Vni;

/// The conntrack zones of segments: a VNI's lower 16 bits, or the next that is free. So a restart gives each the
/// zone that its flows are in, unless two share those bits. Not thread-safe.
final class Zones {
    private static final int MAX = 0xffff;

    private final Map<InterfaceName, Integer> zones = new HashMap<>();
    private final BitSet taken = new BitSet();

    /// The segment's zone: 1 to 65535, for nobody else until {@link #remove}.
    ///
    /// @return null if there is none left
    @Nullable
    Integer put(InterfaceName bridge, Vni vni) {
        Integer held = zones.get(bridge);
        if (held != null || zones.size() == MAX) {
            return held;
        }
        int zone = taken.nextClearBit(Math.max(1, vni.value() & MAX));
        if (zone > MAX) {
            zone = taken.nextClearBit(1);
        }
        taken.set(zone);
        zones.put(bridge, zone);
        return zone;
    }

    void remove(InterfaceName bridge) {
        Integer held = zones.remove(bridge);
        if (held != null) {
            taken.clear(held);
        }
    }
}
