package slash32.agent.dataplane.fib;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.NexthopRoute;
import slash32.netlink.route.Rt;

/// What we know of one next hop, or of several that packets are shared out to. Its state is {@link Nexthops}'s to
/// change.
final class NextHop {
    /// Of the first one, if there are several.
    final IpAddress address;
    /// The next hops that this one stands for, each known by itself; empty for one by itself.
    final List<NextHop> members;
    /// The groups that it is a member of.
    final Set<NextHop> groups = new HashSet<>();
    /// Small and positive: what a route's column holds.
    final int handle;

    Decision decision = Decision.UNDECIDED;
    /// Desired routes that name it, and groups that it is a member of.
    int routes;
    /// Of its nexthop object; 0 while it has none.
    int id;
    /// The overlay's device, which packets to it go into instead of the underlay; null if they don't.
    Target.@Nullable Gateway overlay;
    /// Of the path to it, where that takes less than the link; 0 where it doesn't; never stated for native ones.
    int mtuBytes = NexthopRoute.MTU_UNSTATED;
    /// How it is reached; null if it is not.
    Target.@Nullable Gateway reach;
    /// Of the nexthop object of ours that the underlay's answer came through; 0 if through none.
    int viaId;
    /// Why there is no {@code reach}.
    String obstacle = "not looked up yet";
    /// What the kernel said when it last refused the object; null if it took it.
    @Nullable
    String refusal;

    int refusals;
    /// Refused, and not to be tried before {@code retryNanos}.
    boolean held;

    long retryNanos;

    /// Whether packets may be given to it (docs/adr/0006).
    enum Decision {
        UNDECIDED,
        PERMITTED,
        REFUSED
    }

    NextHop(IpAddress address, int handle) {
        this.address = address;
        this.handle = handle;
        members = List.of();
    }

    /// A group; at least two members.
    NextHop(List<NextHop> members, int handle) {
        address = members.getFirst().address;
        this.handle = handle;
        this.members = List.copyOf(members);
    }

    boolean isGroup() {
        return !members.isEmpty();
    }

    /// What its routes are held to: of several, the least.
    int routeMtuBytes() {
        return isGroup()
                ? members.stream().map(member -> member.mtuBytes).reduce(NexthopRoute.MTU_UNSTATED, NextHop::lesserMtu)
                : mtuBytes;
    }

    /// One that is stated before one that is not, and a limit before none.
    private static int lesserMtu(int one, int other) {
        return one > 0 && other > 0 ? Math.min(one, other) : Math.max(one, other);
    }

    boolean isUndecided() {
        return isGroup() ? members.stream().anyMatch(NextHop::isUndecided) : decision == Decision.UNDECIDED;
    }

    /// Where its object is to lead now. The kernel has nothing that drops in a group of several: a group leads to the
    /// members that are permitted and reached, or to its first alone, whose object then drops.
    Target wanted() {
        return isGroup() ? group(members.stream().filter(NextHop::isUsable).toList()) : ownWanted();
    }

    /// What a group can lead to before its members' objects are written: no member that is there no more, or will not
    /// be. Null if it has none yet.
    @Nullable
    Target wantedUntilWritten(NexthopObjects objects) {
        List<NextHop> there = members.stream()
                .filter(member -> objects.present(member.id) != null)
                .toList();
        List<NextHop> leading = there.stream()
                .filter(member -> member.isUsable() && objects.present(member.id) instanceof Target.Gateway)
                .toList();
        return there.isEmpty() ? null : group(leading.isEmpty() ? there.subList(0, 1) : leading);
    }

    /// True if the kernel has what the group is to lead to.
    boolean isWritable(NexthopObjects objects) {
        return wanted() instanceof Target.Group(var ids) && ids.stream().allMatch(id -> objects.present(id) != null);
    }

    private Target group(List<NextHop> usable) {
        List<NextHop> used = usable.isEmpty() ? members.subList(0, 1) : usable;
        return new Target.Group(used.stream()
                .map(member -> member.id)
                .sorted(Comparator.naturalOrder())
                .toList());
    }

    private boolean isUsable() {
        return ownWanted() instanceof Target.Gateway;
    }

    private Target ownWanted() {
        return decision == Decision.PERMITTED && reach != null && !held ? reach : blackhole();
    }

    Target blackhole() {
        return new Target.Blackhole(address.isIpv4() ? Rt.AF_INET : Rt.AF_INET6);
    }

    NextHopView view() {
        String why = obstacleNow();
        Target.Gateway gateway = why == null ? reach : null;
        int shared = groups.stream().mapToInt(group -> group.routes - 1).sum();
        return new NextHopView(
                address,
                routes + shared,
                gateway == null ? null : gateway.address(),
                gateway == null ? null : gateway.link(),
                why);
    }

    private @Nullable String obstacleNow() {
        return switch (decision) {
            case UNDECIDED -> "not known to be in this site";
            case REFUSED -> "not to be reached in the clear";
            case PERMITTED -> reach == null ? obstacle : refusal;
        };
    }
}
