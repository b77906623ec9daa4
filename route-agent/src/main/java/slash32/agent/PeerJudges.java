package slash32.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.status.Proofs;
import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.Credentials;
import slash32.overlay.ike.exchange.IkeNode;
import slash32.overlay.ike.exchange.Verifier;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.pki.NodeFolder;
import slash32.overlay.pki.PeerVerifier;
import slash32.overlay.pki.RevocationList;
import slash32.overlay.pki.SteadyClock;

/// Reads what this node proves itself with and judges its peers by, and says what is wrong with it. Owned by one
/// thread.
final class PeerJudges {
    private static final Logger LOG = LoggerFactory.getLogger(PeerJudges.class);

    private final NodeFolder folder;
    private final IpAddress underlay;
    private final Function<Identity, Optional<IpAddress>> peers;
    private final SteadyClock clock = new SteadyClock(Instant.now(), System.nanoTime());
    private Set<String> told = Set.of();
    private @Nullable Instant end;
    private List<RevocationList> lists = List.of();
    private Duration clockAhead = Duration.ZERO;

    /// What was read.
    ///
    /// @param verifier of who is not let in yet
    /// @param judge of who is
    record Read(Credentials credentials, Verifier verifier, Verifier judge) {}

    /// @param peers the address of each that may be let in
    PeerJudges(Path folder, IpAddress underlay, Function<Identity, Optional<IpAddress>> peers) {
        this.folder = new NodeFolder(folder);
        this.underlay = underlay;
        this.peers = peers;
    }

    /// @throws IOException naming the file
    Read read() throws IOException {
        Credentials credentials = folder.credentials(underlay);
        PeerVerifier verifier = folder.verifier(peers, Instant::now);
        Instant now = Instant.now();
        SteadyClock.Reading reading = clock.read(now, System.nanoTime());
        Verifier judge = reading.isHeld() ? verifier.or(folder.verifier(peers, reading::time)) : verifier;
        end = folder.end();
        lists = verifier.lists();
        clockAhead = reading.ahead();
        tell(now);
        return new Read(credentials, verifier, judge);
    }

    /// One line for each thing that is new.
    private void tell(Instant now) {
        var all = new HashSet<String>();
        for (RevocationList list : lists) {
            String which = " issuer=\"" + list.issuer() + "\" made=" + list.made();
            if (list.use() == RevocationList.Use.IGNORED) {
                all.add("event=revocation-list-ignored" + which
                        + " reason=\"the authority of this name did not sign it, or may not sign lists\"");
            } else if (list.use() == RevocationList.Use.WITH_ITS_ISSUER) {
                all.add("event=revocation-list-of-no-authority" + which
                        + " reason=\"it counts for peers that show the certificate of its issuer\"");
            }
            if (list.isOverdue(now)) {
                all.add("event=revocation-list-overdue" + which + " next=" + list.next());
            }
        }
        if (!clockAhead.isZero()) {
            all.add("event=clock-was-set effect=\"peers that were let in are not cut by it for a day\"");
        }
        all.stream().filter(line -> !told.contains(line)).forEach(line -> LOG.warn("{}", line));
        told = all;
    }

    Proofs proofs(Map<IkeNode.Counter, Long> counters) {
        var refused = new TreeMap<String, Long>();
        for (IkeNode.Counter counter : IkeNode.Counter.values()) {
            String reason = counter.name().toLowerCase(Locale.ROOT).replace('_', '-');
            refused.put(reason, counters.getOrDefault(counter, 0L));
        }
        return new Proofs(end, lists, clockAhead, refused);
    }
}
