package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Map;
import slash32.net.InterfaceName;
import slash32.netlink.netfilter.NftCounter;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.Subject;

/// What endpoints' own counters of dropped packets say.
final class EndpointDrops {
    private EndpointDrops() {}

    static Map<InterfaceName, DropCounts> read(NetlinkSocket socket) throws IOException {
        var counters = new ArrayList<NftCounter>();
        for (TableId table : Layout.TABLES) {
            var ofTable = new ArrayList<NftCounter>();
            try {
                socket.dump(
                        Nftables.dumpCounters(table),
                        ofTable::clear,
                        message -> ofTable.add(NftCounter.parse(table.family(), message)));
            } catch (KernelException e) {
                ChainCounts.throwUnlessAbsent(e);
            }
            counters.addAll(ofTable);
        }
        var drops = new HashMap<InterfaceName, DropCounts>();
        for (NftCounter counter : counters) {
            if (Subject.ofCounter(counter.name()) instanceof Subject.Endpoint(var device)) {
                drops.merge(device, count(device, counter), DropCounts::plus);
            }
        }
        return drops;
    }

    private static DropCounts count(InterfaceName device, NftCounter counter) {
        String name = counter.name();
        long packets = counter.packets();
        if (name.equals(Layout.spoofedCounter(device))) {
            return new DropCounts(packets, 0, 0, 0);
        } else if (name.equals(Layout.hostCounter(device))) {
            return new DropCounts(0, packets, 0, 0);
        } else if (name.equals(Layout.fromCounter(device))) {
            return new DropCounts(0, 0, packets, 0);
        }
        return new DropCounts(0, 0, 0, packets);
    }
}
