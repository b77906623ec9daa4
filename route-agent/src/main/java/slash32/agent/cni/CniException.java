package slash32.agent.cni;

import java.io.IOException;

/// Why a call of the runtime fails, with the code that CNI has for it.
final class CniException extends IOException {
    static final int INCOMPATIBLE_VERSION = 1;
    static final int UNKNOWN_CONTAINER = 3;
    static final int INVALID_ENVIRONMENT = 4;
    static final int IO_FAILURE = 5;
    static final int UNDECODABLE = 6;
    static final int INVALID_CONFIG = 7;
    static final int TRY_AGAIN_LATER = 11;
    static final int NOT_AVAILABLE = 50;
    /// From 100 on codes are the plugin's: the interface is not as the result of ADD says.
    static final int NOT_AS_ADDED = 100;

    /// The same interface was added before, and not deleted.
    static final int ALREADY_ADDED = 101;

    private static final long serialVersionUID = 1;

    private final int code;
    private final String details;

    CniException(int code, String message, String details) {
        super(message);
        this.code = code;
        this.details = details;
    }

    int code() {
        return code;
    }

    String details() {
        return details;
    }
}
