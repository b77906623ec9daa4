package slash32.agent.dataplane;

/// Hears how long it took to apply what was due in a table.
public interface PassTimer {
    /// A pass over {@code table} changed something, or tried to. Called on thread {@code kernel}.
    void applied(String table, long tookNanos);
}
