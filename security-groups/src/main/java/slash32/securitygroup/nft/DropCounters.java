package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import slash32.net.InterfaceName;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.Drop;
import slash32.securitygroup.compile.DropRules;
import slash32.securitygroup.compile.Layout;

/// Reads how many packets were dropped on this host since the rules were first in force. Changes nothing, and has a
/// socket of its own. Thread-safe.
public final class DropCounters implements AutoCloseable {
    private final NetlinkSocket socket;

    private DropCounters(NetlinkSocket socket) {
        this.socket = socket;
    }

    /// Opens a reader in the calling thread's network namespace.
    public static DropCounters open() throws IOException {
        return new DropCounters(NetlinkSocket.open(NetlinkProtocol.NETFILTER));
    }

    /// Packets and bytes for each reason; zero where there is no rule that drops for it. Costs a look at as many
    /// chains, however many endpoints there are.
    public synchronized Map<Drop, Counts> read() throws IOException {
        var counts = new HashMap<Drop, Counts>();
        for (Drop drop : Drop.ALL) {
            Counts sum = Counts.ZERO;
            for (TableId table : DropRules.tables(drop)) {
                for (Counts found :
                        ChainCounts.read(socket, table, Layout.dropChain(drop)).values()) {
                    sum = sum.plus(found);
                }
            }
            counts.put(drop, sum);
        }
        return counts;
    }

    /// Packets by the interface of each endpoint. Costs a look at every endpoint's counters.
    public synchronized Map<InterfaceName, DropCounts> byDevice() throws IOException {
        return EndpointDrops.read(socket);
    }

    @Override
    public synchronized void close() {
        socket.close();
    }
}
