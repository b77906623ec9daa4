package slash32.bgp.speaker.monitor;

import java.time.Duration;
import java.util.Set;
import slash32.net.IpAddress;

/// A monitoring station as configured: we connect to it.
///
/// @param ribs what it is told, at least one
/// @param statistics between two reports; zero for none
public record BmpStation(IpAddress address, int port, Set<MonitoredRib> ribs, Duration statistics) {
    public BmpStation {
        ribs = Set.copyOf(ribs);
        if (ribs.isEmpty()) {
            throw new IllegalArgumentException("a station is told of at least one RIB");
        }
    }

    @Override
    public String toString() {
        return address.isIpv4() ? address + ":" + port : "[" + address + "]:" + port;
    }
}
