package slash32.bgp.wire;

import slash32.net.Bytes;

/// What is wrong with an attribute, or with an UPDATE as a whole.
///
/// @param type of the attribute; 0 for the message
/// @param code what a NOTIFICATION would say
/// @param evidence the NOTIFICATION's data field (RFC 4271 §6.3)
public record AttributeFault(int type, Fate fate, NotificationCode code, Bytes evidence) {
    static AttributeFault discard(int type, NotificationCode code) {
        return new AttributeFault(type, Fate.ATTRIBUTE_DISCARD, code, Bytes.EMPTY);
    }

    static AttributeFault withdraw(int type, NotificationCode code) {
        return new AttributeFault(type, Fate.TREAT_AS_WITHDRAW, code, Bytes.EMPTY);
    }

    static AttributeFault reset(int type, NotificationCode code) {
        return new AttributeFault(type, Fate.SESSION_RESET, code, Bytes.EMPTY);
    }

    /// For people: "attribute 3: attribute length error".
    @Override
    public String toString() {
        return (type == 0 ? "update" : "attribute " + type) + ": " + code.text();
    }
}
