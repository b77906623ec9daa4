package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.net.TableSize;
import slash32.netlink.message.Message;
import slash32.netlink.route.InterfaceAddress;
import slash32.netlink.route.Link;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.NexthopRoute;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.RouteWords;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Backoff;

/// Keeps the kernel's remote routes equal to what is desired, at the cost of the change.
///
/// A reconciler like {@link slash32.reconcile.Reconciler}, with the same rules, for a million routes: desired and
/// owned are flat columns, and all routes of a next hop share one nexthop object (of several, one group of theirs),
/// so that what happens to a next hop is one message. A next hop that is not permitted is a blackhole
/// (docs/adr/0006). Until a family is in sync, routes that an earlier run left are neither removed nor turned away
/// from a next hop that nothing was yet said about.
///
/// Owned by one thread, {@code kernel}. Give {@link #observed} no echoes of our own writes: events whose
/// {@code Message.port} is that of our socket.
public final class FibWriter {
    /// Metric of every route of ours: above that of a guest next door, which is preferred, and our own, so that a
    /// route of another protocol to the same prefix stands beside it.
    public static final int PRIORITY = 128;

    /// Routes of one family in one pass: about 30 ms of the kernel's time, in which as much is stated as it takes then.
    private static final int WRITES_PER_PASS = 8192;

    /// Prefixes of one family looked at in one pass: after a read-back most need no write.
    private static final int LOOKS_PER_PASS = 65_536;

    /// So many routes are worth another thread; fewer are sooner written than handed over.
    private static final int LAUNCHED_MIN = 256;

    private final Rtnl rtnl;
    private final Backoff backoff;
    private final int launchedMin;
    private final NexthopObjects objects = new NexthopObjects();
    private final FibTable ipv4 = new FibTable(true, objects);
    private final FibTable ipv6 = new FibTable(false, objects);
    private final Nexthops nexthops;
    private final Retries retries;
    private final Set<FibTable> inSync = new HashSet<>();
    /// Those of which it is known what the kernel holds.
    private final Set<FibTable> read = new HashSet<>();

    private final RouteWords words = new RouteWords();
    /// What a pass writes; filled anew by the next one.
    private RouteBatch changes = new RouteBatch(ipv4, ipv6);
    private @Nullable PreferredSource preferred;
    /// On its way; null if nothing is.
    private @Nullable Flight flight;
    /// What became of batches since the last pass.
    private FibPass landed = FibPass.NOTHING;
    /// Why it isn't known what became of one; null if it is.
    private @Nullable IOException lost;

    private boolean decisionsChanged;
    private int brokenInARow;
    private long brokenUntilNanos;

    /// @param rtnl of the namespace whose FIB it is; others may use it between calls
    /// @param backoff of what the kernel refused
    public FibWriter(NetlinkSocket rtnl, Backoff backoff) {
        this(Rtnl.of(rtnl, null), backoff, LAUNCHED_MIN);
    }

    /// One that leaves large batches to {@code courier}, whose thread is another.
    public FibWriter(NetlinkSocket rtnl, RouteCourier courier, Backoff backoff) {
        this(Rtnl.of(rtnl, courier), backoff, LAUNCHED_MIN);
    }

    /// @param launchedMin routes of a batch that is launched
    FibWriter(Rtnl rtnl, Backoff backoff, int launchedMin) {
        this.rtnl = rtnl;
        this.backoff = backoff;
        this.launchedMin = launchedMin;
        nexthops = new Nexthops(objects, backoff);
        retries = new Retries(backoff);
    }

    /// Packets of this host itself to some prefixes are to come from an address of its; to be said before anything
    /// else.
    public void prefer(PreferredSource source) {
        preferred = source;
    }

    /// Packets to a prefix are to go to {@code nextHop}; takes effect at the next pass.
    ///
    /// A next hop's route to itself is not ours to install: the underlay has one, by which routes through it are
    /// resolved.
    ///
    /// @param high the prefix's first 64 bits; an IPv4 address is the upper half
    public void put(long high, long low, int length, boolean isIpv6, IpAddress nextHop) {
        if (FibTable.isRouteTo(nextHop, high, low, length, isIpv6)) {
            remove(high, low, length, isIpv6);
        } else {
            put(high, low, length, isIpv6, nexthops.of(nextHop));
        }
    }

