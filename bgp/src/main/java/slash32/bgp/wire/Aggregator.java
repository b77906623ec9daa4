package slash32.bgp.wire;

import slash32.net.Asn;
import slash32.net.Ipv4Address;

/// AGGREGATOR: who formed an aggregate (RFC 4271 §5.1.7).
public record Aggregator(Asn asn, Ipv4Address address) {
    @Override
    public String toString() {
        return asn + ":" + address;
    }
}
