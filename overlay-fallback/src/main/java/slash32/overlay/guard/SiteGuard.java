package slash32.overlay.guard;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetlinkSocket.Refusal;
import slash32.reconcile.Backoff;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// Drops what would cross between sites in the clear, and what reaches the external address that is none of a peer's.
///
/// Everything is in force before the first device is made, and stays when the agent ends or dies: a table of its own,
/// where the kernel can (Linux 6.9) one that nobody else may change. Owned by one thread.
public final class SiteGuard implements AutoCloseable {
    private static final int FAILURES_TOLD = 4;

    private final NetlinkSocket nft;
    private final NetlinkSocket rtnl;
    private final Reconciler<Entry, Boolean> entries;
    private final Reconciler<Prefix, Boolean> nowhere;

    private SiteGuard(GuardTerms terms, NetlinkSocket nft, NetlinkSocket rtnl, int tableFlags) {
        this.nft = nft;
        this.rtnl = rtnl;
        entries = new Reconciler<>(new EntryTable(nft, tableFlags), Backoff.KERNEL);
        nowhere = new Reconciler<>(new NowhereTable(rtnl), Backoff.KERNEL);
        terms.nowhereElse().forEach(prefix -> nowhere.put(prefix, true));
    }

    /// Puts rules and routes in force in the calling thread's network namespace, and reads them back.
    ///
    /// @throws IOException if the kernel does not have them then: nothing may go to other sites
    public static SiteGuard install(GuardTerms terms) throws IOException {
        NetlinkSocket nft = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        NetlinkSocket rtnl = null;
        try {
            rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
            int flags = write(nft, terms, NftTable.OWNER | NftTable.PERSIST) ? NftTable.OWNER | NftTable.PERSIST : 0;
            if (flags == 0) {
                write(nft, terms, 0);
            }
            verify(nft, terms);
            var guard = new SiteGuard(terms, nft, rtnl, flags);
            guard.nowhere.inSync();
            List<String> failures = guard.pass(System.nanoTime());
            if (!failures.isEmpty()) {
                throw new IOException("the guard between sites: " + failures.getFirst());
            }
            return guard;
        } catch (IOException e) {
            nft.close();
            if (rtnl != null) {
                rtnl.close();
            }
            throw e;
        }
    }

    /// One transaction: what an earlier run left is in force until the moment that this is. Its sets keep their
    /// elements.
    private static boolean write(NetlinkSocket nft, GuardTerms terms, int flags) throws IOException {
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(null));
        requests.add(Nftables.addTable(GuardRules.TABLE, flags));
        int id = 0;
        for (NftSet set : GuardRules.sets()) {
            requests.add(Nftables.addSet(set, ++id));
        }
        Map<NftChain, List<NftRule>> chains = GuardRules.chains(terms);
        chains.keySet().forEach(chain -> requests.add(Nftables.addChain(chain)));
        chains.keySet().forEach(chain -> requests.add(Nftables.deleteRules(GuardRules.TABLE, chain.name())));
        chains.values().forEach(rules -> rules.forEach(rule -> requests.add(Nftables.addRule(rule))));
        requests.add(Nftables.addTable(GuardRules.TABLE, flags));
        requests.add(Nftables.batchEnd());
        List<Refusal> refusals = nft.transact(requests, requests.size() - 2);
        if (!refusals.isEmpty() && flags == 0) {
            throw new IOException(
                    "the guard between sites: " + refusals.getFirst().reason().getMessage());
        }
        return refusals.isEmpty();
    }

    /// The self-test: what the kernel says that it has, against what was asked for.
    private static void verify(NetlinkSocket nft, GuardTerms terms) throws IOException {
        Map<NftChain, List<NftRule>> wanted = GuardRules.chains(terms);
        var found = new HashSet<NftChain>();
        nft.dump(Nftables.dumpChains(GuardRules.TABLE.family()), found::clear, message -> {
            NftChain chain = NftChain.parse(GuardRules.TABLE.family(), message);
            if (chain != null) {
                found.add(chain);
            }
        });
        for (Map.Entry<NftChain, List<NftRule>> one : wanted.entrySet()) {
            var rules = new ArrayList<NftRule>();
            String chain = one.getKey().name();
            nft.dump(
                    Nftables.dumpRules(GuardRules.TABLE, chain),
                    rules::clear,
                    message -> rules.add(NftRule.parse(GuardRules.TABLE.family(), message)));
            if (!found.contains(one.getKey()) || !rules.equals(one.getValue())) {
                throw new IOException("the guard between sites: the kernel has another chain " + GuardRules.TABLE + " "
                        + chain + " than it was given");
            }
        }
    }

    /// A guest has this address in another site, or not.
    public void elsewhere(IpAddress guest, boolean there) {
        state(new Entry(GuardRules.elsewhere(guest.isIpv4()), guest), there);
    }

    /// A node of another site has this address, or not.
    public void node(IpAddress address, boolean there) {
        state(new Entry(GuardRules.nodes(address.isIpv4()), address), there);
    }

    /// A peer sends from this address, or not.
    public void peer(Ipv4Address external, boolean there) {
        state(new Entry(GuardRules.PEERS, external), there);
    }

    /// A node of this site has this address in the admin network, or not.
    public void admin(Ipv4Address address, boolean there) {
        state(new Entry(GuardRules.ADMINS, address), there);
    }

    /// A node of another site has this address in the admin network, or not.
    public void adminElsewhere(Ipv4Address address, boolean there) {
        state(new Entry(GuardRules.ADMINS_ELSEWHERE, address), there);
    }

    private void state(Entry entry, boolean there) {
        if (there) {
            entries.put(entry, true);
        } else {
            entries.remove(entry);
        }
    }

    /// All was stated: what an earlier run left may go.
    public void inSync() {
        entries.inSync();
    }

    public long nextDeadlineNanos(long nowNanos) {
        return Math.min(entries.nextDeadlineNanos(nowNanos), nowhere.nextDeadlineNanos(nowNanos));
    }

    /// Applies what is due.
    ///
    /// @return why something is not in force that should be, for people
    public List<String> pass(long nowNanos) {
        var failures = new ArrayList<String>();
        for (Reconciler<?, ?> table : List.of(nowhere, entries)) {
            Pass<?, ?> pass = table.pass(nowNanos);
            if (pass.broken() != null) {
                failures.add(pass.broken());
            }
            pass.failed().stream()
                    .limit(FAILURES_TOLD)
                    .map(Failure::reason)
                    .map(reason -> table.name() + ": " + reason)
                    .forEach(failures::add);
        }
        return failures;
    }

    /// Packets dropped since the rules were written, by reason: {@code plain}, {@code tunnel}, {@code to-host}, {@code
    /// stranger}, {@code admin}, {@code admin-barred}.
    public Map<String, Long> drops() throws IOException {
        var drops = new TreeMap<String, Long>();
        nft.dump(Nftables.dumpRules(GuardRules.TABLE), drops::clear, message -> {
            Counts counts = NftRule.parseCounts(message);
            if (counts != null) {
                String reason =
                        NftRule.parse(GuardRules.TABLE.family(), message).comment();
                drops.merge(reason, counts.packets(), Long::sum);
            }
        });
        return drops;
    }

    /// Rules and routes stay.
    @Override
    public void close() {
        nft.close();
        rtnl.close();
    }
}
