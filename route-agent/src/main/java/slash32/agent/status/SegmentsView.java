package slash32.agent.status;

import java.util.List;
import java.util.Map;
import slash32.net.InterfaceName;
import slash32.overlay.evpn.Refusal;
import slash32.overlay.evpn.SegmentStatus;
import slash32.overlay.vxlan.FrameCount;
import slash32.overlay.vxlan.OffloadFault;

/// The node's segments.
///
/// @param segments in order of VNIs
/// @param waiting ports that are in no segment yet, and why
/// @param refusals routes with a target of one of them that were not used, by why
/// @param frames of guests, by what became of them
/// @param drifted entries that others changed and that were put right, by table
/// @param offloads devices that spoil connections in segments
public record SegmentsView(
        List<SegmentStatus> segments,
        Map<InterfaceName, String> waiting,
        Map<Refusal, Long> refusals,
        Map<FrameCount, Long> frames,
        Map<String, Long> drifted,
        List<OffloadFault> offloads) {
    public SegmentsView {
        segments = List.copyOf(segments);
        waiting = Map.copyOf(waiting);
        refusals = Map.copyOf(refusals);
        frames = Map.copyOf(frames);
        drifted = Map.copyOf(drifted);
        offloads = List.copyOf(offloads);
    }
}
