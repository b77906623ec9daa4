package slash32.overlay.ike.wire;

/// Notify message types (RFC 7296 §3.10.1 and the IANA registry). Errors are below {@link #FIRST_STATUS}.
public final class NotifyType {
    public static final int UNSUPPORTED_CRITICAL_PAYLOAD = 1;
    public static final int INVALID_IKE_SPI = 4;
    public static final int INVALID_MAJOR_VERSION = 5;
    public static final int INVALID_SYNTAX = 7;
    public static final int INVALID_MESSAGE_ID = 9;
    public static final int INVALID_SPI = 11;
    public static final int NO_PROPOSAL_CHOSEN = 14;
    public static final int INVALID_KE_PAYLOAD = 17;
    public static final int AUTHENTICATION_FAILED = 24;
    public static final int SINGLE_PAIR_REQUIRED = 34;
    public static final int NO_ADDITIONAL_SAS = 35;
    public static final int TS_UNACCEPTABLE = 38;
    public static final int TEMPORARY_FAILURE = 43;
    public static final int CHILD_SA_NOT_FOUND = 44;

    public static final int FIRST_STATUS = 16_384;

    public static final int INITIAL_CONTACT = 16_384;
    public static final int NAT_DETECTION_SOURCE_IP = 16_388;
    public static final int NAT_DETECTION_DESTINATION_IP = 16_389;
    public static final int COOKIE = 16_390;
    public static final int USE_TRANSPORT_MODE = 16_391;
    public static final int REKEY_SA = 16_393;
    public static final int ESP_TFC_PADDING_NOT_SUPPORTED = 16_394;
    public static final int CHILDLESS_IKEV2_SUPPORTED = 16_418;
    public static final int IKEV2_FRAGMENTATION_SUPPORTED = 16_430;
    public static final int SIGNATURE_HASH_ALGORITHMS = 16_431;

    private NotifyType() {}
}
