package slash32.overlay.ike.crypto;

import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/// AES-GCM with a tag of 16 octets for one direction of an IKE SA (RFC 5282 §3). The initialization vector is a
/// counter, so that none comes twice under a key (§3.1).
///
/// Owned by one thread.
public final class AesGcm {
    public static final int SALT_BYTES = 4;
    public static final int IV_BYTES = 8;
    public static final int TAG_BYTES = 16;
    public static final int OVERHEAD_BYTES = IV_BYTES + TAG_BYTES;

    private final SecretKeySpec key;
    private final byte[] salt;
    private final Cipher cipher;
    private long nextIv;

    /// A direction that has sealed nothing yet.
    ///
    /// @param keyAndSalt 16 or 32 octets of key and 4 of salt
    public AesGcm(Secret keyAndSalt) {
        byte[] both = keyAndSalt.toArray();
        key = new SecretKeySpec(both, 0, both.length - SALT_BYTES, "AES");
        salt = Arrays.copyOfRange(both, both.length - SALT_BYTES, both.length);
        try {
            cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's AES-GCM", e);
        }
    }

    /// Initialization vector, ciphertext and tag.
    public byte[] seal(byte[] associated, byte[] plaintext) {
        long iv = nextIv++;
        try {
            init(Cipher.ENCRYPT_MODE, iv, associated);
            byte[] sealed = new byte[plaintext.length + OVERHEAD_BYTES];
            ByteBuffer.wrap(sealed).putLong(iv);
            cipher.doFinal(plaintext, 0, plaintext.length, sealed, IV_BYTES);
            return sealed;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing " + plaintext.length + " octets", e);
        }
    }

    /// The plaintext, or nothing if {@code sealed} is not of whoever has the key.
    public Optional<byte[]> open(byte[] associated, byte[] sealed) {
        if (sealed.length < OVERHEAD_BYTES) {
            return Optional.empty();
        }
        try {
            init(Cipher.DECRYPT_MODE, ByteBuffer.wrap(sealed).getLong(), associated);
            return Optional.of(cipher.doFinal(sealed, IV_BYTES, sealed.length - IV_BYTES));
        } catch (AEADBadTagException _) {
            return Optional.empty();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening " + sealed.length + " octets", e);
        }
    }

    private void init(int mode, long iv, byte[] associated) throws GeneralSecurityException {
        byte[] nonce =
                ByteBuffer.allocate(SALT_BYTES + IV_BYTES).put(salt).putLong(iv).array();
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(associated);
    }
}
