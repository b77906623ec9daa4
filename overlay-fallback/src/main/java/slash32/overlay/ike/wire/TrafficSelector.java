package slash32.overlay.ike.wire;

import java.util.Optional;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// A range of addresses and ports (RFC 7296 §3.13.1) of one address family.
///
/// @param protocol of IP; 0 for any
/// @param startPort with {@code endPort} 65535 and 0 means OPAQUE: packets whose port can't be seen
public record TrafficSelector(int protocol, int startPort, int endPort, IpAddress start, IpAddress end) {
    public static final int UDP = 17;

    static final int IPV4_RANGE = 7;
    static final int IPV6_RANGE = 8;

    private static final int LAST_PORT = 65_535;

    public TrafficSelector {
        if (start.bits() != end.bits()) {
            throw new IllegalArgumentException("a range from " + start + " to " + end);
        }
    }

    /// All ports of {@code protocol} at one address.
    public static TrafficSelector of(IpAddress address, int protocol) {
        return new TrafficSelector(protocol, 0, LAST_PORT, address, address);
    }

    /// One port of {@code protocol} at one address.
    public static TrafficSelector of(IpAddress address, int protocol, int port) {
        return new TrafficSelector(protocol, port, port, address, address);
    }

    int type() {
        return start instanceof Ipv4Address ? IPV4_RANGE : IPV6_RANGE;
    }

    /// What both cover, if anything (RFC 7296 §2.9).
    public Optional<TrafficSelector> intersection(TrafficSelector other) {
        if (start.bits() != other.start.bits()
                || (protocol != 0 && other.protocol != 0 && protocol != other.protocol)) {
            return Optional.empty();
        }
        IpAddress from = start.compareTo(other.start) >= 0 ? start : other.start;
        IpAddress to = end.compareTo(other.end) <= 0 ? end : other.end;
        int low = Math.max(startPort, other.startPort);
        int high = Math.min(endPort, other.endPort);
        if (from.compareTo(to) > 0 || low > high) {
            return Optional.empty();
        }
        return Optional.of(new TrafficSelector(protocol == 0 ? other.protocol : protocol, low, high, from, to));
    }

    @Override
    public String toString() {
        String ports = startPort == 0 && endPort == LAST_PORT ? "" : " port " + startPort + "-" + endPort;
        return (start.equals(end) ? start.toString() : start + "-" + end)
                + (protocol == 0 ? "" : " protocol " + protocol)
                + ports;
    }
}