    /// Packets to a prefix are to be shared out to {@code gateways}, by flow as the kernel does that; takes effect at
    /// the next pass.
    ///
    /// @param gateways the next hops, at least one
    public void put(long high, long low, int length, boolean isIpv6, List<IpAddress> gateways) {
        List<IpAddress> usable = gateways.stream()
                .filter(nextHop -> !FibTable.isRouteTo(nextHop, high, low, length, isIpv6))
                .toList();
        if (usable.isEmpty()) {
            remove(high, low, length, isIpv6);
        } else {
            put(high, low, length, isIpv6, nexthops.of(usable));
        }
    }

    private void put(long high, long low, int length, boolean isIpv6, NextHop hop) {
        FibTable table = isIpv6 ? ipv6 : ipv4;
        int number = table.add(high, low, length);
        int before = table.desired(number);
        if (before != hop.handle) {
            nexthops.acquire(hop);
            table.desire(number, hop.handle);
            if (before != 0) {
                nexthops.release(before);
            }
            forgetFailure(table, number);
        }
        table.release(number, false);
        if (hop.id == 0 || hop.id != table.owned(number)) {
            table.touch(number);
        }
    }

    /// A prefix is to have no route of ours, whichever run made it; takes effect at the next pass.
    ///
    /// @param high the prefix's first 64 bits; an IPv4 address is the upper half
    public void remove(long high, long low, int length, boolean isIpv6) {
        FibTable table = isIpv6 ? ipv6 : ipv4;
        int number = table.add(high, low, length);
        int before = table.desired(number);
        if (before != 0) {
            table.desire(number, 0);
            nexthops.release(before);
            forgetFailure(table, number);
        }
        table.release(number, true);
        table.touch(number);
    }

    /// Packets may be given to {@code nextHop} as they are.
    public void permit(IpAddress nextHop) {
        if (nexthops.of(nextHop).mtuBytes != NexthopRoute.MTU_UNSTATED) {
            narrow(nextHop, 0);
        }
        decisionsChanged |= nexthops.decide(nextHop, NextHop.Decision.PERMITTED);
    }

    /// Packets to {@code nextHop} go into the overlay's device, and never to the underlay.
    ///
    /// @param mtuBytes of the path, if that is less than the device's, so that senders of more are told; else 0
    public void lead(IpAddress nextHop, Nexthop.Target.Gateway overlay, int mtuBytes) {
        narrow(nextHop, mtuBytes);
        decisionsChanged |= nexthops.lead(nextHop, overlay);
    }

    private void narrow(IpAddress nextHop, int mtuBytes) {
        Set<Integer> handles = nexthops.narrow(nextHop, mtuBytes);
        if (!handles.isEmpty()) {
            landNow();
            ipv4.rewriteAll(handles);
            ipv6.rewriteAll(handles);
        }
    }

    /// Packets to {@code nextHop} are dropped; so they are before anything is said about it.
    public void refuse(IpAddress nextHop) {
        decisionsChanged |= nexthops.decide(nextHop, NextHop.Decision.REFUSED);
    }

    /// Every route of a family, and what there is to say about its next hops, has been stated: the rest may go.
    public void inSync(boolean isIpv6) {
        FibTable table = isIpv6 ? ipv6 : ipv4;
        if (inSync.add(table)) {
            decisionsChanged = true;
            table.forEach(number -> {
                if (table.desired(number) == 0) {
                    table.touch(number);
                }
            });
        }
    }

    /// Forgets what the kernel holds; the next pass reads it back. After an overrun of the event socket.
    public void resync() {
        read.clear();
    }

    /// The kernel reported something that somebody else did.
    public void observed(RouteEvent event) {
        switch (event) {
            case RouteEvent.RouteAdded(Route route) -> routeObserved(route, true);
            case RouteEvent.RouteRemoved(Route route) -> routeObserved(route, false);
            case RouteEvent.LinkChanged(Link link) -> linkObserved(link.index(), link.up() && link.carrier());
            case RouteEvent.LinkRemoved(Link link) -> linkObserved(link.index(), false);
            case RouteEvent.NexthopChanged(Nexthop nexthop) -> nexthopObserved(nexthop, true);
            case RouteEvent.NexthopRemoved(Nexthop nexthop) -> nexthopObserved(nexthop, false);
            case RouteEvent.AddressAdded(InterfaceAddress added) -> sourceObserved(added, true);
            case RouteEvent.AddressRemoved(InterfaceAddress removed) -> sourceObserved(removed, false);
            case RouteEvent.NeighborChanged(var _), RouteEvent.NeighborRemoved(var _) -> {}
        }
    }

