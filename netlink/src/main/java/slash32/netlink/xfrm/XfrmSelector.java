package slash32.netlink.xfrm;

import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;

/// The packets that a policy is for.
///
/// @param protocol of IP; 0 for any
/// @param sourcePort 0 for any
/// @param destinationPort 0 for any
public record XfrmSelector(Prefix source, Prefix destination, int protocol, int sourcePort, int destinationPort) {
    static final int BYTES = 56;
    private static final int ONE_PORT = 0xffff;

    public XfrmSelector {
        if (source.isIpv4() != destination.isIpv4()) {
            throw new IllegalArgumentException("a selector from " + source + " to " + destination);
        }
    }

    /// The same packets' answers.
    public XfrmSelector reversed() {
        return new XfrmSelector(destination, source, protocol, destinationPort, sourcePort);
    }

    /// struct xfrm_selector.
    Struct struct() {
        return Struct.of(BYTES)
                .address(0, destination.address())
                .address(16, source.address())
                .be16(32, destinationPort)
                .be16(34, destinationPort == 0 ? 0 : ONE_PORT)
                .be16(36, sourcePort)
                .be16(38, sourcePort == 0 ? 0 : ONE_PORT)
                .u16(40, Struct.family(source.address()))
                .u8(42, destination.length())
                .u8(43, source.length())
                .u8(44, protocol);
    }

    /// Null for one that {@link #struct} doesn't make: of no family, of a device, of a user, of a range of ports.
    static @Nullable XfrmSelector parse(Struct struct) {
        int family = struct.u16(40);
        int destinationPort = struct.be16(32);
        int sourcePort = struct.be16(36);
        boolean ours = (family == Xfrm.AF_INET || family == Xfrm.AF_INET6)
                && struct.be16(34) == (destinationPort == 0 ? 0 : ONE_PORT)
                && struct.be16(38) == (sourcePort == 0 ? 0 : ONE_PORT)
                && struct.u32(48) == 0
                && struct.u32(52) == 0;
        if (!ours) {
            return null;
        }
        return new XfrmSelector(
                Prefix.containing(struct.address(16, family), struct.u8(43)),
                Prefix.containing(struct.address(0, family), struct.u8(42)),
                struct.u8(44),
                sourcePort,
                destinationPort);
    }

    @Override
    public String toString() {
        return "src " + source + " dst " + destination
                + (protocol == 0 ? "" : " proto " + protocol)
                + (sourcePort == 0 ? "" : " sport " + sourcePort)
                + (destinationPort == 0 ? "" : " dport " + destinationPort);
    }
}
