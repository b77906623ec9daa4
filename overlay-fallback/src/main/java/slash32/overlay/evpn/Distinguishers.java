package slash32.overlay.evpn;

import java.util.HashMap;
import java.util.Map;
import slash32.bgp.wire.RouteDistinguisher;
import slash32.net.Ipv4Address;
import slash32.net.Vni;

/// The route distinguishers of this node's segments: its router id and a number of 16 bits, as RFC 7432 §7.9 wants
/// it. The number is that of the VNI, or the next free one where two VNIs have the same 16 bits.
final class Distinguishers {
    private static final int NUMBERS = 0xffff;

    private final Ipv4Address routerId;
    private final Map<Integer, Vni> taken = new HashMap<>();

    Distinguishers(Ipv4Address routerId) {
        this.routerId = routerId;
    }

    /// One that no other segment has.
    ///
    /// @throws IllegalStateException if there are 65535 segments
    RouteDistinguisher take(Vni vni) {
        for (int tried = 0; tried < NUMBERS; tried++) {
            int number = 1 + (vni.value() - 1 + tried) % NUMBERS;
            if (taken.putIfAbsent(number, vni) == null) {
                return RouteDistinguisher.of(routerId, number);
            }
        }
        throw new IllegalStateException("a node has at most " + NUMBERS + " segments");
    }

    void release(RouteDistinguisher distinguisher) {
        taken.remove((int) distinguisher.value() & NUMBERS);
    }
}
