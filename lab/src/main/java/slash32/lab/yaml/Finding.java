package slash32.lab.yaml;

/// Something to say about a file.
///
/// @param key such as {@code topology.nodes.l1.binds[0]}; empty for the whole file
/// @param text what is wrong, why, and what to write instead
public record Finding(Severity severity, Place place, String key, String text) {
    /// How bad it is.
    public enum Severity {
        /// The file can't be used.
        ERROR,
        /// The file can be used; this part of it has no effect here, or will be missing when it runs.
        WARNING
    }

    public boolean isError() {
        return severity == Severity.ERROR;
    }

    /// One line for people: {@code demo.clab.yml:4:13: error: topology.nodes.l1.kind: reason}.
    @Override
    public String toString() {
        String what = isError() ? ": error: " : ": warning: ";
        return place + what + (key.isEmpty() ? "" : key + ": ") + text;
    }
}
