package slash32.agent.intent;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.agent.api.Problem;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.overlay.evpn.Gateway;
import slash32.overlay.evpn.GatewayAddress;
import slash32.overlay.evpn.Port;

/// The gateways of this node's segments, and what speaks against another: each routes prefixes of the fabric, so that
/// an address in one is in that segment and nowhere else.
final class Gateways {
    private final Node node;
    private final Map<SegmentId, Gateway> all = new LinkedHashMap<>();

    Gateways(Node node) {
        this.node = node;
    }

    /// Makes these the gateways that there are.
    void are(Map<SegmentId, Gateway> gateways) {
        all.clear();
        gateways.forEach((id, gateway) -> {
            if (gateway.isThere()) {
                all.put(id, gateway);
            }
        });
    }

    Gateway of(SegmentId id) {
        return all.getOrDefault(id, Gateway.NONE);
    }

    /// Why a segment may not have a gateway.
    ///
    /// @param ports that the segment has here
    /// @param addresses of routed endpoints
    @Nullable
    Problem refusal(SegmentId id, Gateway wanted, List<Port> ports, Map<Prefix, EndpointId> addresses) {
        for (int i = 0; i < wanted.addresses().size(); i++) {
            Problem problem = refusal(wanted.addresses().get(i), "gateway[" + i + "]", addresses);
            if (problem != null) {
                return problem;
            }
        }
        String overlap = overlap(id, wanted);
        if (overlap != null) {
            return Problem.taken("gateway", overlap);
        }
        for (Port port : ports) {
            String reason = refusal(wanted, port.addresses());
            if (reason != null) {
                return Problem.inUse("gateway", "segment " + id + " has port " + port.device() + " here: " + reason);
            }
        }
        return null;
    }

    private @Nullable String overlap(SegmentId id, Gateway wanted) {
        for (Map.Entry<SegmentId, Gateway> other : all.entrySet()) {
            Prefix common = other.getKey().equals(id) ? null : wanted.overlap(other.getValue());
            if (common != null) {
                return common + " overlaps the gateway of segment " + other.getKey();
            }
        }
        return null;
    }

    /// Why a segment of a file may not have a gateway; null if it may, as far as the file itself does not tell.
    ///
    /// @param addresses of routed endpoints
    @Nullable
    String refusal(SegmentId id, Gateway wanted, Map<Prefix, EndpointId> addresses) {
        String overlap = overlap(id, wanted);
        return overlap != null
                ? overlap
                : wanted.addresses().stream()
                        .flatMap(address -> Stream.ofNullable(held(address.prefix(), addresses)))
                        .findFirst()
                        .orElse(null);
    }

    private @Nullable Problem refusal(GatewayAddress wanted, String field, Map<Prefix, EndpointId> addresses) {
        Prefix prefix = wanted.prefix();
        IpAddress underlay = node.underlayFor(wanted.address());
        if (underlay == null) {
            return Problem.invalid(field, wanted + " needs an IPv6 underlay address (underlay.address6)");
        }
        if (prefix.contains(underlay)) {
            return Problem.taken(field, prefix + " has this node's own underlay address in it, " + underlay);
        }
        AdminNetwork admin = node.admin();
        if (admin != null && (admin.network().covers(prefix) || prefix.covers(admin.network()))) {
            return Problem.taken(
                    field,
                    prefix + " overlaps the admin network " + admin.network() + ", which is for hypervisors alone");
        }
        if (!node.isForEndpoints(prefix)) {
            return Problem.invalid(field, prefix + " is in none of this node's endpointPrefixes");
        }
        String held = held(prefix, addresses);
        return held == null ? null : Problem.taken(field, held);
    }

    private static @Nullable String held(Prefix prefix, Map<Prefix, EndpointId> addresses) {
        return addresses.entrySet().stream()
                .filter(each -> prefix.covers(each.getKey()))
                .sorted(Map.Entry.comparingByKey())
                .findFirst()
                .map(each -> prefix + " has " + each.getKey() + " of endpoint " + each.getValue() + " in it")
                .orElse(null);
    }

    private static @Nullable String refusal(Gateway gateway, Collection<IpAddress> addresses) {
        for (IpAddress address : addresses) {
            String reason = gateway.refusal(address);
            if (reason != null) {
                return reason;
            }
        }
        return null;
    }

    /// Why a port with these addresses may not be in a segment.
    ///
    /// @param at where the port's fields are
    @Nullable
    Problem refusal(SegmentId id, List<IpAddress> addresses, String at) {
        Gateway gateway = of(id);
        for (int i = 0; i < addresses.size() && gateway.isThere(); i++) {
            String reason = gateway.refusal(addresses.get(i));
            if (reason != null) {
                return Problem.invalid(at + "addresses[" + i + "]", "in segment " + id + " " + reason);
            }
        }
        return null;
    }

    /// Why no routed endpoint may have this address; null if one may.
    @Nullable
    String holder(Prefix address) {
        for (Map.Entry<SegmentId, Gateway> each : all.entrySet()) {
            Prefix prefix = each.getValue().prefixOf(address.address());
            if (prefix != null) {
                return address + " is in " + prefix + " of the gateway of segment " + each.getKey();
            }
        }
        return null;
    }
}
