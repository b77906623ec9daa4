package slash32.agent.status;

import java.util.List;

/// One kind of kernel object that the agent keeps in the desired state.
///
/// @param name of the table, as metrics label it: {@code route}, {@code neighbor}
/// @param desired how many objects should be there
/// @param owned how many are
/// @param applied changes put in force since start
/// @param refused changes the kernel refused since start
/// @param failures what is refused now and is tried again, the first few
public record TableView(
        String name, long desired, long owned, long applied, long refused, List<TableFailure> failures) {
    public TableView {
        failures = List.copyOf(failures);
    }

    /// An object the kernel refuses.
    ///
    /// @param reason with the operation and the errno's text
    public record TableFailure(String key, String reason) {}
}
