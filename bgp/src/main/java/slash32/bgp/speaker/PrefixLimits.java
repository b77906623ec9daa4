package slash32.bgp.speaker;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.session.Event;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;
import slash32.net.Bytes;

/// Whether one peer stays within its limits; the log is warned once a family. On thread {@code bgp}.
final class PrefixLimits {
    private static final Logger LOG = LoggerFactory.getLogger(PrefixLimits.class);

    private final ToIntFunction<AddressFamily> held;
    private final Set<AddressFamily> warned = new HashSet<>();

    /// @param held how many prefixes of a family are held from the peer
    PrefixLimits(ToIntFunction<AddressFamily> held) {
        this.held = held;
    }

    /// The session has to end.
    ///
    /// @param pauseNanos before it may come back, or {@link Event#FOR_GOOD}
    record Exceeded(Message.Notification why, long pauseNanos) {}

    /// Warns anew: a session began, or the limits are others.
    void begin() {
        warned.clear();
    }

    /// The first limit that the peer exceeds; null if it exceeds none.
    @Nullable
    Exceeded check(PeerConfig peer) {
        for (Map.Entry<AddressFamily, PrefixLimit> each :
                peer.options().limits().entrySet()) {
            AddressFamily family = each.getKey();
            PrefixLimit limit = each.getValue();
            int prefixes = peer.families().contains(family) ? held.applyAsInt(family) : 0;
            if (limit.isWarning(prefixes) && warned.add(family)) {
                LOG.warn(
                        "peer={} event=prefix-limit-near family={} prefixes={} limit={}",
                        peer.address(),
                        family,
                        prefixes,
                        limit.max());
            }
            if (prefixes > limit.max()) {
                return exceeded(family, limit);
            }
        }
        return null;
    }

    /// The NOTIFICATION says which family and what was allowed (RFC 4486 §4).
    private static Exceeded exceeded(AddressFamily family, PrefixLimit limit) {
        byte[] allowed = ByteBuffer.allocate(7)
                .putShort((short) family.afi())
                .put((byte) family.safi())
                .putInt(limit.max())
                .array();
        Duration pause = limit.restartAfter();
        return new Exceeded(
                Message.Notification.of(NotificationCode.MAXIMUM_PREFIXES_REACHED, Bytes.copyOf(allowed)),
                pause == null ? Event.FOR_GOOD : pause.toNanos());
    }
}
