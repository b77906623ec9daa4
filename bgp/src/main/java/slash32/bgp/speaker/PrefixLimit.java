package slash32.bgp.speaker;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// How many prefixes of a family a peer may announce (RFC 4271 §6.7, RFC 4486 §4).
///
/// @param max one more ends the session
/// @param warnPercent of {@code max}, 1 to 100: a line in the log when the peer comes there
/// @param restartAfter when the session may come back; null for not before it is configured anew
public record PrefixLimit(
        int max, int warnPercent, @Nullable Duration restartAfter) {
    public PrefixLimit {
        if (max < 1) {
            throw new IllegalArgumentException("a limit must be at least 1, was " + max);
        }
        if (warnPercent < 1 || warnPercent > 100) {
            throw new IllegalArgumentException("a warning is at 1 to 100 percent, was " + warnPercent);
        }
    }

    boolean isWarning(int prefixes) {
        return prefixes >= (long) max * warnPercent / 100;
    }
}
