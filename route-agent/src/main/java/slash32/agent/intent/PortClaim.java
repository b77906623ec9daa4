package slash32.agent.intent;

import java.util.ArrayList;
import java.util.List;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// What only one port of a segment can have.
sealed interface PortClaim {
    record Mac(SegmentRef segment, MacAddress mac) implements PortClaim {
        @Override
        public String toString() {
            return mac + " in segment " + segment;
        }
    }

    record Address(SegmentRef segment, IpAddress address) implements PortClaim {
        @Override
        public String toString() {
            return address + " in segment " + segment;
        }
    }

    /// A claim, and the field that makes it.
    record Made(String field, PortClaim claim) {}

    /// What an endpoint claims.
    static List<Made> of(EndpointSpec spec) {
        var made = new ArrayList<Made>();
        List<SegmentPort> ports = spec.segments().ports();
        for (int i = 0; i < ports.size(); i++) {
            SegmentPort port = ports.get(i);
            made.addAll(of(port.segment(), port.mac(), port.addresses(), "segments[" + i + "]."));
        }
        return made;
    }

    /// What a port claims in its segment.
    ///
    /// @param place that the fields begin with
    static List<Made> of(SegmentRef segment, MacAddress mac, List<IpAddress> addresses, String place) {
        var made = new ArrayList<Made>();
        made.add(new Made(place + "mac", new Mac(segment, mac)));
        for (int i = 0; i < addresses.size(); i++) {
            made.add(new Made(place + "addresses[" + i + "]", new Address(segment, addresses.get(i))));
        }
        return made;
    }
}
