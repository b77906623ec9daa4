package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftCounter;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetlinkSocket.Refusal;
import slash32.overlay.vxlan.GuardRules.Placed;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// What ports and VXLAN devices may send, as elements of the sets of {@link GuardRules}. Where the kernel can (Linux
/// 6.9), the table is owned: nobody else changes it, and it outlives the agent.
final class GuardTable implements Table<InterfaceName, Set<Placed>> {
    private final NetlinkSocket nft;
    private int flags = NftTable.OWNER | NftTable.PERSIST;
    private boolean exists;
    private boolean whole;

    GuardTable(NetlinkSocket nft) {
        this.nft = nft;
    }

    @Override
    public String name() {
        return "segment_guard";
    }

    /// Nothing, if the rules themselves are not as they should be: then all is made anew, in one transaction.
    @Override
    public Map<InterfaceName, Set<Placed>> owned() throws IOException {
        exists = isThere();
        var found = new HashMap<InterfaceName, Set<Placed>>();
        whole = exists && hasAllRules() && elements(found);
        return whole ? found : Map.of();
    }

    private boolean isThere() throws IOException {
        try {
            nft.get(Nftables.getTable(GuardRules.TABLE), _ -> {});
            return true;
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    private boolean hasAllRules() throws IOException {
        var chains = new ArrayList<@Nullable NftChain>();
        nft.dump(Nftables.dumpChains(GuardRules.TABLE.family()), chains::clear, message -> {
            if (NftChain.tableOf(message).equals(GuardRules.TABLE.name())) {
                chains.add(NftChain.parse(GuardRules.TABLE.family(), message));
            }
        });
        var rules = new HashMap<String, List<NftRule>>();
        nft.dump(Nftables.dumpRules(GuardRules.TABLE), rules::clear, message -> {
            NftRule rule = NftRule.parse(GuardRules.TABLE.family(), message);
            rules.computeIfAbsent(rule.chain(), _ -> new ArrayList<>()).add(rule);
        });
        var sets = new HashSet<@Nullable NftSet>();
        nft.dump(
                Nftables.dumpSets(GuardRules.TABLE),
                sets::clear,
                message -> sets.add(NftSet.parse(GuardRules.TABLE.family(), message)));
        var found = new LinkedHashMap<@Nullable NftChain, List<NftRule>>();
        chains.forEach(
                chain -> found.put(chain, chain == null ? List.of() : rules.getOrDefault(chain.name(), List.of())));
        return found.equals(GuardRules.CHAINS) && sets.equals(new HashSet<>(GuardRules.SETS));
    }

    /// False if there is an element of no device's.
    private boolean elements(Map<InterfaceName, Set<Placed>> found) throws IOException {
        for (NftSet set : GuardRules.SETS) {
            var elements = new ArrayList<@Nullable SetElement>();
            nft.dump(
                    Nftables.dumpElements(set.table(), set.name()),
                    elements::clear,
                    message -> NftSet.parseElements(message, elements::add));
            for (SetElement element : elements) {
                if (element == null) {
                    return false;
                }
                var placed = new Placed(set.name(), element);
                found.computeIfAbsent(placed.device(), _ -> new HashSet<>()).add(placed);
            }
        }
        return true;
    }

    @Override
    public List<Failure<InterfaceName>> apply(List<Change<InterfaceName, Set<Placed>>> batch) throws IOException {
        KernelException refused = transact(batch);
        if (refused != null && flags != 0 && (refused.is(Errno.EOPNOTSUPP) || refused.is(Errno.EINVAL))) {
            flags = 0;
            refused = transact(batch);
        }
        if (refused == null) {
            exists = true;
            whole = true;
            return List.of();
        }
        if (batch.size() == 1) {
            throw refused; // what is there is not what we take it for: it is read again
        }
        var failures = new ArrayList<Failure<InterfaceName>>();
        for (Change<InterfaceName, Set<Placed>> change : batch) {
            KernelException alone = transact(List.of(change));
            if (alone == null) {
                exists = true;
                whole = true;
            } else {
                failures.add(new Failure<>(change.key(), String.valueOf(alone.getMessage())));
            }
        }
        return failures;
    }

    /// All of it or nothing.
    ///
    /// @return why nothing; null if all
    private @Nullable KernelException transact(List<Change<InterfaceName, Set<Placed>>> batch) throws IOException {
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(null));
        if (exists && !whole) {
            requests.add(Nftables.deleteTable(GuardRules.TABLE));
        }
        requests.add(Nftables.addTable(GuardRules.TABLE, flags));
        if (!whole) {
            skeleton(requests);
        }
        for (Change<InterfaceName, Set<Placed>> change : batch) {
            switch (change) {
                case Change.Put<InterfaceName, Set<Placed>>(var _, Set<Placed> wanted, Set<Placed> present) -> {
                    Set<Placed> before = present == null ? Set.of() : present;
                    elements(requests, before, wanted, false);
                    elements(requests, wanted, before, true);
                }
                case Change.Remove<InterfaceName, Set<Placed>>(var _, Set<Placed> present) ->
                    elements(requests, present, Set.of(), false);
            }
        }
        requests.add(Nftables.addTable(GuardRules.TABLE, flags));
        requests.add(Nftables.batchEnd());
        List<Refusal> refusals = nft.transact(requests, requests.size() - 2);
        return refusals.isEmpty() ? null : refusals.getFirst().reason();
    }

    private static void skeleton(List<Request> requests) {
        for (FrameCount count : FrameCount.values()) {
            requests.add(Nftables.addCounter(GuardRules.TABLE, count.counter()));
        }
        for (NftSet set : GuardRules.SETS) {
            requests.add(Nftables.addSet(set, GuardRules.SETS.indexOf(set) + 1));
        }
        GuardRules.CHAINS.keySet().forEach(chain -> requests.add(Nftables.addChain(chain)));
        GuardRules.CHAINS.values().forEach(rules -> rules.forEach(rule -> requests.add(Nftables.addRule(rule))));
    }

    private static void elements(List<Request> requests, Set<Placed> all, Set<Placed> some, boolean added) {
        var bySet = new LinkedHashMap<String, List<SetElement>>();
        for (Placed placed : all) {
            if (!some.contains(placed)) {
                bySet.computeIfAbsent(placed.set(), _ -> new ArrayList<>()).add(placed.element());
            }
        }
        bySet.forEach((set, elements) -> requests.addAll(
                added
                        ? Nftables.addElements(GuardRules.TABLE, set, elements)
                        : Nftables.deleteElements(GuardRules.TABLE, set, elements)));
    }

    /// Frames so far; empty before the first port.
    Map<FrameCount, Long> counts() throws IOException {
        var byName = new HashMap<String, Long>();
        try {
            nft.dump(Nftables.dumpCounters(GuardRules.TABLE), byName::clear, message -> {
                NftCounter counter = NftCounter.parse(GuardRules.TABLE.family(), message);
                byName.put(counter.name(), counter.packets());
            });
        } catch (KernelException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
        var counts = new EnumMap<FrameCount, Long>(FrameCount.class);
        for (FrameCount count : FrameCount.values()) {
            Long packets = byName.get(count.counter());
            if (packets != null) {
                counts.put(count, packets);
            }
        }
        return counts;
    }
}
