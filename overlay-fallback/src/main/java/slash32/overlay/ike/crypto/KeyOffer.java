package slash32.overlay.ike.crypto;

import java.security.PrivateKey;
import java.util.Optional;
import slash32.net.Bytes;

/// A key exchange that we began.
public final class KeyOffer {
    private final KeyExchangeMethod method;
    private final Bytes value;
    private final PrivateKey own;

    KeyOffer(KeyExchangeMethod method, Bytes value, PrivateKey own) {
        this.method = method;
        this.value = value;
        this.own = own;
    }

    public KeyExchangeMethod method() {
        return method;
    }

    /// For the peer.
    public Bytes value() {
        return value;
    }

    /// The secret, or nothing if the peer's answer is no value of this method.
    public Optional<Secret> secret(Bytes answer) {
        return method.secret(own, answer);
    }
}
