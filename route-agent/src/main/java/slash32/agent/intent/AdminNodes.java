package slash32.agent.intent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.AdminVerdict;
import slash32.agent.status.AdminView;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.overlay.choice.Path;
import slash32.securitygroup.FirstPacket;

/// Which node has which address in the admin network, as node routes say: of those alone that packets may be sent to.
final class AdminNodes {
    private final AdminNetwork own;
    private final Ipv4Address underlay;
    private final Map<Ipv4Address, Claim> claims = new TreeMap<>();
    /// The nodes that claim an address.
    private final Map<Ipv4Address, TreeSet<Ipv4Address>> holders = new HashMap<>();

    private record Claim(Ipv4Address address, boolean crosses) {}

    AdminNodes(AdminNetwork own, Ipv4Address underlay) {
        this.own = own;
        this.underlay = underlay;
    }

    /// The node route of {@code node} claims {@code address}.
    ///
    /// @param address null if it claims none, or the node route is gone
    /// @param path to the node, by the same node route
    void nodeRoute(IpAddress node, @Nullable Ipv4Address address, Path path, Consumer<? super Effect> effects) {
        if (!(node instanceof Ipv4Address known) || known.equals(underlay)) {
            return;
        }
        Claim now = address == null || path instanceof Path.Refused
                ? null
                : new Claim(address, path instanceof Path.Encrypted);
        Claim before = now == null ? claims.remove(known) : claims.put(known, now);
        Set<Ipv4Address> changed = new HashSet<>();
        if (before != null && !before.equals(now)) {
            holders.computeIfPresent(before.address, (_, nodes) -> {
                nodes.remove(known);
                return nodes.isEmpty() ? null : nodes;
            });
            changed.add(before.address);
        }
        if (now != null && !now.equals(before)) {
            holders.computeIfAbsent(now.address, _ -> new TreeSet<>()).add(known);
            changed.add(now.address);
        }
        changed.stream()
                .filter(own.network()::contains)
                .forEach(each -> effects.accept(new Effect.AdminAddress(each, nodes(each, false), nodes(each, true))));
    }

    private List<Ipv4Address> nodes(Ipv4Address address, boolean crosses) {
        return holders.getOrDefault(address, new TreeSet<>()).stream()
                .filter(node -> Objects.requireNonNull(claims.get(node)).crosses == crosses)
                .toList();
    }

    AdminView view() {
        var nodes = new ArrayList<AdminView.Node>();
        claims.forEach((node, claim) -> {
            if (own.network().contains(claim.address)) {
                nodes.add(new AdminView.Node(claim.address, node, claim.crosses));
            }
        });
        return new AdminView(own.address(), own.network(), nodes, problems());
    }

    private List<String> problems() {
        var problems = new ArrayList<String>();
        new TreeMap<>(holders).forEach((address, nodes) -> {
            if (address.equals(own.address())) {
                problems.add(address + " is this node's and also " + list(nodes) + "'s");
            } else if (nodes.size() > 1) {
                problems.add(address + " is the address of several nodes: " + list(nodes));
            } else if (!own.network().contains(address)) {
                problems.add(address + " of " + list(nodes) + " is not in " + own.network());
            }
        });
        return problems;
    }

    private static String list(Set<Ipv4Address> nodes) {
        return nodes.stream().map(Object::toString).collect(Collectors.joining(", "));
    }

    /// What becomes of a packet between these addresses; null if none of them is in the network.
    @Nullable
    AdminVerdict judge(FirstPacket packet) {
        boolean from = own.network().contains(packet.source());
        boolean to = own.network().contains(packet.destination());
        if (!from && !to) {
            return null;
        }
        if (own.bars(packet)) {
            return new AdminVerdict(false, "BGP, BFD and tunnels never go over the admin network");
        }
        if (!from || !to) {
            return new AdminVerdict(false, "addresses of the admin network speak to each other alone");
        }
        for (IpAddress end : List.of(packet.source(), packet.destination())) {
            if (!end.equals(own.address()) && !holders.containsKey((Ipv4Address) end)) {
                return new AdminVerdict(false, end + " is no known node's address in the admin network");
            }
        }
        return packet.source().equals(own.address()) || packet.destination().equals(own.address())
                ? new AdminVerdict(true, "between nodes, over the admin network")
                : new AdminVerdict(false, "neither is this node's address, which passes nothing on");
    }
}
