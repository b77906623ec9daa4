package slash32.agent;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.intent.Effect;
import slash32.net.Ipv4Address;
import slash32.netlink.route.RouteEvent;
import slash32.overlay.admin.AdminDevice;
import slash32.overlay.guard.SiteGuard;

/// This node's part in the admin network (docs/adr/0040): the device with its address, which is announced once it is
/// there, and the addresses that the guard lets speak to it. Owned by thread {@code mesh}.
final class AdminPart implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AdminPart.class);

    private final Ipv4Address own;
    private final AdminDevice device;
    private final SiteGuard guard;
    private final Runnable announce;
    /// Of each address that several nodes have, this one among them, the others.
    private final Map<Ipv4Address, List<Ipv4Address>> taken = new HashMap<>();

    private volatile @Nullable String obstacle = "not made yet";
    private boolean announced;

    /// @param announce run once the address is there
    AdminPart(Ipv4Address own, AdminDevice device, SiteGuard guard, Runnable announce) {
        this.own = own;
        this.device = device;
        this.guard = guard;
        this.announce = announce;
    }

    /// Why the node has no address in the network; null if it has. On any thread.
    @Nullable
    String obstacle() {
        return obstacle;
    }

    boolean isConcerned(RouteEvent event) {
        return device.isConcerned(event);
    }

    /// Has the device as it should be.
    void put() {
        String before = obstacle;
        try {
            device.put();
            obstacle = null;
        } catch (IOException e) {
            obstacle = e.getMessage();
            if (!Objects.equals(before, obstacle)) {
                LOG.warn("event=admin-address-not-there address={} reason=\"{}\"", own, obstacle);
            }
        }
    }

    /// Announces the address, if it is there and was not announced yet.
    void announce() {
        if (obstacle == null && !announced) {
            announced = true;
            announce.run();
            LOG.info("event=admin-address-announced address={}", own);
        }
    }

    /// Hears who has an address now.
    void stated(Effect.AdminAddress said) {
        Ipv4Address address = said.address();
        boolean isOwn = address.equals(own);
        guard.admin(address, !said.here().isEmpty() && !isOwn);
        guard.adminElsewhere(address, !said.elsewhere().isEmpty() && !isOwn);
        List<Ipv4Address> nodes = Stream.concat(said.here().stream(), said.elsewhere().stream())
                .sorted()
                .toList();
        boolean conflict = nodes.size() + (isOwn ? 1 : 0) > 1;
        List<Ipv4Address> before = conflict ? taken.put(address, nodes) : taken.remove(address);
        if (conflict && !nodes.equals(before)) {
            LOG.warn("event=admin-address-taken address={} own={} nodes={}", address, isOwn, nodes);
        } else if (!conflict && before != null) {
            LOG.info("event=admin-address-settled address={} nodes={}", address, nodes);
        }
    }

    /// The device stays.
    @Override
    public void close() {
        device.close();
    }
}
