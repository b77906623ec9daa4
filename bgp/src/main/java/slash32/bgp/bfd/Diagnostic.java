package slash32.bgp.bfd;

/// Why a session came into its state (RFC 5880 §4.1), in order of the code points.
public enum Diagnostic {
    NONE(0, "no diagnostic"),
    DETECTION_TIME_EXPIRED(1, "control detection time expired"),
    ECHO_FAILED(2, "echo function failed"),
    NEIGHBOR_SIGNALED_DOWN(3, "neighbor signaled session down"),
    FORWARDING_PLANE_RESET(4, "forwarding plane reset"),
    PATH_DOWN(5, "path down"),
    CONCATENATED_PATH_DOWN(6, "concatenated path down"),
    ADMINISTRATIVELY_DOWN(7, "administratively down"),
    REVERSE_CONCATENATED_PATH_DOWN(8, "reverse concatenated path down"),
    /// Not assigned when this was written.
    OTHER(9, "reserved diagnostic");

    private static final Diagnostic[] BY_CODE = values();

    private final int code;
    private final String text;

    Diagnostic(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /// The diagnostic with this code point, 0 to 31.
    static Diagnostic of(int code) {
        return BY_CODE[Math.min(code, OTHER.code)];
    }

    int code() {
        return code;
    }

    public String text() {
        return text;
    }
}
