package slash32.overlay.ike.wire;

import slash32.net.Bytes;

/// One algorithm on offer (RFC 7296 §3.3.2).
///
/// @param keyBits the Key Length attribute; 0 if there is none
/// @param otherAttributes as received: a transform that has some is one we don't understand (RFC 7296 §3.3.6)
public record Transform(int type, int id, int keyBits, Bytes otherAttributes) {
    public static final int ENCRYPTION = 1;
    public static final int PRF = 2;
    public static final int INTEGRITY = 3;
    public static final int KEY_EXCHANGE = 4;
    public static final int SEQUENCE_NUMBERS = 5;

    /// ENCR_AES_GCM_16 (RFC 5282 §7).
    public static final int AES_GCM_16 = 20;

    public static Transform of(int type, int id) {
        return new Transform(type, id, 0, Bytes.EMPTY);
    }

    public static Transform aesGcm(int keyBits) {
        return new Transform(ENCRYPTION, AES_GCM_16, keyBits, Bytes.EMPTY);
    }
}
