package slash32.overlay.ike.exchange;

import java.security.PublicKey;
import java.time.Duration;
import java.util.List;
import slash32.net.Bytes;
import slash32.overlay.ike.wire.Identity;

/// Decides whose key a peer's certificates prove.
@FunctionalInterface
public interface Verifier {
    /// Judges the certificates of one IKE_AUTH.
    ///
    /// @param claimed the peer's ID payload: a certificate of another name is refused
    /// @param certificates DER as received, the peer's own first
    Verdict verify(Identity claimed, List<Bytes> certificates);

    /// Trusts whom this one or the other trusts; says why this one does not.
    default Verifier or(Verifier other) {
        return (claimed, certificates) -> {
            Verdict verdict = verify(claimed, certificates);
            return verdict instanceof Verdict.Refused
                            && other.verify(claimed, certificates) instanceof Verdict.Trusted trusted
                    ? trusted
                    : verdict;
        };
    }

    sealed interface Verdict {
        /// The signature has to be by this key.
        ///
        /// @param left until the first of the certificates that it relies on ends
        record Trusted(PublicKey key, Duration left) implements Verdict {}

        record Refused(String why) implements Verdict {}
    }
}
