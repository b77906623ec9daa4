package slash32.agent.dataplane;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import slash32.agent.intent.EndpointId;
import slash32.net.InterfaceName;
import slash32.securitygroup.nft.Firewall;
import slash32.tap.TapSpec;
import slash32.tap.TapTable;

/// Interfaces that are no endpoint's: those that endpoints left, which are given back, and those of endpoints that are
/// refused, which stay as long as they are there. Both are blocked while there is one: the hypervisor may have made it.
///
/// Owned by thread {@code kernel}.
final class VacantInterfaces {
    /// Given back by one pass; a change that comes meanwhile waits for as long as the kernel takes, about 40 ms.
    private static final int AT_ONCE = 32;

    private final CountedTable<InterfaceName, TapSpec> taps;
    private final TapTable table;
    private final Firewall firewall;
    private final QuietTime quiet = new QuietTime();
    private final Set<InterfaceName> left = new LinkedHashSet<>();
    private final Map<InterfaceName, EndpointId> held = new HashMap<>();

    VacantInterfaces(CountedTable<InterfaceName, TapSpec> taps, TapTable table, Firewall firewall) {
        this.taps = taps;
        this.table = table;
        this.firewall = firewall;
    }

    /// An endpoint left it.
    void leave(InterfaceName device) {
        firewall.blockEndpoint(device);
        left.add(device);
        quiet.change();
    }

    /// It is that of an endpoint which is refused.
    void hold(InterfaceName device, EndpointId refused) {
        firewall.blockEndpoint(device);
        held.put(device, refused);
    }

    /// An endpoint has it now, which may have been refused before.
    void take(InterfaceName device, EndpointId endpoint) {
        quiet.change();
        left.remove(device);
        held.remove(device);
        release(endpoint);
    }

    /// The endpoint is refused no longer, and has no interface.
    void release(EndpointId endpoint) {
        List<InterfaceName> its = held.entrySet().stream()
                .filter(entry -> entry.getValue().equals(endpoint))
                .map(Map.Entry::getKey)
                .toList();
        its.forEach(held::remove);
        left.addAll(its);
    }

    /// Keeps down what is held, before the table is applied; what is gone is not made again.
    void keep() {
        for (InterfaceName device : held.keySet()) {
            TapSpec present = taps.reconciler().present(device);
            TapSpec desired = taps.reconciler().desired(device);
            boolean isThere = taps.reconciler().isRead() ? present != null : table.exists(device);
            if (!isThere && desired != null) {
                taps.reconciler().remove(device);
            } else if (present != null && !down(present).equals(desired) && table.exists(device)) {
                taps.reconciler().put(device, down(present));
            }
        }
    }

    private static TapSpec down(TapSpec there) {
        return new TapSpec(there.endpoint(), there.origin(), there.mac(), there.mtuBytes(), false, there.settings());
    }

    /// Gives some back of those that were left, after all that is on them, once endpoints have stopped changing.
    void giveBack(long nowNanos, Consumer<InterfaceName> touched) {
        List<InterfaceName> leaving =
                left.stream().filter(this::isOurs).limit(AT_ONCE).toList();
        if (quiet.isDue(!leaving.isEmpty(), nowNanos)) {
            leaving.forEach(taps.reconciler()::remove);
            taps.pass(nowNanos, touched);
        }
        left.removeIf(device -> {
            boolean gone = !isOurs(device) && !table.exists(device);
            if (gone) {
                firewall.removeEndpoint(device);
            }
            return gone;
        });
    }

    private boolean isOurs(InterfaceName device) {
        return taps.reconciler().desired(device) != null;
    }

    /// When there is more to give back.
    long nextDeadlineNanos() {
        return quiet.nextDeadlineNanos();
    }
}
