package slash32.overlay.pki;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A list of revoked certificates for people.
///
/// @param made when its issuer signed it
/// @param next when there is to be another; null for whenever
public record RevocationList(
        String issuer, Instant made, @Nullable Instant next, Use use) {
    /// Whether it counts.
    public enum Use {
        COUNTS,
        /// For certificates that come with the certificate of its issuer, which is no authority here.
        WITH_ITS_ISSUER,
        /// An authority has this name and did not sign it, or may not sign lists.
        IGNORED
    }

    /// There should be another by now; it counts nonetheless.
    public boolean isOverdue(Instant now) {
        return next != null && next.isBefore(now);
    }
}
