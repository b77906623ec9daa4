package slash32.overlay.evpn;

import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.overlay.evpn.EvpnAction.Destination;

/// What a node's actions add up to: its routes, the kernel's tables, what is on disk.
final class EvpnTables {
    final Map<EvpnRoute, EvpnPath> routes = new LinkedHashMap<>();
    final Map<MacKey, Destination> forwarding = new TreeMap<>();
    final Map<IpAddress, MacAddress> answers = new HashMap<>();
    final Set<IpAddress> flooded = new TreeSet<>();
    final Map<IpAddress, List<LargeCommunity>> labels = new HashMap<>();
    final Map<IpAddress, Port> led = new HashMap<>();
    final Map<MacKey, Long> disk = new HashMap<>();
    final Map<MacKey, Destination> frozen = new HashMap<>();
    final Set<IpAddress> exceeding = new HashSet<>();
    final Set<ExtendedCommunity> imported = new HashSet<>();

    /// Takes all that the node wants.
    ///
    /// @return its announcements and withdrawals
    List<EvpnAction> take(EvpnNode node) {
        List<EvpnAction> actions = node.actions();
        actions.forEach(this::take);
        return actions;
    }

    private void take(EvpnAction action) {
        switch (action) {
            case EvpnAction.Import(var targets) -> {
                imported.clear();
                imported.addAll(targets);
            }
            case EvpnAction.Announce(List<EvpnPath> paths) -> paths.forEach(path -> routes.put(path.route(), path));
            case EvpnAction.Withdraw(List<EvpnRoute> gone) -> gone.forEach(routes::remove);
            case EvpnAction.Remember(MacKey mac, Long sequence) -> set(disk, mac, sequence);
            case EvpnAction.Forward(MacKey mac, Destination to) -> set(forwarding, mac, to);
            case EvpnAction.Answer(var _, IpAddress address, MacAddress mac) -> set(answers, address, mac);
            case EvpnAction.Label(var _, IpAddress address, List<LargeCommunity> communities) ->
                set(labels, address, communities.isEmpty() ? null : communities);
            case EvpnAction.Lead(var _, IpAddress address, Port port) -> set(led, address, port);
            case EvpnAction.Flood(var _, IpAddress vtep, boolean wanted) -> set(flooded, vtep, wanted);
            case EvpnAction.Freeze(MacKey mac, Destination at) -> set(frozen, mac, at);
            case EvpnAction.Exceed(var _, IpAddress vtep, boolean now) -> set(exceeding, vtep, now);
        }
    }

    private static <T> void set(Set<T> set, T value, boolean wanted) {
        if (wanted) {
            set.add(value);
        } else {
            set.remove(value);
        }
    }

    private static <K, V> void set(Map<K, V> map, K key, @Nullable V value) {
        if (value == null) {
            map.remove(key);
        } else {
            map.put(key, value);
        }
    }
}
