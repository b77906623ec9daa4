package slash32.agent.status;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The node at one moment.
///
/// @param revision number of the last {@link Event} that is in it; the next is {@code revision + 1}
/// @param inSync every source of intent is complete, so that leftovers of an earlier run are gone
/// @param endpoints in order of their ids
/// @param groups in order of their ids
/// @param files of {@code endpoints.d}, in order of their names
/// @param peers in order of their addresses
/// @param ribs one per address family
/// @param fibRoutes best routes of other nodes that the kernel has
/// @param tables in the order in which they are applied
/// @param admin null for a node that is in no admin network
public record Snapshot(
        long revision,
        Node node,
        boolean inSync,
        List<EndpointView> endpoints,
        List<GroupView> groups,
        List<FileView> files,
        List<PeerView> peers,
        List<RibView> ribs,
        long fibRoutes,
        List<TableView> tables,
        @Nullable AdminView admin) {
    public Snapshot {
        endpoints = List.copyOf(endpoints);
        groups = List.copyOf(groups);
        files = List.copyOf(files);
        peers = List.copyOf(peers);
        ribs = List.copyOf(ribs);
        tables = List.copyOf(tables);
    }

    /// How many endpoints have {@code kind}.
    public int holding(ConditionKind kind) {
        return (int) endpoints.stream().filter(endpoint -> endpoint.holds(kind)).count();
    }

    /// How many peers are Established.
    public int established() {
        return (int) peers.stream().filter(PeerView::isEstablished).count();
    }

    /// Who answers.
    ///
    /// @param name from the config
    /// @param version of the program
    /// @param started this process
    public record Node(String name, String version, Instant started) {}
}
