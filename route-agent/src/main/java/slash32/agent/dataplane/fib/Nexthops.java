package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.message.Request;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.KernelException;
import slash32.reconcile.Backoff;

/// The next hops of routes, each with one nexthop object while it has routes, and the groups of them. The object
/// leads to the gateway that the underlay's own routes name, or drops: while the next hop is not permitted, has no
/// route to it, or the kernel refuses the gateway.
final class Nexthops {
    private final NexthopObjects objects;
    private final Backoff backoff;
    private final Map<IpAddress, NextHop> byAddress = new HashMap<>();
    private final Map<Set<NextHop>, NextHop> byMembers = new HashMap<>();
    /// Index 0 stays empty.
    private final List<@Nullable NextHop> byHandle = new ArrayList<>();

    private final List<Integer> freeHandles = new ArrayList<>();
    private final Set<NextHop> unresolved = new LinkedHashSet<>();
    /// Their objects may differ from what is wanted.
    private final Set<NextHop> changed = new LinkedHashSet<>();
    private final Set<NextHop> held = new HashSet<>();
    /// Their objects are of an earlier run.
    private final Set<NextHop> inherited = new LinkedHashSet<>();
    /// Links and objects that some next hop is, or was, reached through; spares the walk over next hops for others.
    private final Set<InterfaceIndex> linksUsed = new HashSet<>();

    private final Set<Integer> viaIdsUsed = new HashSet<>();

    Nexthops(NexthopObjects objects, Backoff backoff) {
        this.objects = objects;
        this.backoff = backoff;
        byHandle.add(null);
    }

    /// The next hop of this address, which is made known if it is not.
    NextHop of(IpAddress address) {
        NextHop known = byAddress.get(address);
        if (known != null) {
            return known;
        }
        var hop = new NextHop(address, freeHandle());
        byHandle.set(hop.handle, hop);
        byAddress.put(address, hop);
        return hop;
    }

    /// The group of these next hops, whatever their order, which is made known if it is not; of one, that one.
    NextHop of(List<IpAddress> addresses) {
        if (addresses.size() == 1) {
            return of(addresses.getFirst());
        }
        List<NextHop> members =
                addresses.stream().distinct().sorted().map(this::of).toList();
        if (members.size() == 1) {
            return members.getFirst();
        }
        Set<NextHop> key = Set.copyOf(members);
        NextHop known = byMembers.get(key);
        if (known != null) {
            return known;
        }
        var group = new NextHop(members, freeHandle());
        byHandle.set(group.handle, group);
        byMembers.put(key, group);
        for (NextHop member : members) {
            member.groups.add(group);
            acquire(member);
        }
        return group;
    }

    private int freeHandle() {
        if (!freeHandles.isEmpty()) {
            return freeHandles.removeLast();
        }
        byHandle.add(null);
        return byHandle.size() - 1;
    }

    NextHop of(int handle) {
        NextHop hop = byHandle.get(handle);
        if (hop == null) {
            throw new IllegalStateException("no next hop has handle " + handle);
        }
        return hop;
    }

    /// One more route names {@code hop}.
    void acquire(NextHop hop) {
        if (hop.routes++ == 0) {
            (hop.isGroup() ? changed : unresolved).add(hop);
        }
    }

    /// A route names it no longer.
    void release(int handle) {
        NextHop hop = of(handle);
        if (--hop.routes > 0) {
            return;
        }
        unresolved.remove(hop);
        if (hop.id != 0) {
            objects.mayBeIdle(hop.id);
        } else {
            forgetIfIdle(hop);
        }
    }

    /// States whether packets may be given to the next hop.
    ///
    /// @return true if the decision is another than before
    boolean decide(IpAddress address, NextHop.Decision decision) {
        return decide(of(address), decision, null);
    }

    /// States that packets to the next hop go into the overlay's device.
    boolean lead(IpAddress address, Target.Gateway overlay) {
        return decide(of(address), NextHop.Decision.PERMITTED, overlay);
    }

    /// States the MTU of the path to the next hop.
    ///
    /// @param mtuBytes 0 for the link's
    /// @return the handles whose routes are to be written again
    Set<Integer> narrow(IpAddress address, int mtuBytes) {
        NextHop hop = of(address);
        int before = hop.mtuBytes;
        hop.mtuBytes = mtuBytes;
        if (Math.max(before, 0) == Math.max(mtuBytes, 0)) {
            return Set.of();
        }
        var handles = new HashSet<>(Set.of(hop.handle));
        hop.groups.forEach(group -> handles.add(group.handle));
        return handles;
    }

