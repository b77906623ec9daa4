package slash32.overlay.evpn;

import java.util.List;
import slash32.net.IpAddress;

/// A segment at a moment.
///
/// @param here MACs of ports that are here
/// @param elsewhere MACs of ports that somebody else has by now, so that we don't say to have them
/// @param remote MACs that others have
/// @param unreachable MACs that only nodes have which we may not send to
/// @param frozen MACs that moved too often and stay where they were (RFC 7432 §15.1)
/// @param overLimit routes that wait because their node has as many as are taken of one
/// @param moves since the start
/// @param duplicates times that a MAC moved too often, since the start
/// @param grouped addresses of other nodes whose routes say groups
/// @param flooded the nodes that get a copy of flooded frames
public record SegmentStatus(
        Segment segment,
        int here,
        int elsewhere,
        int remote,
        int unreachable,
        int frozen,
        int overLimit,
        long moves,
        long duplicates,
        int grouped,
        List<IpAddress> flooded) {
    public SegmentStatus {
        flooded = List.copyOf(flooded);
    }
}
