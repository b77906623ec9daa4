package slash32.overlay.ike.exchange;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.SecureRandom;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.Prf;

/// Cookies that prove that a peer receives where it says it is, without a memory of it (RFC 7296 §2.6).
final class Cookies {
    private static final long SECRET_LIFE_NANOS = 60_000_000_000L;

    private final SecureRandom random;
    private byte[] secret;
    private byte[] previous;
    private byte version;
    private long changedNanos;

    Cookies(SecureRandom random, long nowNanos) {
        this.random = random;
        secret = new byte[32];
        previous = secret;
        renew(nowNanos);
        previous = secret;
    }

    private void renew(long nowNanos) {
        previous = secret;
        secret = new byte[32];
        random.nextBytes(secret);
        version++;
        changedNanos = nowNanos;
    }

    Bytes cookie(Bytes nonce, IpAddress address, long initiatorSpi, long nowNanos) {
        if (nowNanos - changedNanos >= SECRET_LIFE_NANOS) {
            renew(nowNanos);
        }
        return cookie(version, secret, nonce, address, initiatorSpi);
    }

    private static Bytes cookie(byte version, byte[] secret, Bytes nonce, IpAddress address, long initiatorSpi) {
        byte[] spi = ByteBuffer.allocate(8).putLong(initiatorSpi).array();
        byte[] mac = Prf.HMAC_SHA2_256.of(secret, nonce.toArray(), address.toArray(), spi);
        return Bytes.copyOf(
                ByteBuffer.allocate(1 + mac.length).put(version).put(mac).array());
    }

    /// Whether we gave out {@code cookie} for this within the last two secrets' lives.
    boolean isOurs(Bytes cookie, Bytes nonce, IpAddress address, long initiatorSpi) {
        if (cookie.length() == 0) {
            return false;
        }
        byte[] of = cookie.at(0) == version ? secret : previous;
        byte[] wanted = cookie(cookie.at(0), of, nonce, address, initiatorSpi).toArray();
        return MessageDigest.isEqual(wanted, cookie.toArray());
    }
}
