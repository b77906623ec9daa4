package slash32.bgp.speaker;

import java.util.List;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.EvpnChange;
import slash32.net.Prefix;

/// Hears what the speaker learns; what it has no use for, it leaves alone. Called on thread {@code bgp}; must only
/// enqueue.
public interface LocRibListener {
    /// Best paths changed.
    default void changed(RibDelta delta) {}

    /// Best paths of EVPN routes that are {@linkplain Speaker#importTargets imported} changed, in this order.
    default void evpn(List<EvpnChange> changes) {}

    /// The peers that are up have sent all they have (End-of-RIB), and the others have had their time. Once a family.
    default void inSync(AddressFamily family) {}

    /// A session changed its state.
    default void peerChanged(PeerStatus status) {}

    /// These prefixes are now written to every Established peer, of which there is at least one.
    default void advertised(List<Prefix> prefixes) {}

    /// False while the listener's queue is full: peers are then not read from, until {@link Speaker#resume}.
    default boolean ready() {
        return true;
    }
}
