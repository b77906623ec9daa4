package slash32.overlay.esp;

import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.overlay.ike.wire.TrafficSelector;

/// One local and one remote traffic selector of an SA, as numbers.
final class SelectorPair {
    private static final int LAST_PORT = 65_535;

    final End local;
    final End remote;

    /// A range of addresses and ports.
    static final class End {
        final long startHigh;
        final long startLow;
        final long endHigh;
        final long endLow;
        private final int protocol;
        private final int startPort;
        private final int endPort;

        End(TrafficSelector selector) {
            startHigh = high(selector.start());
            startLow = low(selector.start());
            endHigh = high(selector.end());
            endLow = low(selector.end());
            protocol = selector.protocol();
            startPort = selector.startPort();
            endPort = selector.endPort();
        }

        private static long high(IpAddress address) {
            return address instanceof Ipv6Address v6 ? v6.high() : 0;
        }

        private static long low(IpAddress address) {
            return switch (address) {
                case Ipv4Address v4 -> InnerPacket.MAPPED | (v4.value() & 0xffff_ffffL);
                case Ipv6Address v6 -> v6.low();
            };
        }

        boolean covers(long high, long low, int ofProtocol, int port) {
            if (compare(high, low, startHigh, startLow) < 0 || compare(high, low, endHigh, endLow) > 0) {
                return false;
            }
            if (protocol != 0 && protocol != ofProtocol) {
                return false;
            }
            // A port that can't be seen needs a selector of all ports, or of OPAQUE ones (RFC 7296 §3.13.1).
            return port >= 0
                    ? port >= startPort && port <= endPort
                    : (startPort == 0 || startPort == LAST_PORT) && (endPort == LAST_PORT || endPort == 0);
        }
    }

    SelectorPair(TrafficSelector local, TrafficSelector remote) {
        this.local = new End(local);
        this.remote = new End(remote);
    }

    boolean coversOutbound(InnerPacket packet) {
        return remote.covers(packet.destinationHigh, packet.destinationLow, packet.protocol, packet.destinationPort)
                && local.covers(packet.sourceHigh, packet.sourceLow, packet.protocol, packet.sourcePort);
    }

    boolean coversInbound(InnerPacket packet) {
        return remote.covers(packet.sourceHigh, packet.sourceLow, packet.protocol, packet.sourcePort)
                && local.covers(packet.destinationHigh, packet.destinationLow, packet.protocol, packet.destinationPort);
    }

    static int compare(long oneHigh, long oneLow, long otherHigh, long otherLow) {
        int high = Long.compareUnsigned(oneHigh, otherHigh);
        return high != 0 ? high : Long.compareUnsigned(oneLow, otherLow);
    }
}
