package slash32.bgp.bfd;

/// The states of RFC 5880 §4.1, in order of the code points.
public enum BfdState {
    ADMIN_DOWN(0, "AdminDown"),
    DOWN(1, "Down"),
    INIT(2, "Init"),
    UP(3, "Up");

    private static final BfdState[] BY_CODE = values();

    private final int code;
    private final String text;

    BfdState(int code, String text) {
        this.code = code;
        this.text = text;
    }

    /// The state with this code point, 0 to 3.
    static BfdState of(int code) {
        return BY_CODE[code];
    }

    int code() {
        return code;
    }

    /// As in RFC 5880: "AdminDown".
    public String text() {
        return text;
    }
}
