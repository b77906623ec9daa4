package slash32.agent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.UnderlayConfig;
import slash32.agent.intent.Effect;
import slash32.agent.intent.EndpointRole;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.overlay.evpn.Port;
import slash32.overlay.vxlan.SegmentPlane;
import slash32.securitygroup.GroupId;

/// The host routes by which guests in segments with a gateway are announced: each as long as the kernel has it and the
/// guest's port is in its segment. Of the segments' loop.
final class GuestRoutes {
    private final UnderlayConfig underlay;
    private final SegmentPlane plane;
    private final Consumer<Effect> effects;
    private final Map<IpAddress, Guest> led = new TreeMap<>();
    /// With which groups.
    private final Map<IpAddress, List<GroupId>> announced = new HashMap<>();
    private boolean unsettled;

    private record Guest(Vni vni, Port port) {}

    /// @param effects takes what is to be announced and withdrawn, without waiting
    GuestRoutes(UnderlayConfig underlay, SegmentPlane plane, Consumer<Effect> effects) {
        this.underlay = underlay;
        this.plane = plane;
        this.effects = effects;
    }

    /// An address that a segment's gateway leads to is at this port, or no more: then it is withdrawn before the kernel
    /// loses it.
    void lead(Vni vni, IpAddress address, @Nullable Port port) {
        if (port != null) {
            led.put(address, new Guest(vni, port));
            unsettled = true;
        } else if (led.get(address) instanceof Guest(Vni of, var _) && of.equals(vni)) {
            led.remove(address);
            withdraw(List.of(address));
        }
    }

    /// Something changed for ports.
    void reconsider() {
        unsettled = true;
    }

    /// Announces what is in force, and withdraws what is not.
    void settle() {
        if (!unsettled) {
            return;
        }
        unsettled = plane.isInDoubt();
        var ready = new LinkedHashMap<List<GroupId>, List<Prefix>>();
        var gone = new ArrayList<IpAddress>();
        led.forEach((address, guest) -> {
            IpAddress nextHop = address.isIpv4() ? underlay.address() : underlay.address6();
            if (nextHop == null
                    || !plane.leadsTo(address)
                    || plane.obstacle(guest.port().device()) != null) {
                unsettled = true;
                gone.add(address);
                return;
            }
            List<GroupId> groups = groups(guest.port());
            if (!groups.equals(announced.put(address, groups))) {
                ready.computeIfAbsent(groups, _ -> new ArrayList<>()).add(address.hostPrefix());
            }
        });
        withdraw(gone);
        ready.forEach((groups, prefixes) ->
                effects.accept(new Effect.Originate(prefixes, groups, List.of(), EndpointRole.ACTIVE.localPref())));
    }

    /// A port's communities name its groups and nothing else.
    private static List<GroupId> groups(Port port) {
        return port.communities().stream()
                .map(community -> new GroupId(community.value()))
                .toList();
    }

    private void withdraw(List<IpAddress> addresses) {
        List<Prefix> known = addresses.stream()
                .filter(address -> announced.remove(address) != null)
                .map(IpAddress::hostPrefix)
                .toList();
        if (!known.isEmpty()) {
            effects.accept(new Effect.Withdraw(known));
        }
    }

    /// True if the address is announced.
    boolean announces(IpAddress address) {
        return announced.containsKey(address);
    }
}
