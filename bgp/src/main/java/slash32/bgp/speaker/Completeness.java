package slash32.bgp.speaker;

import io.netty.util.concurrent.ScheduledFuture;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.wire.AddressFamily;
import slash32.net.IpAddress;

/// Of which families one peer has told all it has, since its session came up. On thread {@code bgp}.
///
/// A peer that says no more has told all: one without graceful restart need not send End-of-RIB, and one that must and
/// doesn't can't hold everything up.
final class Completeness {
    private static final Logger LOG = LoggerFactory.getLogger(Completeness.class);

    private final Speaker speaker;
    private final IpAddress peer;
    private final LongSupplier updates;
    private final Set<AddressFamily> complete = new HashSet<>();
    private Set<AddressFamily> families = Set.of();
    private @Nullable ScheduledFuture<?> patience;

    /// @param updates how many UPDATEs the peer has sent
    Completeness(Speaker speaker, IpAddress peer, LongSupplier updates) {
        this.speaker = speaker;
        this.peer = peer;
        this.updates = updates;
    }

    /// A session came up that speaks {@code spoken}: it has told nothing.
    void begin(Set<AddressFamily> spoken) {
        families = spoken;
        complete.clear();
        waitForMore(updates.getAsLong());
    }

    private void waitForMore(long updatesBefore) {
        patience = speaker.loop()
                .schedule(
                        () -> {
                            if (updates.getAsLong() > updatesBefore) {
                                waitForMore(updates.getAsLong());
                            } else {
                                families.stream()
                                        .filter(family -> !complete.contains(family))
                                        .sorted()
                                        .forEach(this::silent);
                            }
                        },
                        speaker.inSyncTimeout().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    /// Counts as complete, so that it holds nothing up. What is kept from before its restart stays: a reflector that
    /// restarts says nothing until all its own peers are back (RFC 4724 §4.1).
    private void silent(AddressFamily family) {
        LOG.info("peer={} event=end-of-rib-missing family={}", peer, family);
        complete.add(family);
        speaker.considerInSync();
    }

    /// End-of-RIB of {@code family} came.
    ///
    /// @return true if all families are complete now
    boolean ended(AddressFamily family) {
        complete.add(family);
        boolean all = complete.containsAll(families);
        if (all) {
            stopWaiting();
        }
        return all;
    }

    /// The session ended, or all is told; what was complete stays said until the next one comes up.
    void stopWaiting() {
        if (patience != null) {
            patience.cancel(false);
            patience = null;
        }
    }

    boolean of(AddressFamily family) {
        return complete.contains(family);
    }
}
