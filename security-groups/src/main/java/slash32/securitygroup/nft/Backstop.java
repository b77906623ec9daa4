package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.net.InterfaceName;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetlinkSocket.Refusal;
import slash32.securitygroup.compile.EndpointRules;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.RulesetCompiler;

/// Keeps guests' interfaces shut while somebody has removed our tables: a table that its owner, this socket, alone can
/// change (Linux 5.12) and that drops what our rules did not judge. It goes with the process, and then the tables hold
/// alone. Nothing in it is ever read back, for nobody else can write it. Not thread-safe.
final class Backstop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Backstop.class);

    private final NetlinkSocket socket = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
    private final Fragment skeleton;
    private final Set<InterfaceName> wanted = new HashSet<>();
    private final Set<InterfaceName> present = new HashSet<>();
    private boolean made;
    private String warned = "";

    /// One that is not in the kernel yet.
    ///
    /// @param skeleton see {@link RulesetCompiler#backstop}
    Backstop(Fragment skeleton) throws IOException {
        this.skeleton = skeleton;
    }

    /// From the next {@link #apply} on, the interface needs our rules to carry anything.
    void add(InterfaceName device) {
        wanted.add(device);
    }

    void remove(InterfaceName device) {
        wanted.remove(device);
    }

    /// Brings it up to date. What the kernel refuses is logged and tried again the next time.
    ///
    /// @return true if something changed
    boolean apply() {
        List<SetElement> added = without(wanted, present);
        List<SetElement> removed = without(present, wanted);
        if (made && added.isEmpty() && removed.isEmpty()) {
            return false;
        }
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(null));
        requests.add(Nftables.addTable(Layout.BACKSTOP, NftTable.OWNER));
        if (!made) {
            skeleton.sets().forEach(set -> requests.add(Nftables.addSet(set, 1)));
            skeleton.chains().keySet().forEach(chain -> requests.add(Nftables.addChain(chain)));
            skeleton.chains().values().forEach(rules -> rules.forEach(rule -> requests.add(Nftables.addRule(rule))));
        }
        requests.addAll(Nftables.addElements(Layout.BACKSTOP, Layout.GUESTS, added));
        requests.addAll(Nftables.deleteElements(Layout.BACKSTOP, Layout.GUESTS, removed));
        requests.add(Nftables.addTable(Layout.BACKSTOP, NftTable.OWNER));
        requests.add(Nftables.batchEnd());
        try {
            List<Refusal> refusals = socket.transact(requests, requests.size() - 2);
            if (!refusals.isEmpty()) {
                throw refusals.getFirst().reason();
            }
            made = true;
            present.clear();
            present.addAll(wanted);
            return true;
        } catch (IOException e) {
            String reason = String.valueOf(e.getMessage());
            if (!reason.equals(warned)) {
                LOG.warn("event=backstop-refused reason=\"{}\"", reason);
            }
            warned = reason;
            return false;
        }
    }

    private static List<SetElement> without(Set<InterfaceName> all, Set<InterfaceName> some) {
        return all.stream()
                .filter(device -> !some.contains(device))
                .map(EndpointRules::guest)
                .toList();
    }

    @Override
    public void close() {
        socket.close();
    }
}
