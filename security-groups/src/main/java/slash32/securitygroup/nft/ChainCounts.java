package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Message;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;

/// What the rules of one chain counted.
final class ChainCounts {
    private ChainCounts() {}

    /// The sum for each comment; empty for a chain that is not there.
    static Map<String, Counts> read(NetlinkSocket socket, TableId table, String chain) throws IOException {
        var counts = new HashMap<String, Counts>();
        try {
            socket.dump(Nftables.dumpRules(table, chain), counts::clear, (Message message) -> {
                @Nullable Counts found = NftRule.parseCounts(message);
                NftRule rule = NftRule.parse(table.family(), message);
                if (found != null && rule.chain().equals(chain)) {
                    counts.merge(rule.comment(), found, Counts::plus);
                }
            });
        } catch (KernelException e) {
            throwUnlessAbsent(e);
        }
        return counts;
    }

    static void throwUnlessAbsent(KernelException e) throws KernelException {
        if (!e.is(Errno.ENOENT)) {
            throw e;
        }
    }
}
