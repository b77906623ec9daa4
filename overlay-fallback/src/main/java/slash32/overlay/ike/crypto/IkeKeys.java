package slash32.overlay.ike.crypto;

import java.nio.ByteBuffer;
import slash32.net.Bytes;

/// The keys of one IKE SA with an AEAD cipher, which has no integrity keys (RFC 7296 §2.14, RFC 5282 §4).
public final class IkeKeys {
    private final Prf prf;
    private final Secret derive;
    private final Secret initiatorCipher;
    private final Secret responderCipher;
    private final Secret initiatorProof;
    private final Secret responderProof;

    private IkeKeys(Prf prf, byte[] seed, byte[] noncesAndSpis, int cipherKeyBytes) {
        this.prf = prf;
        int unit = prf.outputBytes();
        var stream = new Secret(prf.plus(seed, noncesAndSpis, 3 * unit + 2 * cipherKeyBytes));
        int ciphers = unit + 2 * cipherKeyBytes;
        derive = stream.slice(0, unit);
        initiatorCipher = stream.slice(unit, unit + cipherKeyBytes);
        responderCipher = stream.slice(unit + cipherKeyBytes, ciphers);
        initiatorProof = stream.slice(ciphers, ciphers + unit);
        responderProof = stream.slice(ciphers + unit, ciphers + 2 * unit);
    }

    /// What both nonces and SPIs are, the initiator's first.
    public record Exchange(Bytes nonces, long initiatorSpi, long responderSpi) {
        byte[] seed() {
            return ByteBuffer.allocate(nonces.length() + 16)
                    .put(nonces.toArray())
                    .putLong(initiatorSpi)
                    .putLong(responderSpi)
                    .array();
        }
    }

    /// Of a first exchange (RFC 7296 §2.14).
    ///
    /// @param cipherKeyBytes with the salt
    public static IkeKeys first(Prf prf, Exchange exchange, Secret shared, int cipherKeyBytes) {
        return new IkeKeys(prf, prf.of(exchange.nonces().toArray(), shared.toArray()), exchange.seed(), cipherKeyBytes);
    }

    /// Of the SA that replaces this one (RFC 7296 §2.18).
    public IkeKeys rekeyed(Prf newPrf, Exchange exchange, Secret shared, int cipherKeyBytes) {
        byte[] seed =
                prf.of(derive.toArray(), shared.toArray(), exchange.nonces().toArray());
        return new IkeKeys(newPrf, seed, exchange.seed(), cipherKeyBytes);
    }

    /// Of a Child SA, both directions (RFC 7296 §2.17).
    ///
    /// @param shared of a key exchange of its own, or empty
    /// @param keyBytes of one direction, with the salt
    public EspKeys child(Bytes nonces, byte[] shared, int keyBytes) {
        byte[] seed = ByteBuffer.allocate(shared.length + nonces.length())
                .put(shared)
                .put(nonces.toArray())
                .array();
        var stream = new Secret(prf.plus(derive.toArray(), seed, 2 * keyBytes));
        return new EspKeys(stream.slice(0, keyBytes), stream.slice(keyBytes, 2 * keyBytes));
    }

    /// Of one Child SA, key and salt of each direction; the initiator is who asked for this Child SA.
    public record EspKeys(Secret fromInitiator, Secret fromResponder) {}

    /// SK_ei or SK_er with its salt.
    public Secret cipher(boolean ofInitiator) {
        return ofInitiator ? initiatorCipher : responderCipher;
    }

    /// What AUTH covers beside the message and the nonce: prf(SK_p, identity) (RFC 7296 §2.15).
    public byte[] identityMac(boolean ofInitiator, byte[] identityBody) {
        return prf.of((ofInitiator ? initiatorProof : responderProof).toArray(), identityBody);
    }

    public Prf prf() {
        return prf;
    }
}
