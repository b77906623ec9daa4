package slash32.agent.dataplane;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.dataplane.fib.FibPass;
import slash32.agent.dataplane.fib.FibWriter;
import slash32.agent.status.TableView;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.net.IpAddress;
import slash32.netlink.route.Nexthop;
import slash32.overlay.choice.Path;

/// Has the kernel's routes to other nodes follow the Loc-RIB, as the way to each next hop lets them. Owned by thread
/// {@code kernel}.
final class RemoteRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(RemoteRoutes.class);
    private static final String NAME = "remote_route";

    private final FibWriter fib;
    private final PassTimer timer;
    private final Map<IpAddress, Path> paths = new HashMap<>();
    private long stated;
    private long applied;
    private long refused;

    RemoteRoutes(FibWriter fib, PassTimer timer) {
        this.fib = fib;
        this.timer = timer;
    }

    void change(RibDelta delta) {
        stated += delta.size();
        boolean ipv6 = delta.family().equals(AddressFamily.IPV6_UNICAST);
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes attributes = delta.attributes(i);
            IpAddress nextHop = attributes == null ? null : attributes.nextHop();
            if (nextHop == null) {
                fib.remove(delta.high(i), delta.low(i), delta.length(i), ipv6);
            } else if (!delta.others(i).isEmpty()) {
                fib.put(delta.high(i), delta.low(i), delta.length(i), ipv6, nextHops(nextHop, delta.others(i)));
            } else {
                fib.put(delta.high(i), delta.low(i), delta.length(i), ipv6, nextHop);
            }
        }
    }

    private static List<IpAddress> nextHops(IpAddress best, List<PathAttributes> others) {
        var nextHops = new ArrayList<>(List.of(best));
        for (PathAttributes other : others) {
            if (other.nextHop() != null) {
                nextHops.add(other.nextHop());
            }
        }
        return nextHops;
    }

    void nextHop(IpAddress address, Path path) {
        switch (path) {
            case Path.Native() -> fib.permit(address);
            case Path.Refused _, Path.Encrypted _ -> fib.refuse(address); // an encrypted one until lead says where to
        }
        paths.put(address, path);
    }

    /// The overlay is ready for packets to a next hop, if it is still to be reached by {@code path}.
    ///
    /// @param mtuBytes of the path, if that is less than the device's; else 0
    /// @return false if it is not
    boolean lead(IpAddress nextHop, Path.Encrypted path, Nexthop.Target.Gateway device, int mtuBytes) {
        boolean still = path.equals(paths.get(nextHop));
        if (still) {
            fib.lead(nextHop, device, mtuBytes);
        }
        return still;
    }

    void pass(long nowNanos) {
        long start = System.nanoTime();
        FibPass pass = fib.pass(nowNanos);
        if (pass.applied() + pass.failed() > 0) {
            timer.applied(NAME, System.nanoTime() - start);
        }
        applied += pass.applied();
        refused += pass.failed();
        if (pass.firstFailure() != null) {
            LOG.warn("table={} event=refused routes={} first=\"{}\"", NAME, pass.failed(), pass.firstFailure());
        }
        if (pass.broken() != null) {
            LOG.error("table={} event=broken reason=\"{}\"", NAME, pass.broken());
        }
    }

    TableView view() {
        return new TableView(NAME, fib.size(), fib.owned(), applied, refused, List.of());
    }

    /// Routes stated, written or removed since the start.
    long worked() {
        return stated + applied;
    }
}
