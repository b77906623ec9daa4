package slash32.overlay.probe;

import java.util.Locale;

/// What is known of a path.
public enum PathState {
    /// Nothing was judged yet.
    UNKNOWN,
    /// Packets of full size pass.
    OPEN,
    /// Small packets pass and those of full size don't: a black hole, unless senders are told.
    NARROW,
    /// Nothing passes any more.
    UNREACHABLE,
    /// Nothing ever came back: unreachable, or a node that answers no echoes.
    SILENT;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
