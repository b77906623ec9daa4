package slash32.overlay.ike.exchange;

import java.util.List;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

/// One peer that this node may have SAs with.
///
/// @param path to the peer's port 500
/// @param local selectors that we offer or narrow to, our side
/// @param transport mode of the Child SAs, else tunnel
public record PeerConfig(
        Identity identity, Path path, List<TrafficSelector> local, List<TrafficSelector> remote, boolean transport) {
    public PeerConfig {
        local = List.copyOf(local);
        remote = List.copyOf(remote);
    }
}
