package slash32.bgp.speaker;

import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.bgp.wire.AddressFamily;

/// The speaker at a moment.
///
/// @param peers in address order
/// @param prefixes with a best path, by family
/// @param originated prefixes that this node announces, by family
/// @param inSync families whose initial routes are complete
public record SpeakerStatus(
        List<PeerStatus> peers,
        Map<AddressFamily, Integer> prefixes,
        Map<AddressFamily, Integer> originated,
        Set<AddressFamily> inSync) {}
