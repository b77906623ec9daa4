package slash32.agent.dataplane.fib;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;

/// The nexthop objects in the kernel that are ours by id and protocol: where each leads, how many of our routes use
/// it, and which next hop it stands for.
final class NexthopObjects {
    static final int FIRST_ID = 0x5320_0001;
    static final int LAST_ID = 0x532f_ffff;

    private final Map<Integer, Target> present = new HashMap<>();
    private final Map<Integer, NextHop> owners = new HashMap<>();
    /// By where they lead, some of those that stood for no next hop when they were read.
    private final Map<Target, Integer> leftOver = new HashMap<>();
    /// Ids in our range that somebody else has taken.
    private final Set<Integer> foreign = new HashSet<>();
    /// Ids that may have lost their last use.
    private final Set<Integer> idle = new LinkedHashSet<>();
    /// Groups in the kernel that an object is a member of: it is not deleted before them.
    private final Map<Integer, Integer> memberships = new HashMap<>();
    /// Routes that use an object, by id less {@link #FIRST_ID}.
    private int[] uses = new int[64];
    private int lastAllocated = FIRST_ID - 1;

    static boolean isOurs(int id) {
        return FIRST_ID <= id && id <= LAST_ID;
    }

    /// Forgets what the kernel holds and keeps which object stands for which next hop.
    void forgetPresent() {
        present.clear();
        memberships.clear();
        leftOver.clear();
        foreign.clear();
    }

    /// Forgets what the object is now.
    void forgetPresent(int id) {
        replacePresent(id, null);
        idle.add(id);
    }

    private void replacePresent(int id, @Nullable Target now) {
        Target before = now == null ? present.remove(id) : present.put(id, now);
        if (now instanceof Target.Group(var members)) {
            members.forEach(member -> memberships.merge(member, 1, Integer::sum));
        }
        if (before instanceof Target.Group(var members)) {
            for (int member : members) {
                if (memberships.merge(member, -1, (count, one) -> count + one == 0 ? null : count + one) == null
                        && isOurs(member)) {
                    idle.add(member);
                }
            }
        }
    }

    /// The kernel has this object.
    void found(Nexthop nexthop) {
        if (!isOurs(nexthop.id())) {
            return;
        }
        if (nexthop.protocol() == Rt.RTPROT_SLASH32) {
            replacePresent(nexthop.id(), nexthop.target());
            idle.add(nexthop.id());
            if (!owners.containsKey(nexthop.id())) {
                leftOver.put(nexthop.target(), nexthop.id());
            }
        } else {
            foreign.add(nexthop.id());
        }
    }

    /// Where the object leads; null if there is none of this id.
    @Nullable
    Target present(int id) {
        return present.get(id);
    }

    void written(int id, Target target) {
        replacePresent(id, target);
    }

    /// The next hop that the object stands for; null for one that an earlier run left.
    @Nullable
    NextHop owner(int id) {
        return owners.get(id);
    }

    /// Makes an object stand for {@code hop}: one that an earlier run left and that leads where it should, so that a
    /// restart rewrites nothing, or else a new one.
    ///
    /// @param used by a route of {@code hop}, and preferred
    /// @return true if it was left by an earlier run: other routes may use it that are not of {@code hop}
    boolean assign(NextHop hop, int used) {
        Target wanted = hop.wanted();
        int candidate = isLeftOver(used, wanted) ? used : leftOver.getOrDefault(wanted, 0);
        boolean inherited = isLeftOver(candidate, wanted);
        hop.id = inherited ? candidate : allocate();
        owners.put(hop.id, hop);
        return inherited;
    }

    /// Makes a new object stand for {@code hop}.
    void reassign(NextHop hop) {
        owners.remove(hop.id);
        idle.add(hop.id);
        hop.id = allocate();
        owners.put(hop.id, hop);
    }

    private boolean isLeftOver(int id, Target target) {
        return target.equals(present.get(id)) && !owners.containsKey(id);
    }

    /// An id that nobody has.
    private int allocate() {
        for (int tried = 0; tried <= LAST_ID - FIRST_ID; tried++) {
            lastAllocated = lastAllocated == LAST_ID ? FIRST_ID : lastAllocated + 1;
            Integer id = lastAllocated;
            if (!owners.containsKey(id) && !present.containsKey(id) && !foreign.contains(id)) {
                return id;
            }
        }
        throw new IllegalStateException("all nexthop ids from " + FIRST_ID + " to " + LAST_ID + " are in use");
    }

    void use(int id) {
        int index = id - FIRST_ID;
        if (index >= uses.length) {
            uses = Arrays.copyOf(uses, Math.max(index + 1, 2 * uses.length));
        }
        uses[index]++;
    }

    void unuse(int id) {
        if (--uses[id - FIRST_ID] == 0) {
            idle.add(id);
        }
    }

    /// The object's next hop lost its last route.
    void mayBeIdle(int id) {
        idle.add(id);
    }

    boolean hasIdle() {
        return !idle.isEmpty();
    }

    /// True if no route that is known to be in the kernel uses some object any more: {@link #sweep} deletes it, unless
    /// one that is on its way does.
    boolean hasUnused() {
        idle.removeIf(this::isWanted);
        return !idle.isEmpty();
    }

    /// Deletes what no route uses, and no next hop with a route stands behind.
    /// One that the kernel keeps is tried again after the next read-back.
    ///
    /// @return how many are gone
    int sweep(Rtnl rtnl) throws IOException {
        if (!hasUnused()) {
            return 0;
        }
        List<Integer> ids = List.copyOf(idle);
        idle.clear();
        int gone = 0;
        var requests = new ArrayList<Request>(ids.size());
        ids.forEach(id -> requests.add(Nexthop.delete(id)));
        List<@Nullable KernelException> outcomes = rtnl.executeAll(requests);
        for (int i = 0; i < ids.size(); i++) {
            KernelException refusal = outcomes.get(i);
            if (refusal == null || refusal.is(Errno.ENOENT)) {
                forget(ids.get(i));
                gone++;
            }
        }
        return gone;
    }

    private boolean isWanted(int id) {
        NextHop owner = owners.get(id);
        int index = id - FIRST_ID;
        return (index < uses.length && uses[index] > 0)
                || (owner != null && owner.routes > 0)
                || memberships.containsKey(id);
    }

    private void forget(Integer id) {
        replacePresent(id, null);
        NextHop owner = owners.remove(id);
        if (owner != null) {
            owner.id = 0;
        }
    }
}
