package slash32.agent.intent;

import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;

/// The interfaces that an endpoint has in segments.
///
/// @param tenant whose endpoint it is; null for none's
/// @param ports at most 16, no device twice
public record SegmentPorts(@Nullable String tenant, List<SegmentPort> ports) {
    public static final SegmentPorts NONE = new SegmentPorts(null, List.of());
    private static final int MAX_PORTS = 16;

    public SegmentPorts {
        ports = List.copyOf(ports);
        if (ports.size() > MAX_PORTS) {
            throw new InvalidFieldException("segments", "must be at most " + MAX_PORTS + ", were " + ports.size());
        }
        var devices = new HashSet<InterfaceName>();
        for (int i = 0; i < ports.size(); i++) {
            if (!devices.add(ports.get(i).device())) {
                throw new InvalidFieldException(
                        "segments[" + i + "].device",
                        "is there twice: " + ports.get(i).device());
            }
        }
    }

    /// True if the interface is in one of the segments.
    boolean has(InterfaceName device) {
        return ports.stream().anyMatch(port -> port.device().equals(device));
    }
}
