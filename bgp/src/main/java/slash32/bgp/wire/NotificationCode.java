package slash32.bgp.wire;

/// Error codes and subcodes of NOTIFICATION (RFC 4271 §4.5, RFC 4486, RFC 5492, RFC 6608, RFC 7313, RFC 8538,
/// RFC 9234, RFC 9384, RFC 9687).
public enum NotificationCode {
    CONNECTION_NOT_SYNCHRONIZED(1, 1),
    BAD_MESSAGE_LENGTH(1, 2),
    BAD_MESSAGE_TYPE(1, 3),
    UNSPECIFIC_OPEN_ERROR(2, 0),
    UNSUPPORTED_VERSION(2, 1),
    BAD_PEER_AS(2, 2),
    BAD_BGP_IDENTIFIER(2, 3),
    UNSUPPORTED_OPTIONAL_PARAMETER(2, 4),
    UNACCEPTABLE_HOLD_TIME(2, 6),
    UNSUPPORTED_CAPABILITY(2, 7),
    ROLE_MISMATCH(2, 11),
    MALFORMED_ATTRIBUTE_LIST(3, 1),
    UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE(3, 2),
    MISSING_WELL_KNOWN_ATTRIBUTE(3, 3),
    ATTRIBUTE_FLAGS_ERROR(3, 4),
    ATTRIBUTE_LENGTH_ERROR(3, 5),
    INVALID_ORIGIN(3, 6),
    INVALID_NEXT_HOP(3, 8),
    OPTIONAL_ATTRIBUTE_ERROR(3, 9),
    INVALID_NETWORK_FIELD(3, 10),
    MALFORMED_AS_PATH(3, 11),
    HOLD_TIMER_EXPIRED(4, 0),
    UNEXPECTED_IN_OPEN_SENT(5, 1),
    UNEXPECTED_IN_OPEN_CONFIRM(5, 2),
    UNEXPECTED_IN_ESTABLISHED(5, 3),
    MAXIMUM_PREFIXES_REACHED(6, 1),
    ADMINISTRATIVE_SHUTDOWN(6, 2),
    PEER_DECONFIGURED(6, 3),
    ADMINISTRATIVE_RESET(6, 4),
    CONNECTION_REJECTED(6, 5),
    OTHER_CONFIGURATION_CHANGE(6, 6),
    CONNECTION_COLLISION_RESOLUTION(6, 7),
    OUT_OF_RESOURCES(6, 8),
    HARD_RESET(6, 9),
    BFD_DOWN(6, 10),
    BAD_ROUTE_REFRESH_LENGTH(7, 1),
    SEND_HOLD_TIMER_EXPIRED(8, 0);

    private final int code;
    private final int subcode;

    NotificationCode(int code, int subcode) {
        this.code = code;
        this.subcode = subcode;
    }

    public int code() {
        return code;
    }

    public int subcode() {
        return subcode;
    }

    /// For people: "hold timer expired".
    public String text() {
        return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
    }
}