    private void routeObserved(Route route, boolean there) {
        nexthops.routeChanged(route.prefix());
        FibTable table = table(route.prefix());
        if (!isRead() || route.priority() != PRIORITY) {
            return;
        }
        landIfAloft(table, route.prefix());
        boolean ours = route.protocol() == Rt.RTPROT_SLASH32;
        int number = ours && there ? table.add(route.prefix()) : table.find(route.prefix());
        if (number == FibTable.ABSENT) {
            return;
        }
        if (!ours && !there) { // what was in our way went out of it
            retries.forget(route.prefix());
        } else {
            table.own(number, ours && there ? idOf(table, number, route) : FibTable.UNSURE);
        }
        table.touch(number);
    }

    /// The kernel flushes the objects of a link that goes down or loses its carrier, and their routes, and reports
    /// neither.
    private void linkObserved(InterfaceIndex link, boolean usable) {
        if (nexthops.linkChanged(link) && !usable) {
            resync();
        }
    }

    /// The kernel flushes the routes of a source that goes, and refuses them until it is back.
    private void sourceObserved(InterfaceAddress address, boolean there) {
        boolean isSource = preferred != null && preferred.source().equals(address.address());
        if (isSource && !(there && retries.isEmpty())) {
            retries.forgetAll();
            resync();
        }
    }

    private void nexthopObserved(Nexthop nexthop, boolean there) {
        if (!NexthopObjects.isOurs(nexthop.id())) {
            nexthops.reconsiderAll(); // routes of the underlay may use it
        } else if (there) {
            nexthops.bent(nexthop);
        } else {
            resync(); // every route that used it went too, unreported
        }
    }

    private boolean isRead() {
        return read.size() == 2;
    }

