package slash32.overlay.ike.exchange;

import java.security.PrivateKey;
import java.util.List;
import slash32.net.Bytes;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.wire.Identity;

/// How this node proves who it is.
///
/// @param certificates DER, the node's own first
/// @param schemes that the key can sign with, best first
/// @param authorities the SHA-1 hashes of trusted authorities' public keys in a row, for CERTREQ
public record Credentials(
        Identity identity, List<Bytes> certificates, PrivateKey key, List<SignatureScheme> schemes, Bytes authorities) {
    public Credentials {
        certificates = List.copyOf(certificates);
        schemes = List.copyOf(schemes);
    }
}
