package slash32.bgp.wire;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Error codes and subcodes of NOTIFICATION messages (IANA "BGP Error (Notification) Codes").
public enum NotificationCode {
    // Message Header Error, RFC 4271 §6.1
    CONNECTION_NOT_SYNCHRONIZED(1, 1),
    BAD_MESSAGE_LENGTH(1, 2),
    BAD_MESSAGE_TYPE(1, 3),
    // OPEN Message Error, RFC 4271 §6.2
    OPEN_UNSPECIFIC(2, 0),
    UNSUPPORTED_VERSION_NUMBER(2, 1),
    BAD_PEER_AS(2, 2),
    BAD_BGP_IDENTIFIER(2, 3),
    UNSUPPORTED_OPTIONAL_PARAMETER(2, 4),
    UNACCEPTABLE_HOLD_TIME(2, 6),
    /// RFC 5492 §5.
    UNSUPPORTED_CAPABILITY(2, 7),
    /// RFC 9234 §4.2.
    ROLE_MISMATCH(2, 11),
    // UPDATE Message Error, RFC 4271 §6.3
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
    // Finite State Machine Error, RFC 6608
    FSM_UNSPECIFIED(5, 0),
    UNEXPECTED_IN_OPEN_SENT(5, 1),
    UNEXPECTED_IN_OPEN_CONFIRM(5, 2),
    UNEXPECTED_IN_ESTABLISHED(5, 3),
    // Cease, RFC 4486
    MAXIMUM_PREFIXES_REACHED(6, 1),
    ADMINISTRATIVE_SHUTDOWN(6, 2),
    PEER_DECONFIGURED(6, 3),
    ADMINISTRATIVE_RESET(6, 4),
    CONNECTION_REJECTED(6, 5),
    OTHER_CONFIGURATION_CHANGE(6, 6),
    CONNECTION_COLLISION_RESOLUTION(6, 7),
    OUT_OF_RESOURCES(6, 8),
    /// RFC 8538 §3.
    HARD_RESET(6, 9),
    /// RFC 9384.
    BFD_DOWN(6, 10),
    /// RFC 7313 §5.
    ROUTE_REFRESH_INVALID_LENGTH(7, 1),
    /// RFC 9687.
    SEND_HOLD_TIMER_EXPIRED(8, 0);

    private static final NotificationCode[] VALUES = values();

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

    /// The row of {@code code} and {@code subcode}, or null if neither we nor this table know it.
    static @Nullable NotificationCode of(int code, int subcode) {
        for (NotificationCode row : VALUES) {
            if (row.code == code && row.subcode == subcode) {
                return row;
            }
        }
        return null;
    }

    /// True for the two subcodes that may carry a text for people (RFC 9003 §2).
    boolean carriesText() {
        return this == ADMINISTRATIVE_SHUTDOWN || this == ADMINISTRATIVE_RESET;
    }

    /// "bad-peer-as": the form of logs and status.
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
