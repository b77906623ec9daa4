package slash32.overlay.evpn;

import java.util.HashSet;
import java.util.List;
import slash32.net.Vni;

/// A tenant's Layer 2 domain, as this node takes part in it.
///
/// @param name for people
/// @param encapsulation how frames go to other nodes
/// @param frames that it takes from guests
/// @param gateway its router; none for a segment whose guests reach each other alone
/// @param ports guests' interfaces of this node in it, no device and no MAC twice
/// @param mtuBytes of frames' content between guests
public record Segment(
        String name,
        Vni vni,
        Flooding flooding,
        int mtuBytes,
        Encapsulation encapsulation,
        FrameRules frames,
        Gateway gateway,
        List<Port> ports) {
    /// What becomes of frames that no table has a place for, and of broadcast.
    public enum Flooding {
        /// They stay on this node: what guests ask for by ARP and ND is answered from the tables.
        NONE,
        /// Each other node of the segment gets a copy of what guests ask or say by ARP and ND, and of nothing else.
        ARP,
        /// Each other node of the segment gets a copy.
        FULL;

        /// True if other nodes get copies of anything.
        public boolean leavesTheNode() {
            return this != NONE;
        }
    }

    /// One with the usual encapsulation.
    public Segment(String name, Vni vni, Flooding flooding, int mtuBytes, List<Port> ports) {
        this(name, vni, flooding, mtuBytes, Encapsulation.DEFAULT, FrameRules.ANY, ports);
    }

    /// One without a gateway.
    public Segment(
            String name,
            Vni vni,
            Flooding flooding,
            int mtuBytes,
            Encapsulation encapsulation,
            FrameRules frames,
            List<Port> ports) {
        this(name, vni, flooding, mtuBytes, encapsulation, frames, Gateway.NONE, ports);
    }

    /// The same segment with these ports.
    public Segment with(List<Port> others) {
        return new Segment(name, vni, flooding, mtuBytes, encapsulation, frames, gateway, others);
    }

    /// The same segment with this gateway.
    public Segment with(Gateway other) {
        return new Segment(name, vni, flooding, mtuBytes, encapsulation, frames, other, ports);
    }

    public Segment {
        ports = List.copyOf(ports);
        var devices = new HashSet<>();
        var macs = new HashSet<>();
        for (Port port : ports) {
            if (!devices.add(port.device()) || !macs.add(port.mac())) {
                throw new IllegalArgumentException(
                        "segment " + name + " has " + port.device() + " or " + port.mac() + " twice");
            }
        }
    }
}
