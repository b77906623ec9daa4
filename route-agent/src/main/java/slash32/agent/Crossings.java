package slash32.agent;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.PathAttributes;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;
import slash32.overlay.choice.Path;

/// Who is in another site, by what was said of next hops and routes: the nodes to have keys with, and the guests whose
/// packets must not cross in the clear. Decides only; its {@link Hands} do. Owned by thread {@code mesh}.
final class Crossings {
    /// Carries out what was decided, at once.
    interface Hands {
        /// A guest has this address in another site, or not.
        void elsewhere(IpAddress guest, boolean there);

        /// A node of another site has this address, or not.
        void node(IpAddress address, boolean there);

        /// Keys may be had with this node, and packets to it go by this path.
        void admit(Path.Encrypted path);

        /// They may no more.
        void expel(Ipv4Address node, Ipv4Address external);

        /// Packets to a next hop go into its node's devices.
        ///
        /// @param mtuBytes of the path, if that is less than the device's for guests' packets; else 0
        void lead(IpAddress hop, Path.Encrypted path, Devices devices, int mtuBytes);

        /// Wants {@link #guestsBehind} said of a next hop.
        void askGuestsBehind(IpAddress hop);
    }

    /// What leads to one node alone.
    ///
    /// @param sealed what is in it is sealed for the node as it is: segments' frames, and tunnels' packets
    /// @param routed where guests' packets go into
    record Devices(InterfaceIndex sealed, InterfaceIndex routed) {
        private boolean has(InterfaceIndex device) {
            return device.equals(sealed) || device.equals(routed);
        }
    }

    private final Hands hands;
    private final Map<IpAddress, Path> paths = new HashMap<>();
    private final Map<Ipv4Address, Peer> peers = new LinkedHashMap<>();
    /// The next hop of each guest whose own is not in this site, as far as that is known; and the other way round.
    private final Map<IpAddress, IpAddress> crossing = new HashMap<>();

    private final Map<IpAddress, Set<IpAddress>> behind = new HashMap<>();
    /// What this node announces.
    private final Set<IpAddress> here = new HashSet<>();

    /// A node of another site.
    private static final class Peer {
        final Path.Encrypted path;
        /// Its underlay addresses.
        final Set<IpAddress> hops = new HashSet<>();

        @Nullable
        Devices devices;
        /// Of the path to it, if that takes less than the device; else 0.
        int mtuBytes;

        Peer(Path.Encrypted path) {
            this.path = path;
        }
    }

    Crossings(Hands hands) {
        this.hands = hands;
    }

    /// The nodes that are admitted, in the order in which they were, with where they are reached from outside.
    Map<Ipv4Address, Ipv4Address> peers() {
        var externals = new LinkedHashMap<Ipv4Address, Ipv4Address>();
        peers.forEach((node, peer) -> externals.put(node, peer.path.external()));
        return Collections.unmodifiableMap(externals);
    }

    /// Those of them that lack a device.
    List<Ipv4Address> unattached() {
        return peers.entrySet().stream()
                .filter(entry -> entry.getValue().devices == null)
                .map(Map.Entry::getKey)
                .toList();
    }

    /// A node has its devices.
    void attached(Ipv4Address node, Devices devices) {
        Peer peer = peers.get(node);
        if (peer != null) {
            peer.devices = devices;
            peer.hops.forEach(hop -> lead(hop, peer));
        }
    }

    /// The devices of a node; null while it has none.
    @Nullable
    Devices devices(Ipv4Address node) {
        Peer peer = peers.get(node);
        return peer == null ? null : peer.devices;
    }

    /// What the path to a node takes, if that is less than its device; else 0.
    void narrow(Ipv4Address node, int mtuBytes) {
        Peer peer = peers.get(node);
        if (peer != null && peer.mtuBytes != mtuBytes) {
            peer.mtuBytes = mtuBytes;
            peer.hops.forEach(hop -> lead(hop, peer));
        }
    }

    /// A device is gone.
    void deviceGone(InterfaceIndex device) {
        peers.values().stream()
                .filter(peer -> peer.devices != null && peer.devices.has(device))
                .forEach(peer -> peer.devices = null);
    }

