package slash32.agent.dataplane.fib;

import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.netlink.route.Nexthop.Target;
import slash32.netlink.route.Rt;

/// What we know of one next hop. Its state is {@link Nexthops}'s to change.
final class NextHop {
    final IpAddress address;
    /// Small and positive: what a route's column holds.
    final int handle;

    Decision decision = Decision.UNDECIDED;
    /// Desired routes that name it.
    int routes;
    /// Of its nexthop object; 0 while it has none.
    int id;
    /// How the underlay reaches it; null if it does not.
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

    /// Whether packets may be given to it as they are (docs/adr/0006).
    enum Decision {
        UNDECIDED,
        PERMITTED,
        REFUSED
    }

    NextHop(IpAddress address, int handle) {
        this.address = address;
        this.handle = handle;
    }

    /// Where its object is to lead now.
    Target wanted() {
        return decision == Decision.PERMITTED && reach != null && !held ? reach : blackhole();
    }

    Target blackhole() {
        return new Target.Blackhole(address.isIpv4() ? Rt.AF_INET : Rt.AF_INET6);
    }

    NextHopView view() {
        String why = obstacleNow();
        Target.Gateway gateway = why == null ? reach : null;
        return new NextHopView(
                address,
                routes,
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
