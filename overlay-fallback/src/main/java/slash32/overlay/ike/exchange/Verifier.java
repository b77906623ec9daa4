package slash32.overlay.ike.exchange;

import java.security.PublicKey;
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

    sealed interface Verdict {
        /// The signature has to be by this key.
        record Trusted(PublicKey key) implements Verdict {}

        record Refused(String why) implements Verdict {}
    }
}
