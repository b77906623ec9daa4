package slash32.overlay.ike.wire;

import java.util.List;
import slash32.net.Bytes;

/// A payload (RFC 7296 §3.2), named as the RFC names it.
public sealed interface Payload {
    int SA = 33;
    int KE = 34;
    int ID_I = 35;
    int ID_R = 36;
    int CERT = 37;
    int CERTREQ = 38;
    int AUTH = 39;
    int NONCE = 40;
    int NOTIFY = 41;
    int DELETE = 42;
    int VENDOR = 43;
    int TS_I = 44;
    int TS_R = 45;
    int ENCRYPTED = 46;
    int FRAGMENT = 53;

    int type();

    /// Proposals in the order of preference (RFC 7296 §3.3).
    record SecurityAssociation(List<Proposal> proposals) implements Payload {
        public SecurityAssociation {
            proposals = List.copyOf(proposals);
        }

        @Override
        public int type() {
            return SA;
        }
    }

    /// RFC 7296 §3.4.
    record KeyExchange(int method, Bytes value) implements Payload {
        @Override
        public int type() {
            return KE;
        }
    }

    /// RFC 7296 §3.5.
    record Identification(boolean ofInitiator, Identity identity) implements Payload {
        @Override
        public int type() {
            return ofInitiator ? ID_I : ID_R;
        }
    }

    /// RFC 7296 §3.6.
    record Certificate(int encoding, Bytes value) implements Payload {
        public static final int X509_SIGNATURE = 4;

        @Override
        public int type() {
            return CERT;
        }
    }

    /// RFC 7296 §3.7.
    ///
    /// @param authorities for X.509, the SHA-1 hashes of trusted authorities' public keys in a row
    record CertificateRequest(int encoding, Bytes authorities) implements Payload {
        @Override
        public int type() {
            return CERTREQ;
        }
    }

    /// RFC 7296 §3.8.
    record Authentication(int method, Bytes value) implements Payload {
        /// RFC 7427 §3.
        public static final int DIGITAL_SIGNATURE = 14;

        @Override
        public int type() {
            return AUTH;
        }
    }

    /// RFC 7296 §3.9.
    record Nonce(Bytes value) implements Payload {
        public static final int MIN_BYTES = 16;
        public static final int MAX_BYTES = 256;

        @Override
        public int type() {
            return NONCE;
        }
    }

    /// RFC 7296 §3.10.
    ///
    /// @param protocol 0 without an SPI
    /// @param notification the Notify Message Type, one of {@link NotifyType}
    record Notify(int protocol, Bytes spi, int notification, Bytes body) implements Payload {
        public static Notify of(int notification) {
            return of(notification, Bytes.EMPTY);
        }

        public static Notify of(int notification, Bytes body) {
            return new Notify(0, Bytes.EMPTY, notification, body);
        }

        public boolean isError() {
            return notification < NotifyType.FIRST_STATUS;
        }

        @Override
        public int type() {
            return NOTIFY;
        }
    }

    /// RFC 7296 §3.11. The IKE SA itself is deleted with no SPI.
    record Delete(int protocol, List<Bytes> spis) implements Payload {
        public Delete {
            spis = List.copyOf(spis);
        }

        @Override
        public int type() {
            return DELETE;
        }
    }

    /// RFC 7296 §3.12.
    record VendorId(Bytes value) implements Payload {
        @Override
        public int type() {
            return VENDOR;
        }
    }

    /// RFC 7296 §3.13. Selectors of kinds that we don't know are left out, which narrows (§2.9).
    record TrafficSelectors(boolean ofInitiator, List<TrafficSelector> selectors) implements Payload {
        public TrafficSelectors {
            selectors = List.copyOf(selectors);
        }

        @Override
        public int type() {
            return ofInitiator ? TS_I : TS_R;
        }
    }

    /// RFC 7296 §3.14: all that follows, under the cipher. Always the last.
    ///
    /// @param firstInner type of the first payload inside
    /// @param sealed initialization vector, ciphertext and integrity check value
    record Encrypted(int firstInner, Bytes sealed) implements Payload {
        @Override
        public int type() {
            return ENCRYPTED;
        }
    }

    /// RFC 7383 §2.5: one of {@code total} parts of what an Encrypted payload would hold. Always the last.
    ///
    /// @param firstInner in the first part; 0 in the others
    /// @param number from 1
    record EncryptedFragment(int firstInner, int number, int total, Bytes sealed) implements Payload {
        @Override
        public int type() {
            return FRAGMENT;
        }
    }

    /// One that we don't know: ignored, or refused with UNSUPPORTED_CRITICAL_PAYLOAD (RFC 7296 §2.5).
    record Unknown(int type, boolean critical, Bytes value) implements Payload {}
}
