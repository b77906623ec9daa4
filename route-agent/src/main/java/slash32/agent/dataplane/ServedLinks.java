package slash32.agent.dataplane;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.agent.intent.EndpointSpec;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Prefix;
import slash32.tap.GatewayLoop;
import slash32.tap.gateway.GatewayTerms;

/// The interfaces that the gateway answers on. Owned by thread {@code kernel}.
final class ServedLinks {
    private final GatewayLoop gateway;
    private final Arrivals arrivals;
    private final Map<InterfaceName, InterfaceIndex> links = new HashMap<>();

    ServedLinks(GatewayLoop gateway, Arrivals arrivals) {
        this.gateway = gateway;
        this.arrivals = arrivals;
    }

    /// Null for an interface that is not served.
    @Nullable
    InterfaceIndex of(InterfaceName device) {
        return links.get(device);
    }

    /// Serves an endpoint's interface, which may be another of the same name by now.
    void serve(InterfaceIndex link, EndpointSpec spec) {
        InterfaceIndex before = links.put(spec.device(), link);
        if (before != null && !before.equals(link)) {
            end(before);
        }
        gateway.serve(link, terms(spec));
    }

    void stop(InterfaceName device) {
        InterfaceIndex link = links.remove(device);
        if (link != null) {
            end(link);
        }
    }

    private void end(InterfaceIndex link) {
        gateway.stop(link);
        arrivals.stop(link);
    }

    private static GatewayTerms terms(EndpointSpec spec) {
        return GatewayTerms.of(
                        spec.mac(),
                        spec.addresses().stream().map(Prefix::address).toList(),
                        spec.mtuBytes(),
                        spec.guest())
                .with(
                        spec.metadata() != null,
                        spec.allowedAddressPairs().stream()
                                .map(pair -> new GatewayTerms.Alias(pair.mac(), pair.prefix()))
                                .toList());
    }
}
