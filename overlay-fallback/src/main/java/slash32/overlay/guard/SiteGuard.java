package slash32.overlay.guard;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Backoff;
import slash32.reconcile.Failure;
import slash32.reconcile.Pass;
import slash32.reconcile.Reconciler;

/// Drops what would cross between sites in the clear, and what reaches the external address that is none of a peer's.
///
/// Everything is in force before the first device is made, and stays when the agent ends or dies: a table of its own,
/// where the kernel can (Linux 6.9) one that nobody else may change. Elsewhere somebody has to say when others did, by
/// {@link #resync}. Owned by one thread.
public final class SiteGuard implements AutoCloseable {
    public static final TableId TABLE = GuardRules.TABLE;

    private static final int FAILURES_TOLD = 4;

    private final NetlinkSocket nft;
    private final NetlinkSocket rtnl;
    private final Skeleton skeleton;
    private final Reconciler<Entry, Boolean> entries;
    private final Reconciler<Prefix, Boolean> nowhere;

    /// Whether others may have changed what was in force.
    private boolean doubtful;

    private long lookNanos;

    /// Attempts in a row to put the table right.
    private int vain;

    private long repairs;
    private @Nullable String found;

    private SiteGuard(GuardTerms terms, NetlinkSocket nft, NetlinkSocket rtnl, Skeleton skeleton) {
        this.nft = nft;
        this.rtnl = rtnl;
        this.skeleton = skeleton;
        entries = new Reconciler<>(new EntryTable(nft, GuardRules.sets(terms), skeleton.flags()), Backoff.KERNEL);
        nowhere = new Reconciler<>(new NowhereTable(rtnl), Backoff.KERNEL);
        terms.nowhereElse().forEach(prefix -> nowhere.put(prefix, true));
    }

    /// Puts rules and routes in force in the calling thread's network namespace, and reads them back.
    ///
    /// @throws IOException if the kernel does not have them then: nothing may go to other sites
    public static SiteGuard install(GuardTerms terms) throws IOException {
        return install(terms, true);
    }

    /// The same, for who wants to share the table with others.
    ///
    /// @param exclusive false to leave the table open to others' changes, as where the kernel can't but leave it
    public static SiteGuard install(GuardTerms terms, boolean exclusive) throws IOException {
        NetlinkSocket nft = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
        NetlinkSocket rtnl = null;
        try {
            rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
            Skeleton skeleton = Skeleton.write(nft, terms, exclusive);
            skeleton.verify();
            var guard = new SiteGuard(terms, nft, rtnl, skeleton);
            guard.nowhere.inSync();
            List<String> failures = guard.pass(System.nanoTime());
            if (!failures.isEmpty()) {
                throw new IOException(failures.getFirst());
            }
            return guard;
        } catch (IOException e) {
            nft.close();
            if (rtnl != null) {
                rtnl.close();
            }
            throw new IOException("the guard between sites is not in force: " + e.getMessage(), e);
        }
    }

    /// True if nobody else can change the table; else {@link slash32.netlink.netfilter.ForeignChanges} has to tell when
    /// to {@link #resync}.
    public boolean exclusive() {
        return skeleton.exclusive();
    }

    /// The socket that the table is changed by.
    public int port() {
        return nft.port();
    }

    /// Others may have changed the table: the next pass reads it back and puts it right.
    public void resync(long nowNanos) {
        doubtful = true;
        lookNanos = nowNanos;
    }

    /// How often something was found that others had changed, and is as it should be again.
    public long repairs() {
        return repairs;
    }

    /// What was found changed since this was asked last, for people; null if nothing was.
    public @Nullable String takeFound() {
        String taken = found;
        found = null;
        return taken;
    }

    /// False if others changed the table and it could not be put right yet.
    public boolean inForce() {
        return vain == 0;
    }

    /// A guest has this address in another site, or not.
    public void elsewhere(IpAddress guest, boolean there) {
        state(new Entry(GuardRules.elsewhere(guest.isIpv4()), guest), there);
    }

    /// A node of another site has this address, or not.
    public void node(IpAddress address, boolean there) {
        state(new Entry(GuardRules.nodes(address.isIpv4()), address), there);
    }

    /// A node of another site may send frames to one of the limited ports, or not.
    public void frames(Ipv4Address node, int port, boolean there) {
        state(new Entry(GuardRules.framesTo(port), node), there);
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
        long next = doubtful ? Math.max(nowNanos, lookNanos) : Long.MAX_VALUE;
        for (Reconciler<?, ?> table : tables()) {
            next = Math.min(next, table.nextDeadlineNanos(nowNanos));
        }
        return next;
    }

    /// Applies what is due.
    ///
    /// @return why something is not in force that should be, for people
    public List<String> pass(long nowNanos) {
        var failures = new ArrayList<String>();
        boolean look = doubtful && nowNanos - lookNanos >= 0;
        long drifted = entries.drifted();
        String difference = look ? putRight(nowNanos, failures) : null;
        passTables(nowNanos, failures);
        if (look && difference == null && entries.drifted() != drifted) {
            difference = "other elements in its sets";
        }
        if (difference != null) {
            found = difference;
            repairs++;
        }
        return failures;
    }

    /// Reads back what others may have changed.
    ///
    /// @return what they did change, if it is as it should be again
    private @Nullable String putRight(long nowNanos, List<String> failures) {
        try {
            String difference = skeleton.difference();
            if (difference != null) {
                skeleton.restore();
            }
            doubtful = false;
            vain = 0;
            entries.resync();
            entries.retryNow();
            return difference;
        } catch (IOException e) {
            vain++;
            lookNanos = nowNanos + Backoff.KERNEL.delayNanos(vain);
            failures.add("the guard between sites: " + e.getMessage());
            return null;
        }
    }

    /// Those that can be put in force: without the table there are no sets.
    private List<Reconciler<?, ?>> tables() {
        return vain == 0 ? List.of(nowhere, entries) : List.of(nowhere);
    }

    private void passTables(long nowNanos, List<String> failures) {
        for (Reconciler<?, ?> table : tables()) {
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
