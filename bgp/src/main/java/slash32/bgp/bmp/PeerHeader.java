package slash32.bgp.bmp;

import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// The per-peer header (RFC 7854 §4.2): whose routes a message is about, and out of which RIB.
///
/// @param type {@link #GLOBAL}, {@link #LOC_RIB}, or a VPN's or local instance's
/// @param flags as they stand, but {@link #IPV6}, which the address says
/// @param distinguisher of a VPN's peer; else 0
/// @param address the peer's; 0.0.0.0 for the Loc-RIB
/// @param asn 0 to 4294967295
/// @param identifier the peer's BGP Identifier
/// @param seconds since 1970 when the routes came, or the session's state changed; 0 if that is not known
public record PeerHeader(
        int type,
        int flags,
        long distinguisher,
        IpAddress address,
        long asn,
        int identifier,
        long seconds,
        long micros) {
    public static final int GLOBAL = 0;
    /// RFC 9069 §4.1.
    public static final int LOC_RIB = 3;

    /// The address is an IPv6 one.
    static final int IPV6 = 0x80;
    /// Of a Loc-RIB: some of its routes are not told (RFC 9069 §4.2).
    public static final int FILTERED = 0x80;
    /// After import policy, or, with {@link #ADJ_RIB_OUT}, after export policy.
    public static final int POST_POLICY = 0x40;
    /// AS_PATH has AS numbers of two octets.
    public static final int TWO_OCTET_AS = 0x20;
    /// RFC 8671 §4.
    public static final int ADJ_RIB_OUT = 0x10;

    static final int BYTES = 42;

    /// The same with this flag.
    public PeerHeader with(int flag) {
        return new PeerHeader(type, flags | flag, distinguisher, address, asn, identifier, seconds, micros);
    }

    /// The address field: an IPv4 address is at its end.
    Bytes addressField() {
        byte[] field = new byte[16];
        byte[] octets = address.toArray();
        System.arraycopy(octets, 0, field, 16 - octets.length, octets.length);
        return Bytes.copyOf(field);
    }

    static IpAddress address(int type, int flags, Bytes field) {
        boolean ipv6 = type != LOC_RIB && (flags & IPV6) != 0;
        byte[] octets = field.toArray();
        return ipv6 ? IpAddress.of(octets) : Ipv4Address.of(java.util.Arrays.copyOfRange(octets, 12, 16));
    }
}
