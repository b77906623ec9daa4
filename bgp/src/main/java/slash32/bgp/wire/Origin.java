package slash32.bgp.wire;

import org.jspecify.annotations.Nullable;

/// The ORIGIN attribute (RFC 4271 §5.1.1); a lower code is preferred.
public enum Origin {
    IGP(0),
    EGP(1),
    INCOMPLETE(2);

    private final int code;

    Origin(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    static @Nullable Origin of(int code) {
        return switch (code) {
            case 0 -> IGP;
            case 1 -> EGP;
            case 2 -> INCOMPLETE;
            default -> null;
        };
    }
}