    /// How packets reach a next hop from now on.
    void path(IpAddress hop, Path path) {
        Path before = paths.put(hop, path);
        if (before instanceof Path.Encrypted left && !left.equals(path)) {
            leave(hop, left.node());
        }
        if (path instanceof Path.Encrypted encrypted) {
            join(hop, encrypted);
        }
        hands.node(hop, isElsewhere(path)); // last: who was expelled may have been reached at this address
        if (path instanceof Path.Native) {
            Set<IpAddress> guests = behind.remove(hop);
            if (guests != null) {
                guests.forEach(crossing::remove);
                guests.forEach(this::stateElsewhere);
            }
        } else if (before instanceof Path.Native) {
            hands.askGuestsBehind(hop);
        } else {
            behind.getOrDefault(hop, Set.of()).forEach(this::stateElsewhere);
        }
    }

    private static boolean isElsewhere(@Nullable Path path) {
        return path instanceof Path.Encrypted
                || (path instanceof Path.Refused(Path.Reason why) && why == Path.Reason.OTHER_SITE);
    }

    private void join(IpAddress hop, Path.Encrypted path) {
        Peer peer = peers.get(path.node());
        if (peer == null || !peer.path.equals(path)) {
            if (peer != null) {
                hands.expel(path.node(), peer.path.external());
            }
            peer = new Peer(path);
            peers.put(path.node(), peer);
            hands.admit(path);
        }
        peer.hops.add(hop);
        lead(hop, peer);
    }

    private void leave(IpAddress hop, Ipv4Address node) {
        Peer peer = peers.get(node);
        if (peer != null && peer.hops.remove(hop) && peer.hops.isEmpty()) {
            peers.remove(node);
            hands.expel(node, peer.path.external());
        }
    }

    private void lead(IpAddress hop, Peer peer) {
        if (peer.devices != null && paths.get(hop) instanceof Path.Encrypted path) {
            int around = path.carriage().aroundBytes();
            hands.lead(hop, path, peer.devices, peer.mtuBytes == 0 ? 0 : peer.mtuBytes - around);
        }
    }

    /// Best paths changed.
    void routes(RibDelta delta) {
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes attributes = delta.attributes(i);
            IpAddress hop = attributes == null ? null : attributes.nextHop();
            boolean native_ = hop == null || paths.get(hop) instanceof Path.Native;
            if ((native_ && crossing.isEmpty())
                    || delta.length(i) != (delta.family().afi() == 1 ? 32 : 128)) {
                continue;
            }
            IpAddress guest = delta.address(i);
            if (!guest.equals(hop)) {
                routed(guest, native_ ? null : hop);
            }
        }
    }

    /// These guests had routes to a next hop when it was asked for.
    void guestsBehind(IpAddress hop, Collection<IpAddress> guests) {
        guests.forEach(guest -> routed(guest, hop));
    }

    /// @param hop null if the guest is in this site, or nowhere
    private void routed(IpAddress guest, @Nullable IpAddress hop) {
        IpAddress before = hop == null ? crossing.remove(guest) : crossing.put(guest, hop);
        if (before != null && !before.equals(hop)) {
            behind.computeIfPresent(before, (_, guests) -> {
                guests.remove(guest);
                return guests.isEmpty() ? null : guests;
            });
        }
        if (hop != null) {
            behind.computeIfAbsent(hop, _ -> new HashSet<>()).add(guest);
        }
        stateElsewhere(guest);
    }

    /// This node announces these, or no more.
    void here(List<Prefix> prefixes, boolean announced) {
        for (Prefix prefix : prefixes) {
            if (prefix.isHost()) {
                IpAddress address = prefix.address();
                boolean _ = announced ? here.add(address) : here.remove(address);
                stateElsewhere(address);
            }
        }
    }

    private void stateElsewhere(IpAddress guest) {
        IpAddress hop = crossing.get(guest);
        hands.elsewhere(guest, hop != null && !here.contains(guest) && isElsewhere(paths.get(hop)));
    }
}