    private boolean decide(NextHop hop, NextHop.Decision decision, Target.@Nullable Gateway overlay) {
        if (hop.decision == decision && Objects.equals(hop.overlay, overlay)) {
            return false;
        }
        hop.decision = decision;
        if (!Objects.equals(hop.overlay, overlay)) {
            hop.overlay = overlay;
            hop.reach = overlay; // never the underlay's of before, nor the device once it is the underlay's
            if (hop.routes > 0) {
                unresolved.add(hop);
            }
        }
        changed.add(hop);
        return true;
    }

    /// The id of the object that {@code hop}'s routes are to use.
    ///
    /// @param owned the object that a route of {@code hop} uses now
    int bind(NextHop hop, int owned) {
        if (hop.id == 0) {
            hop.members.forEach(member -> bind(member, 0));
            if (objects.assign(hop, owned)) {
                inherited.add(hop);
            }
            changed.add(hop);
        }
        return hop.id;
    }

    /// Gives a new object to each next hop whose inherited one would have to lead elsewhere: routes of which nothing
    /// was said yet may use it too, and are not to be led there.
    ///
    /// @return the handles of those next hops
    Set<Integer> disinherit() {
        var handles = new HashSet<Integer>();
        for (NextHop hop : List.copyOf(inherited)) {
            Target present = objects.present(hop.id);
            if (hop.id == 0 || present == null) {
                inherited.remove(hop);
            } else if (!present.equals(hop.wanted())) {
                inherited.remove(hop);
                objects.reassign(hop);
                changed.add(hop);
                handles.add(hop.handle);
            }
        }
        return handles;
    }

    /// Every route is stated and written: what uses an inherited object is its next hop's.
    void allStated() {
        inherited.clear();
    }

    /// What the kernel holds was read anew.
    void reconsiderAll() {
        for (NextHop hop : byAddress.values()) {
            if (hop.routes > 0) {
                unresolved.add(hop);
            }
            changed.add(hop);
        }
        changed.addAll(byMembers.values());
    }

    /// Somebody changed an object of ours, perhaps before our last write, of which we heard first:
    /// what it is now is not known, and is written again.
    void bent(Nexthop nexthop) {
        NextHop owner = objects.owner(nexthop.id());
        if (owner == null) {
            objects.found(nexthop);
        } else {
            objects.forgetPresent(nexthop.id());
            changed.add(owner);
        }
    }

    /// A route changed, ours or not: it may be the one to some next hops.
    void routeChanged(Prefix prefix) {
        if (prefix.isHost()) {
            hostRouteChanged(prefix.address());
            return;
        }
        for (NextHop hop : byAddress.values()) {
            if (hop.routes > 0 && prefix.contains(hop.address)) {
                unresolved.add(hop);
            }
        }
    }

    /// A route to {@code address} alone changed: it may be a next hop's.
    void hostRouteChanged(IpAddress address) {
        NextHop hop = byAddress.get(address);
        if (hop != null && hop.routes > 0) {
            unresolved.add(hop);
        }
    }

    /// A link changed: the next hops behind it are looked up again.
    ///
    /// @return true if the kernel holds an object that leads out of it
    boolean linkChanged(InterfaceIndex link) {
        if (!linksUsed.contains(link)) {
            return false;
        }
        boolean hasObject = false;
        for (NextHop hop : byAddress.values()) {
            if (hop.routes > 0 && hop.reach != null && hop.reach.link().equals(link)) {
                unresolved.add(hop);
                hasObject |= hop.reach.equals(objects.present(hop.id));
            }
        }
        return hasObject;
    }

    boolean hasWork() {
        return !unresolved.isEmpty() || !changed.isEmpty() || objects.hasIdle();
    }

    /// See {@link NexthopObjects#hasUnused}.
    boolean hasUnused() {
        return objects.hasUnused();
    }

    /// When a refused object is next to be tried; {@link Long#MAX_VALUE} for never.
    long nextRetryNanos() {
        long next = Long.MAX_VALUE;
        for (NextHop hop : held) {
            next = Math.min(next, hop.retryNanos);
        }
        return next;
    }

    List<NextHopView> views() {
        return byAddress.values().stream()
                .filter(hop -> hop.routes > 0)
                .map(NextHop::view)
                .toList();
    }

    /// Asks the kernel how it reaches the next hops for which that may have changed.
    ///
    /// @param ownedCovering see {@link GatewayLookup}
    void resolve(Rtnl rtnl, ToIntFunction<IpAddress> ownedCovering) throws IOException {
        List<NextHop> asked = List.copyOf(unresolved);
        unresolved.clear();
        for (NextHop hop : asked) {
            new GatewayLookup(rtnl, objects, ownedCovering, hop).run();
            if (hop.reach != null) {
                linksUsed.add(hop.reach.link());
            }
            if (hop.viaId != 0) {
                viaIdsUsed.add(hop.viaId);
            }
            letGo(hop);
            changed.add(hop);
        }
    }

