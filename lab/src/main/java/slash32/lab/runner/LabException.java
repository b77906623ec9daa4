package slash32.lab.runner;

import java.io.IOException;

/// The lab can't do what was asked; the message says why and what to do about it.
public final class LabException extends IOException {
    private static final long serialVersionUID = 1;

    /// @param message for people; may have several lines
    public LabException(String message) {
        super(message);
    }
}
