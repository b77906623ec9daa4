package slash32.securitygroup.nft;

import slash32.netlink.message.Message;
import slash32.netlink.netfilter.NftEvent;
import slash32.securitygroup.compile.Layout;

/// Finds out from nf_tables' events that somebody else changed our tables, which is then a case for
/// {@link Firewall#resync}. Needed only where the firewall is not {@link Firewall#exclusive}. Owned by the thread that
/// receives the events of {@link NftEvent#MULTICAST_GROUP}, but for those of {@link Firewall#port}.
public final class ForeignChanges {
    private boolean ours;

    /// Takes in one event of another socket than ours.
    ///
    /// @return true if it completes a change of our tables
    public boolean on(Message message) {
        return switch (NftEvent.parse(message)) {
            case NftEvent.Changed(var table) -> {
                ours |= Layout.TABLES.contains(table);
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