    /// When the next pass has something to do: {@code nowNanos} for at once, {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos(long nowNanos) {
        if (brokenInARow > 0) {
            return Math.max(nowNanos, brokenUntilNanos);
        }
        boolean busy = !isRead()
                || flight != null
                || ipv4.hasQueued()
                || ipv6.hasQueued()
                || decisionsChanged
                || nexthops.hasWork();
        return busy ? nowNanos : Math.max(nowNanos, Math.min(retries.nextNanos(), nexthops.nextRetryNanos()));
    }

    /// Applies differences that are known and due, a batch of them: ask {@link #nextDeadlineNanos} for more.
    public FibPass pass(long nowNanos) {
        if (nextDeadlineNanos(nowNanos) > nowNanos) {
            return FibPass.NOTHING;
        }
        try {
            FibPass pass = tryPass(nowNanos);
            brokenInARow = 0;
            return pass;
        } catch (IOException e) {
            landNow();
            lost = null; // another one, or the same
            resync();
            brokenInARow++;
            brokenUntilNanos = nowNanos + backoff.delayNanos(brokenInARow);
            return FibPass.broken("fib: " + e.getMessage());
        }
    }

    private FibPass tryPass(long nowNanos) throws IOException {
        if (lost != null) {
            throw lost;
        }
        if (!isRead()) {
            readBack(Rt.AF_INET, () -> {}, _ -> {});
            readBack(Rt.AF_INET6, () -> {}, _ -> {});
        }
        if (decisionsChanged) {
            decisionsChanged = false;
            ipv4.reviveDeferred();
            ipv6.reviveDeferred();
        }
        retries.due(nowNanos, prefix -> {
            FibTable table = table(prefix);
            int number = table.find(prefix);
            if (number != FibTable.ABSENT) {
                table.touch(number);
            }
        });
        nexthops.resolve(rtnl, address -> (address.isIpv4() ? ipv4 : ipv6).ownedCovering(address));
        Set<Integer> rebound = nexthops.disinherit();
        if (!rebound.isEmpty()) {
            ipv4.touchAll(rebound);
            ipv6.touchAll(rebound);
        }
        changes.clear();
        collect(ipv4, nowNanos);
        collect(ipv6, nowNanos);
        int nexthopsWritten = nexthops.write(rtnl, nowNanos);
        write(nowNanos);
        if (nexthops.hasUnused()) {
            land(); // routes on their way may use an object that nothing else does
            nexthopsWritten += nexthops.sweep(rtnl);
        }
        if (flight == null) {
            if (inSync.size() == 2 && !ipv4.hasQueued() && !ipv6.hasQueued()) {
                nexthops.allStated();
            }
            ipv4.compactIfMostlyEmpty();
            ipv6.compactIfMostlyEmpty();
            changes.giveBack();
        }
        FibPass pass = landed.and(nexthopsWritten);
        landed = FibPass.NOTHING;
        return pass;
    }

    private void collect(FibTable table, long nowNanos) {
        int writesMax = changes.size() + WRITES_PER_PASS;
        for (int looks = 0; looks < LOOKS_PER_PASS && changes.size() < writesMax && table.hasQueued(); looks++) {
            int number = table.takeQueued();
            int owned = table.owned(number);
            if (!retries.isEmpty() && retries.holds(table.prefix(number), nowNanos)) {
                continue;
            }
            int id = wantedId(table, number);
            if (id == owned) {
                settled(table, number);
            } else if (id != FibTable.ABSENT) {
                int mtu = owned == FibTable.ASTRAY ? Math.max(0, mtuOf(table, number)) : mtuOf(table, number);
                changes.add(table, number, id, mtu, sourceOf(table, number));
            }
        }
    }

    /// The object that the route is to use: 0 for no route, ABSENT to leave it as it is.
    private int wantedId(FibTable table, int number) {
        int owned = table.owned(number);
        if (table.desired(number) == 0) {
            boolean stranger = owned != 0 && !table.isReleased(number) && !inSync.contains(table);
            return stranger ? FibTable.ABSENT : 0;
        }
        NextHop hop = nexthops.of(table.desired(number));
        boolean undecided = hop.isUndecided() && !inSync.contains(hop.address.isIpv4() ? ipv4 : ipv6);
        if (undecided && table.isPresent(number)) {
            table.defer(number);
            return FibTable.ABSENT;
        }
        return nexthops.bind(hop, owned);
    }

    /// Few are written at once. Many set out as soon as those before have arrived, and what became of these is
    /// looked at meanwhile.
    private void write(long nowNanos) throws IOException {
        if (changes.size() < launchedMin) {
            land();
            settle(changes, rtnl.executeAll(changes), nowNanos);
            return;
        }
        Flight before = flight;
        if (before == null) {
            flight = new Flight(changes, rtnl.launch(changes), nowNanos);
            changes = new RouteBatch(ipv4, ipv6);
            return;
        }
        List<@Nullable KernelException> outcomes = before.outcomes().await();
        flight = new Flight(changes, rtnl.launch(changes), nowNanos);
        changes = before.changes();
        before.land();
        settle(changes, outcomes, before.launchedNanos());
    }

    /// Waits for what is on its way.
    private void land() throws IOException {
        Flight landing = flight;
        if (landing != null) {
            flight = null;
            landing.land();
            settle(landing.changes(), landing.outcomes().await(), landing.launchedNanos());
        }
    }

    private void landNow() {
        try {
            land();
        } catch (IOException e) {
            lost = e;
            resync();
        }
    }

    private void landIfAloft(FibTable table, Prefix prefix) {
        int number = flight == null ? FibTable.ABSENT : table.find(prefix);
        if (number != FibTable.ABSENT && table.isAloft(number)) {
            landNow();
        }
    }

    private void settle(RouteBatch written, List<@Nullable KernelException> outcomes, long nowNanos) {
        int put = 0;
        int removed = 0;
        int failed = 0;
        String firstFailure = null;
        for (int i = 0; i < outcomes.size(); i++) {
            boolean removes = written.removes(i);
            KernelException refusal = outcomes.get(i);
            if (refusal != null && !(removes && refusal.is(Errno.ESRCH))) {
                String reason = failed(written, i, refusal, nowNanos);
                firstFailure = failed++ == 0 ? reason : firstFailure;
                continue;
            }
            put += removes ? 0 : 1;
            removed += removes ? 1 : 0;
            FibTable table = written.table(i);
            int number = written.number(i);
            table.own(number, written.id(i));
            noticeWritten(table, number);
            settled(table, number);
        }
        landed = landed.and(new FibPass(put, removed, 0, failed, firstFailure, null));
    }

    /// Next hops may be reached by the route.
    private void noticeWritten(FibTable table, int number) {
        if (table.isHost(number)) {
            nexthops.hostRouteChanged(table.address(number));
        } else {
            nexthops.routeChanged(table.prefix(number));
        }
    }

    private String failed(RouteBatch written, int index, KernelException refusal, long nowNanos) {
        boolean occupied = refusal.is(Errno.EEXIST);
        String reason = refusal.getMessage() + (occupied ? ": another's route has this prefix and metric" : "");
        if (retries.failed(written.prefix(index), reason, nowNanos) && (occupied || written.isPresent(index))) {
            resync(); // what we believed of the prefix may be wrong
        }
        return reason;
    }

    private void settled(FibTable table, int number) {
        forgetFailure(table, number);
        if (table.desired(number) == 0 && !table.isQueued(number)) { // touched while it was written
            table.release(number, false);
            table.dropIfIdle(number);
        }
    }

    private void forgetFailure(FibTable table, int number) {
        if (!retries.isEmpty()) {
            retries.forget(table.prefix(number));
        }
    }

    private int idOf(FibTable table, int number, Route route) {
        int source = route.preferredSource() instanceof Ipv4Address v4 ? v4.value() : 0;
        return idOf(table, number, route.nexthopId(), route.mtuBytes(), source);
    }

    private int idOf(FibTable table, int number, int nexthopId, int mtuBytes, int source) {
        boolean astray = objects.present(nexthopId) == null
                || mtuBytes != Math.max(0, mtuOf(table, number))
                || source != sourceOf(table, number);
        return astray ? FibTable.ASTRAY : nexthopId;
    }

    private int sourceOf(FibTable table, int number) {
        return preferred == null ? 0 : table.source(number, preferred);
    }

    private int mtuOf(FibTable table, int number) {
        int handle = table.desired(number);
        return handle == 0 ? NexthopRoute.MTU_UNSTATED : nexthops.of(handle).routeMtuBytes();
    }

    /// Reads the kernel's routes of protocol 132, the only walk over a million of them: what is ours is owned from now
    /// on, and what has no nexthop object is handed on to whose it is.
    ///
    /// @param family AF_INET or AF_INET6
    /// @param restarted called before each further attempt, to forget what {@code others} was given
    public void readBack(int family, Runnable restarted, Consumer<Message> others) throws IOException {
        landNow();
        FibTable table = family == Rt.AF_INET ? ipv4 : ipv6;
        if (read.isEmpty()) {
            readObjects();
        }
        read.remove(table);
        Runnable forget = () -> {
            restarted.run();
            table.forEach(number -> {
                table.own(number, 0);
                table.touch(number);
            });
        };
        forget.run();
        rtnl.dump(Route.dump(family, Rt.RTPROT_SLASH32), forget, message -> {
            if (!words.read(message) || words.protocol() != Rt.RTPROT_SLASH32) {
                return;
            }
            if (words.nexthopId() == 0) {
                others.accept(message);
            }
            if (words.priority() == PRIORITY) {
                int number = table.add(words.high(), words.low(), words.length());
                table.own(number, idOf(table, number, words.nexthopId(), words.mtuBytes(), words.preferredSource()));
                if (table.desired(number) != 0 || inSync.contains(table)) {
                    table.touch(number);
                }
            }
        });
        nexthops.reconsiderAll();
        read.add(table);
    }

    private void readObjects() throws IOException {
        objects.forgetPresent();
        rtnl.dump(Nexthop.dump(), objects::forgetPresent, message -> {
            Nexthop nexthop = Nexthop.parse(message);
            if (nexthop != null) {
                objects.found(nexthop);
            }
        });
    }

    /// What the tables hold, and the room they take.
    public List<TableSize> sizes() {
        return List.of(
                new TableSize("fib ipv4", ipv4.size(), ipv4.octets()),
                new TableSize("fib ipv6", ipv6.size(), ipv6.octets()),
                new TableSize("next hops", nexthops.views().size(), TableSize.OBJECTS));
    }

    /// The addresses with a host route of their own to {@code nextHop} alone; a walk over all routes.
    public List<IpAddress> hostsBehind(IpAddress nextHop) {
        int handle = nexthops.of(nextHop).handle;
        var hosts = new ArrayList<IpAddress>();
        for (FibTable table : List.of(ipv4, ipv6)) {
            table.forEach(number -> {
                if (table.desired(number) == handle && table.isHost(number)) {
                    hosts.add(table.address(number));
                }
            });
        }
        return hosts;
    }

    /// Routes that are desired.
    public int size() {
        return ipv4.desiredCount() + ipv6.desiredCount();
    }

    /// Routes of ours in the kernel, as far as we know.
    public int owned() {
        return ipv4.ownedCount() + ipv6.ownedCount();
    }

    /// True if the route is in force as desired, as far as we know. It may lead to a next hop that drops.
    public boolean inForce(Prefix prefix) {
        FibTable table = table(prefix);
        int number = table.find(prefix);
        return isRead()
                && number != FibTable.ABSENT
                && table.desired(number) != 0
                && table.owned(number) != 0
                && table.owned(number) == nexthops.of(table.desired(number)).id;
    }

    /// Why the last attempt on {@code prefix} failed; null if it did not.
    public @Nullable String failure(Prefix prefix) {
        return retries.reason(prefix);
    }

    /// Routes that the kernel refused and that are to be tried again.
    public int failures() {
        return retries.size();
    }

    /// Next hops that have routes.
    public Collection<NextHopView> nextHops() {
        return nexthops.views();
    }

    private FibTable table(Prefix prefix) {
        return prefix.isIpv4() ? ipv4 : ipv6;
    }
}
