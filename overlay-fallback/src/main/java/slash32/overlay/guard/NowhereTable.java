package slash32.overlay.guard;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;
import slash32.netlink.message.Request;
import slash32.netlink.route.Route;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;

/// Unreachable routes to all of the guests' addresses: a guest whose own route is gone is not looked for where the
/// default route leads. Ours are those of protocol 132 that are unreachable.
final class NowhereTable implements Table<Prefix, Boolean> {
    /// Behind any route of the same prefix, and before the default route.
    private static final int PRIORITY = Integer.MAX_VALUE;

    private final NetlinkSocket rtnl;

    NowhereTable(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    @Override
    public String name() {
        return "nowhere_route";
    }

    @Override
    public Map<Prefix, Boolean> owned() throws IOException {
        var found = new HashMap<Prefix, Boolean>();
        for (int family : new int[] {Rt.AF_INET, Rt.AF_INET6}) {
            rtnl.dump(
                    Route.dump(family, Rt.RTPROT_SLASH32),
                    () -> found.keySet().removeIf(prefix -> prefix.isIpv4() == (family == Rt.AF_INET)),
                    message -> {
                        Route route = Route.isByNexthop(message) ? null : Route.parse(message);
                        if (route != null && route.type() == Rt.RTN_UNREACHABLE && route.priority() == PRIORITY) {
                            found.put(route.prefix(), true);
                        }
                    });
        }
        return found;
    }

    @Override
    public List<Failure<Prefix>> apply(List<Change<Prefix, Boolean>> batch) throws IOException {
        var requests = new ArrayList<Request>();
        for (Change<Prefix, Boolean> change : batch) {
            Prefix prefix = change.key();
            requests.add(
                    change instanceof Change.Put
                            ? new Route(prefix, PRIORITY, Rt.RTPROT_SLASH32, Rt.RTN_UNREACHABLE, null, null, null, 0, 0)
                                    .replace()
                            : Route.remove(prefix, PRIORITY, Rt.RTPROT_SLASH32));
        }
        List<@Nullable KernelException> outcomes = rtnl.executeAll(requests);
        var failures = new ArrayList<Failure<Prefix>>();
        for (int i = 0; i < outcomes.size(); i++) {
            KernelException refused = outcomes.get(i);
            Change<Prefix, Boolean> change = batch.get(i);
            if (refused != null && !(change instanceof Change.Remove && refused.is(Errno.ESRCH))) {
                failures.add(new Failure<>(change.key(), String.valueOf(refused.getMessage())));
            }
        }
        return failures;
    }
}
