package slash32.overlay.guard;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetlinkSocket.Refusal;

/// The guard's table, its sets, chains and rules; not what is in the sets. Owned by one thread.
final class Skeleton {
    private static final int OWNED = NftTable.OWNER | NftTable.PERSIST;

    private final NetlinkSocket nft;
    private final GuardTerms terms;
    private final int flags;

    private Skeleton(NetlinkSocket nft, GuardTerms terms, int flags) {
        this.nft = nft;
        this.terms = terms;
        this.flags = flags;
    }

    /// Puts all in force in one transaction: what an earlier run left is in force until that moment, and its sets keep
    /// their elements.
    ///
    /// @param exclusive whether nobody else is to change it, where the kernel can see to that
    static Skeleton write(NetlinkSocket nft, GuardTerms terms, boolean exclusive) throws IOException {
        var owned = new Skeleton(nft, terms, OWNED);
        if (exclusive && owned.put(false).isEmpty()) {
            return owned;
        }
        var open = new Skeleton(nft, terms, 0);
        open.must(open.put(false));
        return open;
    }

    /// True if nobody else can change it.
    boolean exclusive() {
        return flags == OWNED;
    }

    /// NFT_TABLE_F_* of the table.
    int flags() {
        return flags;
    }

    /// Puts it in force again. What is in the sets stays, unless something in the table stands in the way.
    ///
    /// @throws IOException if the kernel does not have it then
    void restore() throws IOException {
        if (!put(false).isEmpty() || difference() != null) {
            must(put(true));
        }
        verify();
    }

    /// The self-test: what the kernel says that it has, against what was asked for.
    void verify() throws IOException {
        String difference = difference();
        if (difference != null) {
            throw new IOException("the kernel has " + difference);
        }
    }

    private void must(List<Refusal> refusals) throws IOException {
        if (!refusals.isEmpty()) {
            throw refusals.getFirst().reason();
        }
    }

    private List<Refusal> put(boolean anew) throws IOException {
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(null));
        requests.add(Nftables.addTable(GuardRules.TABLE, flags));
        if (anew) {
            requests.add(Nftables.deleteTable(GuardRules.TABLE));
            requests.add(Nftables.addTable(GuardRules.TABLE, flags));
        }
        int id = 0;
        for (NftSet set : GuardRules.sets(terms)) {
            requests.add(Nftables.addSet(set, ++id));
        }
        Map<NftChain, List<NftRule>> chains = GuardRules.chains(terms);
        chains.keySet().forEach(chain -> requests.add(Nftables.addChain(chain)));
        chains.keySet().forEach(chain -> requests.add(Nftables.deleteRules(GuardRules.TABLE, chain.name())));
        chains.values().forEach(rules -> rules.forEach(rule -> requests.add(Nftables.addRule(rule))));
        requests.add(Nftables.addTable(GuardRules.TABLE, flags)); // answered, and last
        requests.add(Nftables.batchEnd());
        return nft.transact(requests, requests.size() - 2);
    }

    /// What the kernel has otherwise, for people; null if all is as it should be.
    @Nullable
    String difference() throws IOException {
        NftTable table = table();
        if (table == null) {
            return "no table " + GuardRules.TABLE;
        }
        if (table.flags() != flags) {
            return "table " + GuardRules.TABLE + " with other flags: " + table.flags();
        }
        Set<NftSet> sets = sets();
        for (NftSet set : GuardRules.sets(terms)) {
            if (!sets.contains(set)) {
                return "no set " + GuardRules.TABLE + " " + set.name() + ", or another one";
            }
        }
        Set<NftChain> found = chains();
        Map<String, List<NftRule>> rules = rules();
        for (Map.Entry<NftChain, List<NftRule>> one : GuardRules.chains(terms).entrySet()) {
            String chain = one.getKey().name();
            if (!found.contains(one.getKey()) || !one.getValue().equals(rules.getOrDefault(chain, List.of()))) {
                return "no chain " + GuardRules.TABLE + " " + chain + ", or one with other rules";
            }
        }
        return null;
    }

    private @Nullable NftTable table() throws IOException {
        var found = new ArrayList<NftTable>();
        try {
            nft.get(
                    Nftables.getTable(GuardRules.TABLE),
                    message -> found.add(NftTable.parse(GuardRules.TABLE.family(), message)));
        } catch (KernelException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
        return found.isEmpty() ? null : found.getFirst();
    }

    private Set<NftSet> sets() throws IOException {
        var found = new HashSet<NftSet>();
        nft.dump(Nftables.dumpSets(GuardRules.TABLE), found::clear, message -> {
            NftSet set = NftSet.parse(GuardRules.TABLE.family(), message);
            if (set != null) {
                found.add(set);
            }
        });
        return found;
    }

    private Set<NftChain> chains() throws IOException {
        var found = new HashSet<NftChain>();
        nft.dump(Nftables.dumpChains(GuardRules.TABLE.family()), found::clear, message -> {
            NftChain chain = NftChain.parse(GuardRules.TABLE.family(), message);
            if (chain != null) {
                found.add(chain);
            }
        });
        return found;
    }

    private Map<String, List<NftRule>> rules() throws IOException {
        var found = new HashMap<String, List<NftRule>>();
        nft.dump(Nftables.dumpRules(GuardRules.TABLE), found::clear, message -> {
            NftRule rule = NftRule.parse(GuardRules.TABLE.family(), message);
            found.computeIfAbsent(rule.chain(), _ -> new ArrayList<>()).add(rule);
        });
        return found;
    }
}
