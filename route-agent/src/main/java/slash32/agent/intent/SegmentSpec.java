package slash32.agent.intent;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.NumberRange;
import slash32.net.Vni;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.Segment;

/// What the hypervisor daemon wants of a segment. It is on this node while endpoints here are in it.
///
/// @param tenant whose it is: endpoints of the same tenant may be in it; null for none's
/// @param overlay the rule that says how its frames go to other nodes
/// @param mtuBytes of frames' content between guests, 1280 to 65450; null for the rule's
/// @param vlans that guests may use inside it; null for all that are the tenant's
/// @param multicastPerSecond broadcast and multicast frames that each port may send; null for any number
/// @param gateway its router to the fabric, the same on every node; {@link Gateway#NONE} for a segment of its own
public record SegmentSpec(
        SegmentId id,
        Vni vni,
        @Nullable String tenant,
        String overlay,
        Segment.Flooding flooding,
        @Nullable Integer mtuBytes,
        @Nullable List<NumberRange> vlans,
        @Nullable Integer multicastPerSecond,
        Gateway gateway) {
    public SegmentSpec {
        vlans = vlans == null ? null : List.copyOf(vlans);
    }

    /// One without a gateway.
    public SegmentSpec(
            SegmentId id,
            Vni vni,
            @Nullable String tenant,
            String overlay,
            Segment.Flooding flooding,
            @Nullable Integer mtuBytes,
            @Nullable List<NumberRange> vlans,
            @Nullable Integer multicastPerSecond) {
        this(id, vni, tenant, overlay, flooding, mtuBytes, vlans, multicastPerSecond, Gateway.NONE);
    }
}
