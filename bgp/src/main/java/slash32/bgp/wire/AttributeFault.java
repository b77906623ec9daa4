package slash32.bgp.wire;

import slash32.net.Bytes;

/// What is wrong with an attribute, or with an UPDATE as a whole.
///
/// @param type of the attribute; 0 for the message
/// @param code what a NOTIFICATION would say
/// @param evidence the NOTIFICATION's data field (RFC 4271 §6.3)
public record AttributeFault(int type, Fate fate, NotificationCode code, Bytes evidence) {
    /// Leaves room in a NOTIFICATION of 4096 octets.
    private static final int EVIDENCE_BYTES_MAX = Framer.MAX_BYTES - Framer.HEADER_BYTES - 2;

    /// A fault in the attribute at {@code bytes[from, to)}, which is the NOTIFICATION's data where the code asks for
    /// that.
    static AttributeFault in(int type, Fate fate, NotificationCode code, byte[] bytes, int from, int to) {
        Bytes evidence = switch (code) {
            case ATTRIBUTE_FLAGS_ERROR,
                    ATTRIBUTE_LENGTH_ERROR,
                    UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE,
                    INVALID_ORIGIN,
                    INVALID_NEXT_HOP,
                    OPTIONAL_ATTRIBUTE_ERROR -> Bytes.copyOf(bytes, from, Math.min(to - from, EVIDENCE_BYTES_MAX));
            default -> Bytes.EMPTY;
        };
        return new AttributeFault(type, fate, code, evidence);
    }

    /// A mandatory attribute is not there (RFC 7606 §3 d).
    static AttributeFault missing(int type) {
        Bytes evidence = Bytes.copyOf(new byte[] {(byte) type});
        return new AttributeFault(
                type, Fate.TREAT_AS_WITHDRAW, NotificationCode.MISSING_WELL_KNOWN_ATTRIBUTE, evidence);
    }

    static AttributeFault withdraw(int type, NotificationCode code) {
        return new AttributeFault(type, Fate.TREAT_AS_WITHDRAW, code, Bytes.EMPTY);
    }

    static AttributeFault reset(int type, NotificationCode code) {
        return new AttributeFault(type, Fate.SESSION_RESET, code, Bytes.EMPTY);
    }

    /// The same with no route to withdraw; what was only to be discarded stays that.
    AttributeFault asReset() {
        return fate == Fate.TREAT_AS_WITHDRAW ? new AttributeFault(type, Fate.SESSION_RESET, code, evidence) : this;
    }

    /// For people: "attribute 3: attribute length error".
    @Override
    public String toString() {
        return (type == 0 ? "update" : "attribute " + type) + ": " + code.text();
    }
}
