package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.Expression;
import slash32.netlink.netfilter.Family;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.PacketLimit;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.compile.DropRules;

/// What this kernel can, tried on a table that is never in force.
final class Abilities {
    private static final TableId TRIAL = new TableId(Family.INET, "slash32_trial");
    private static final TableId TRIAL_IN_BRIDGES = new TableId(Family.BRIDGE, TRIAL.name());

    private Abilities() {}

    /// True if the kernel keeps a table for an owner that is gone.
    static boolean canOwn(NetlinkSocket socket) throws IOException {
        return takes(socket, TRIAL, NftTable.OWNER | NftTable.PERSIST, List.of());
    }

    /// True if rules can log packets to nfnetlink_log.
    static boolean canLog(NetlinkSocket socket) throws IOException {
        String chain = "trial";
        var rule = new NftRule(
                TRIAL,
                chain,
                List.of(
                        new Expression.Limit(new PacketLimit(1, 1, false)),
                        new Expression.Log(DropRules.LOG_GROUP, chain, 1)),
                "");
        return takes(
                socket, TRIAL, 0, List.of(Nftables.addChain(new NftChain(TRIAL, chain, null)), Nftables.addRule(rule)));
    }

    /// True if the kernel tracks flows between the ports of bridges (nf_conntrack_bridge), and rules may say in which
    /// zone.
    static boolean canTrackBridges(NetlinkSocket socket) throws IOException {
        String chain = "trial";
        var rule = new NftRule(
                TRIAL_IN_BRIDGES,
                chain,
                List.of(
                        new Expression.Meta(Expression.Meta.Key.INPUT_BRIDGE, 0),
                        new Expression.StoreZone(0),
                        new Expression.Flow(Expression.Flow.Field.DIRECTION, 0)),
                "");
        return takes(
                socket,
                TRIAL_IN_BRIDGES,
                0,
                List.of(Nftables.addChain(new NftChain(TRIAL_IN_BRIDGES, chain, null)), Nftables.addRule(rule)));
    }

    private static boolean takes(NetlinkSocket socket, TableId table, int flags, List<Request> content)
            throws IOException {
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(null));
        requests.add(Nftables.addTable(table, flags));
        requests.addAll(content);
        requests.add(Nftables.deleteTable(table));
        requests.add(Nftables.batchEnd());
        return socket.transact(requests, 1).isEmpty();
    }
}
