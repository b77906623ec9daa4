package slash32.agent.json;

import java.io.IOException;

/// Text that isn't one JSON value, or has a field twice. Reads "line 3, column 7: reason".
public final class MalformedJsonException extends IOException {
    private static final long serialVersionUID = 1;

    MalformedJsonException(String message) {
        super(message);
    }
}
