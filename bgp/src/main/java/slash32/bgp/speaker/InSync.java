package slash32.bgp.speaker;

import java.util.HashSet;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.wire.AddressFamily;

/// Since its start: of which families the speaker has heard all, and whether it has said all that peers must be told
/// before End-of-RIB. On thread {@code bgp}.
///
/// Peers that are not up, and those of ranges, of which nobody knows how many there will be, have their time.
final class InSync {
    private static final Logger LOG = LoggerFactory.getLogger(InSync.class);

    private final Speaker speaker;
    private final Peers peers;
    private final Ribs ribs;
    private final LocRibListener listener;
    private final boolean reflecting;
    private final Set<AddressFamily> families = new HashSet<>();
    private boolean started;
    private boolean patienceOver;
    private boolean ownRoutesComplete;
    private boolean ranges;

    /// @param reflecting peers are told what others say
    InSync(Speaker speaker, Peers peers, Ribs ribs, LocRibListener listener, boolean reflecting) {
        this.speaker = speaker;
        this.peers = peers;
        this.ribs = ribs;
        this.listener = listener;
        this.reflecting = reflecting;
    }

    /// Families of which all was heard.
    Set<AddressFamily> families() {
        return Set.copyOf(families);
    }

    void configure(SpeakerConfig config) {
        ranges = !config.ranges().isEmpty();
    }

    /// There are all peers that are known by name.
    void start() {
        started = true;
        consider();
    }

    /// The listener hears nothing more.
    void stop() {
        started = false;
    }

    /// Peers have had their time, and our own routes too.
    void patienceOver() {
        patienceOver = true;
        consider();
        ownRoutesComplete();
        speaker.groups().drain();
    }

    /// All routes of ours that there are at the start have been announced.
    void ownRoutesComplete() {
        if (!ownRoutesComplete) {
            ownRoutesComplete = true;
            speaker.groups().drain();
        }
    }

    /// All is there that peers must be told of {@code family} before End-of-RIB: ours, and of a reflector what its
    /// peers had.
    boolean isComplete(AddressFamily family) {
        boolean heard = !reflecting || patienceOver || (!ranges && families.contains(family));
        return ownRoutesComplete && heard;
    }

    /// A peer may have told all that it has.
    void consider() {
        boolean anyUp = peers.established().findAny().isPresent();
        if (!started || !(peers.areUp() || (anyUp && patienceOver))) {
            return;
        }
        for (AddressFamily family : ribs.families()) {
            boolean complete = peers.established().allMatch(peer -> peer.hasEnded(family));
            if (complete && families.add(family)) {
                LOG.info(
                        "event=in-sync family={} prefixes={}",
                        family,
                        ribs.table(family).size());
                listener.inSync(family);
            }
        }
        if (families.containsAll(ribs.families())) {
            peers.all().forEach(PeerSession::restartOver);
        }
        speaker.groups().drain();
    }
}
