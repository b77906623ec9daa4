package slash32.agent.dataplane;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.intent.EndpointId;
import slash32.net.InterfaceIndex;
import slash32.net.MacAddress;
import slash32.tap.GatewayLoop;

/// The guests that are on their way to this node, by the interface where each will be seen. Owned by thread
/// {@code kernel}.
final class Arrivals {
    private static final Logger LOG = LoggerFactory.getLogger(Arrivals.class);

    private final GatewayLoop gateway;
    private final Map<InterfaceIndex, EndpointId> awaited = new HashMap<>();

    Arrivals(GatewayLoop gateway) {
        this.gateway = gateway;
    }

    void await(InterfaceIndex link, EndpointId endpoint, MacAddress guest) {
        if (endpoint.equals(awaited.put(link, endpoint))) {
            return;
        }
        try {
            gateway.await(link, guest);
        } catch (IOException e) { // its ARP and RARP are heard all the same
            LOG.warn("endpoint={} event=hardly-awaited reason=\"{}\"", endpoint, e.getMessage());
        }
    }

    void stop(InterfaceIndex link) {
        if (awaited.remove(link) == null) {
            return;
        }
        try {
            gateway.stopAwaiting(link);
        } catch (IOException e) {
            LOG.warn("link={} event=still-awaited reason=\"{}\"", link, e.getMessage());
        }
    }

    /// Whom the interface was prepared for; null if nobody is awaited there any more.
    @Nullable
    EndpointId at(InterfaceIndex link) {
        return awaited.get(link);
    }

    Map<InterfaceIndex, EndpointId> all() {
        return Map.copyOf(awaited);
    }
}