    /// Writes the objects that differ from what is wanted. One whose gateway the kernel refuses drops instead.
    ///
    /// @return how many were written
    int write(Rtnl rtnl, long nowNanos) throws IOException {
        for (NextHop hop : List.copyOf(held)) {
            if (hop.retryNanos <= nowNanos) {
                letGo(hop);
                changed.add(hop);
            }
        }
        int written = 0;
        while (!changed.isEmpty()) {
            List<NextHop> differing = takeDiffering();
            var groups = new LinkedHashSet<NextHop>();
            for (NextHop hop : differing) {
                groups.addAll(hop.isGroup() ? Set.of(hop) : hop.groups);
            }
            groups.removeIf(group -> group.id == 0 || group.held);
            List<NextHop> single =
                    differing.stream().filter(hop -> !hop.isGroup()).toList();
            // a group lets go of a member before that drops, and takes it when it leads somewhere
            written += write(rtnl, nowNanos, groups, group -> group.wantedUntilWritten(objects));
            written += write(rtnl, nowNanos, single, NextHop::wanted);
            groups.removeIf(group -> group.held || !group.isWritable(objects)); // a member was just refused
            written += write(rtnl, nowNanos, groups, NextHop::wanted);
        }
        return written;
    }

    private int write(Rtnl rtnl, long nowNanos, Collection<NextHop> hops, Function<NextHop, @Nullable Target> target)
            throws IOException {
        var writing = new ArrayList<NextHop>(hops.size());
        var targets = new ArrayList<Target>(hops.size());
        for (NextHop hop : hops) {
            Target wanted = target.apply(hop);
            if (wanted != null && !wanted.equals(objects.present(hop.id))) {
                writing.add(hop);
                targets.add(wanted);
            }
        }
        if (writing.isEmpty()) {
            return 0;
        }
        var requests = new ArrayList<Request>(writing.size());
        for (int i = 0; i < writing.size(); i++) {
            requests.add(new Nexthop(writing.get(i).id, targets.get(i), Rt.RTPROT_SLASH32).replace());
        }
        int written = 0;
        List<@Nullable KernelException> outcomes = rtnl.executeAll(requests);
        for (int i = 0; i < outcomes.size(); i++) {
            NextHop hop = writing.get(i);
            KernelException refusal = outcomes.get(i);
            if (refusal == null) {
                written(hop, targets.get(i));
                written++;
            } else {
                refused(hop, refusal, nowNanos);
            }
        }
        return written;
    }

    private List<NextHop> takeDiffering() {
        var differing = new ArrayList<NextHop>(changed.size());
        for (NextHop hop : changed) {
            boolean waits = hop.isGroup() && hop.held;
            if (hop.routes > 0 && hop.id != 0 && !waits && !hop.wanted().equals(objects.present(hop.id))) {
                differing.add(hop);
            }
        }
        changed.clear();
        return differing;
    }

    private void written(NextHop hop, Target target) {
        objects.written(hop.id, target);
        if (!(target instanceof Target.Blackhole)) {
            hop.refusal = null;
            hop.refusals = 0;
        }
        if (viaIdsUsed.contains(hop.id)) {
            for (NextHop other : byAddress.values()) {
                if (other.viaId == hop.id && other.routes > 0) {
                    unresolved.add(other);
                }
            }
        }
    }

    private void refused(NextHop hop, KernelException refusal, long nowNanos) {
        boolean wasGateway = hop.wanted() instanceof Target.Gateway;
        hop.refusal = refusal.getMessage();
        hop.refusals++;
        hop.retryNanos = nowNanos + backoff.delayNanos(hop.refusals);
        hop.held = true;
        held.add(hop);
        if (wasGateway) {
            changed.add(hop);
        }
    }

    private void letGo(NextHop hop) {
        hop.held = false;
        held.remove(hop);
    }

    /// Deletes the objects that nothing uses any more.
    int sweep(Rtnl rtnl) throws IOException {
        int swept = objects.sweep(rtnl);
        if (swept > 0) {
            List.copyOf(byMembers.values()).forEach(this::forgetIfIdle);
            List.copyOf(byAddress.values()).forEach(this::forgetIfIdle);
        }
        return swept;
    }

    /// One that was decided about is kept: the decision may come long before the first route.
    private void forgetIfIdle(NextHop hop) {
        if (hop.routes > 0 || hop.id != 0 || hop.decision != NextHop.Decision.UNDECIDED) {
            return;
        }
        if (hop.isGroup()) {
            byMembers.remove(Set.copyOf(hop.members));
            for (NextHop member : hop.members) {
                member.groups.remove(hop);
                release(member.handle);
            }
        } else {
            byAddress.remove(hop.address);
        }
        byHandle.set(hop.handle, null);
        freeHandles.add(hop.handle);
        unresolved.remove(hop);
        changed.remove(hop);
        inherited.remove(hop);
        letGo(hop);
    }
}
