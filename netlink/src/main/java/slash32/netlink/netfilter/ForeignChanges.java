package slash32.netlink.netfilter;

import java.util.Collection;
import java.util.Set;
import slash32.netlink.message.Message;

/// Finds out from nf_tables' events that somebody else changed tables of ours, which then have to be read back. Needed
/// only for tables that have no owner. Owned by the thread that receives the events of
/// {@link NftEvent#MULTICAST_GROUP}, but for those of the socket that writes the tables.
public final class ForeignChanges {
    private final Set<TableId> tables;
    private boolean ours;

    public ForeignChanges(Collection<TableId> tables) {
        this.tables = Set.copyOf(tables);
    }

    /// Takes in one event of another socket than ours.
    ///
    /// @return true if it completes a change of our tables
    public boolean on(Message message) {
        return switch (NftEvent.parse(message)) {
            case NftEvent.Changed(var table) -> {
                ours |= tables.contains(table);
                yield false;
            }
            case NftEvent.Committed _ -> {
                boolean foreign = ours;
                ours = false;
                yield foreign;
            }
            case null -> false;
        };
    }
}
