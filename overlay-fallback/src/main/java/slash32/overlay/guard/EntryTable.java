package slash32.overlay.guard;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import slash32.net.IpAddress;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetlinkSocket.Refusal;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// The elements of the guard's sets. A batch is one transaction: what the kernel refuses of it, it refuses as a whole.
final class EntryTable implements Table<Entry, Boolean> {
    private final NetlinkSocket socket;
    private final List<NftSet> sets;
    private final int tableFlags;

    EntryTable(NetlinkSocket socket, List<NftSet> sets, int tableFlags) {
        this.socket = socket;
        this.sets = sets;
        this.tableFlags = tableFlags;
    }

    @Override
    public String name() {
        return "site_guard";
    }

    @Override
    public Map<Entry, Boolean> owned() throws IOException {
        var found = new HashMap<Entry, Boolean>();
        for (NftSet set : sets) {
            socket.dump(
                    Nftables.dumpElements(GuardRules.TABLE, set.name()),
                    () -> found.keySet().removeIf(entry -> entry.set().equals(set.name())),
                    message -> NftSet.parseElements(message, element -> {
                        if (element != null) {
                            found.put(
                                    new Entry(
                                            set.name(),
                                            IpAddress.of(element.key().toArray())),
                                    true);
                        }
                    }));
        }
        return found;
    }

    @Override
    public List<Failure<Entry>> apply(List<Change<Entry, Boolean>> batch) throws IOException {
        var added = new LinkedHashMap<String, List<SetElement>>();
        var removed = new LinkedHashMap<String, List<SetElement>>();
        for (Change<Entry, Boolean> change : batch) {
            var to = change instanceof Change.Put ? added : removed;
            to.computeIfAbsent(change.key().set(), _ -> new ArrayList<>())
                    .add(change.key().element());
        }
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(null));
        removed.forEach((set, elements) -> requests.addAll(Nftables.deleteElements(GuardRules.TABLE, set, elements)));
        added.forEach((set, elements) -> requests.addAll(Nftables.addElements(GuardRules.TABLE, set, elements)));
        requests.add(Nftables.addTable(GuardRules.TABLE, tableFlags)); // answered, and last
        requests.add(Nftables.batchEnd());
        List<Refusal> refusals = socket.transact(requests, requests.size() - 2);
        if (refusals.isEmpty()) {
            return List.of();
        }
        String reason = String.valueOf(refusals.getFirst().reason().getMessage());
        return batch.stream().map(change -> new Failure<>(change.key(), reason)).toList();
    }
}
