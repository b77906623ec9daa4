package slash32.bgp.speaker;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import slash32.net.Prefix;

/// Prefixes on their way to the peers: once all of those that were told our routes at the beginning have them, it is
/// said. On thread {@code bgp}.
final class Deliveries {
    private final Peers peers;
    private final Predicate<Prefix> announced;
    private final Consumer<List<Prefix>> written;

    /// @param announced a prefix is still announced
    /// @param written takes prefixes that every peer has, of which there is at least one
    Deliveries(Peers peers, Predicate<Prefix> announced, Consumer<List<Prefix>> written) {
        this.peers = peers;
        this.announced = announced;
        this.written = written;
    }

    void begin(List<Prefix> prefixes) {
        List<PeerSession> told = peers.told();
        if (!prefixes.isEmpty() && !told.isEmpty()) {
            var batch = new Batch(prefixes, told.size());
            told.forEach(peer -> peer.whenWritten(batch::writtenToOne));
        }
    }

    /// Prefixes that some peers are still being told.
    private final class Batch {
        private final List<Prefix> prefixes;
        private int peersLeft;

        Batch(List<Prefix> prefixes, int peersLeft) {
            this.prefixes = prefixes;
            this.peersLeft = peersLeft;
        }

        /// A peer has them all, or is no longer Established.
        void writtenToOne() {
            if (--peersLeft > 0 || peers.all().stream().noneMatch(PeerSession::isTold)) {
                return;
            }
            List<Prefix> still = prefixes.stream().filter(announced).toList();
            if (!still.isEmpty()) {
                written.accept(still);
            }
        }
    }
}
