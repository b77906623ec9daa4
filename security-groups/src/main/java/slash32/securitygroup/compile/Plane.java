package slash32.securitygroup.compile;

import java.util.List;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.TableId;

/// Where guests' packets are judged: two sets of tables with the same rules (docs/adr/0032).
public enum Plane {
    /// What is routed from or to an interface.
    ROUTED,
    /// What goes from one port of a segment's bridge to another.
    BRIDGED;

    public List<TableId> tables() {
        return switch (this) {
            case ROUTED -> List.of(Layout.INET, Layout.ARP);
            case BRIDGED -> List.of(Layout.BRIDGE);
        };
    }

    /// The table of groups and endpoints.
    public TableId table() {
        return tables().getFirst();
    }

    /// What was compiled, in the tables of this plane.
    public Fragment place(Fragment compiled) {
        return this == ROUTED ? compiled : BridgedRules.of(compiled);
    }

    /// A set of this plane as it is compiled.
    public NftSet compiled(NftSet placed) {
        return placed.table().equals(table()) ? new NftSet(Layout.INET, placed.name(), placed.type()) : placed;
    }
}
