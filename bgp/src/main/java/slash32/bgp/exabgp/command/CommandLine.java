package slash32.bgp.exabgp.command;

import java.util.List;
import java.util.Map;

/// A line of a helper process.
///
/// @param neighbors whom it is for: those that one of these descriptions fits; empty for all
public record CommandLine(List<Map<String, String>> neighbors, Command command) {
    public CommandLine {
        neighbors = List.copyOf(neighbors);
    }

    /// True if the line is for a neighbour of these properties, as "neighbor" (its address), "local-ip", "peer-as".
    public boolean isFor(Map<String, String> neighbor) {
        return neighbors.isEmpty()
                || neighbors.stream()
                        .anyMatch(wanted -> wanted.entrySet().stream()
                                .allMatch(each -> each.getValue().equals("*")
                                        || each.getValue().equals(neighbor.get(each.getKey()))));
    }
}
