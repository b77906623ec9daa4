package slash32.overlay.esp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import slash32.overlay.ike.crypto.Secret;

/// AES-GCM with a tag of 16 octets for one direction of one SA (RFC 4106). Arrays of the heap, because the JDK is
/// fastest on them.
///
/// Owned by one thread.
final class EspCipher {
    static final int SALT_BYTES = 4;
    static final int IV_BYTES = 8;
    static final int TAG_BYTES = 16;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final SecretKeySpec key;
    private final byte[] nonce = new byte[SALT_BYTES + IV_BYTES];
    /// SPI and sequence number, of 64 bits with ESN (RFC 4106 §5).
    private final byte[] associated;

    private final Cipher cipher;

    /// @param keyAndSalt 16 or 32 octets of key and 4 of salt
    EspCipher(int spi, Secret keyAndSalt, boolean esn) {
        byte[] both = keyAndSalt.toArray();
        int keyBytes = both.length - SALT_BYTES;
        key = new SecretKeySpec(both, 0, keyBytes, "AES");
        System.arraycopy(both, keyBytes, nonce, 0, SALT_BYTES);
        associated = new byte[esn ? 12 : 8];
        INT.set(associated, 0, spi);
        try {
            cipher = Cipher.getInstance("AES/GCM/NoPadding");
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK's AES-GCM", e);
        }
    }

    /// Writes ciphertext and tag to {@code out}.
    void seal(long sequence, long iv, byte[] plain, int at, int length, byte[] out, int outAt) {
        try {
            init(Cipher.ENCRYPT_MODE, sequence, iv);
            cipher.doFinal(plain, at, length, out, outAt);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("sealing " + length + " octets", e);
        }
    }

    /// Writes the plaintext to {@code out}.
    ///
    /// @param length of ciphertext and tag
    /// @return false if they are not of whoever has the key; {@code out} may have changed
    boolean open(long sequence, long iv, byte[] sealed, int at, int length, byte[] out, int outAt) {
        try {
            init(Cipher.DECRYPT_MODE, sequence, iv);
            cipher.doFinal(sealed, at, length, out, outAt);
            return true;
        } catch (AEADBadTagException _) {
            return false;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("opening " + length + " octets", e);
        }
    }

    private void init(int mode, long sequence, long iv) throws GeneralSecurityException {
        LONG.set(nonce, SALT_BYTES, iv);
        if (associated.length == 12) {
            LONG.set(associated, 4, sequence);
        } else {
            INT.set(associated, 4, (int) sequence);
        }
        cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
        cipher.updateAAD(associated);
    }

    static int intAt(byte[] octets, int at) {
        return (int) INT.get(octets, at);
    }

    static void putInt(byte[] octets, int at, int value) {
        INT.set(octets, at, value);
    }

    static long longAt(byte[] octets, int at) {
        return (long) LONG.get(octets, at);
    }

    static void putLong(byte[] octets, int at, long value) {
        LONG.set(octets, at, value);
    }
}
