package slash32.bgp.wire;

import slash32.net.Ipv4Address;
import slash32.net.MacAddress;

/// An extended community of eight octets (RFC 4360 §2).
///
/// @param value the octets, the first most significant
public record ExtendedCommunity(long value) implements Comparable<ExtendedCommunity> {
    /// Administrator of two octets, an AS number (RFC 4360 §3.1).
    public static final int TWO_OCTET_AS = 0x00;
    /// Administrator of four octets, an IPv4 address (RFC 4360 §3.2).
    public static final int IPV4_ADDRESS = 0x01;
    /// Administrator of four octets, an AS number (RFC 5668 §2).
    public static final int FOUR_OCTET_AS = 0x02;
    /// RFC 4360 §3.3.
    public static final int OPAQUE = 0x03;
    /// RFC 7432 §7.
    public static final int EVPN = 0x06;

    public static final int ROUTE_TARGET = 0x02;
    public static final int ROUTE_ORIGIN = 0x03;
    private static final int ENCAPSULATION = 0x0c;
    private static final int NON_TRANSITIVE = 0x40;
    private static final int MAC_MOBILITY = 0x00;
    private static final int ES_IMPORT = 0x02;
    private static final int ROUTER_MAC = 0x03;
    private static final long STICKY = 1L << 40;

    /// The route target {@code administrator:number}, in the form of RFC 4360 if the AS number fits it, else in that of
    /// RFC 5668.
    ///
    /// @param number 32 bits beside an AS number of two octets, 16 bits beside a longer one
    public static ExtendedCommunity routeTarget(long administrator, long number) {
        return ofAs(ROUTE_TARGET, administrator, number);
    }

    /// The route origin {@code administrator:number}.
    public static ExtendedCommunity routeOrigin(long administrator, long number) {
        return ofAs(ROUTE_ORIGIN, administrator, number);
    }

    private static ExtendedCommunity ofAs(int subtype, long administrator, long number) {
        boolean two = administrator <= 0xffff;
        if (administrator < 0 || administrator > 0xffff_ffffL || number < 0 || number > (two ? 0xffff_ffffL : 0xffff)) {
            throw new IllegalArgumentException(
                    "no extended community holds " + administrator + ":" + number + ": 16 and 32 bits, or 32 and 16");
        }
        long octets = two ? administrator << 32 | number : administrator << 16 | number;
        return of(two ? TWO_OCTET_AS : FOUR_OCTET_AS, subtype, octets);
    }

    /// The route target {@code administrator:number} whose administrator is an address.
    ///
    /// @param number 0 to 65535
    public static ExtendedCommunity routeTarget(Ipv4Address administrator, int number) {
        return of(IPV4_ADDRESS, ROUTE_TARGET, (administrator.value() & 0xffff_ffffL) << 16 | (number & 0xffffL));
    }

    /// How packets for the route are encapsulated: 8 is VXLAN (RFC 9012 §4.1).
    public static ExtendedCommunity encapsulation(int tunnelType) {
        return of(OPAQUE, ENCAPSULATION, tunnelType & 0xffffL);
    }

    /// MAC mobility (RFC 7432 §7.7).
    ///
    /// @param sticky the MAC doesn't move
    public static ExtendedCommunity macMobility(boolean sticky, long sequence) {
        return of(EVPN, MAC_MOBILITY, (sticky ? STICKY : 0) | (sequence & 0xffff_ffffL));
    }

    /// The MAC of a router behind a VTEP (RFC 9135 §8.1).
    public static ExtendedCommunity routerMac(MacAddress mac) {
        return of(EVPN, ROUTER_MAC, mac.value());
    }

    private static ExtendedCommunity of(int type, int subtype, long sixOctets) {
        return new ExtendedCommunity((long) type << 56 | (long) subtype << 48 | sixOctets);
    }

    /// The first octet without the bit that says non-transitive.
    public int type() {
        return (int) (value >>> 56) & ~NON_TRANSITIVE;
    }

    public int subtype() {
        return (int) (value >>> 48) & 0xff;
    }

    /// False for one that ends at the border of the AS (RFC 4360 §2).
    public boolean isTransitive() {
        return (value >>> 56 & NON_TRANSITIVE) == 0;
    }

    public boolean isRouteTarget() {
        return isTransitive() && type() <= FOUR_OCTET_AS && subtype() == ROUTE_TARGET;
    }

    /// True for what routes are imported by: a route target, or the ES-Import target of EVPN, which counts as one
    /// (RFC 7432 §7.6).
    public boolean isImportTarget() {
        return isRouteTarget() || value >>> 48 == ((long) EVPN << 8 | ES_IMPORT);
    }

    /// The tunnel type of an encapsulation community; -1 for another one.
    public int encapsulation() {
        return value >>> 48 == ((long) OPAQUE << 8 | ENCAPSULATION) ? (int) value & 0xffff : -1;
    }

    /// The sequence number of a MAC mobility community; -1 for another one.
    public long mobilitySequence() {
        return isMacMobility() ? value & 0xffff_ffffL : -1;
    }

    public boolean isSticky() {
        return isMacMobility() && (value & STICKY) != 0;
    }

    private boolean isMacMobility() {
        return value >>> 48 == ((long) EVPN << 8 | MAC_MOBILITY);
    }

    @Override
    public int compareTo(ExtendedCommunity other) {
        return Long.compareUnsigned(value, other.value);
    }

    /// "target:65000:10", "origin:10.0.0.1:5", "encapsulation:8", "mac-mobility:7", or the octets in hexadecimal.
    @Override
    public String toString() {
        boolean administered = isTransitive() && type() <= FOUR_OCTET_AS;
        if (administered && (subtype() == ROUTE_TARGET || subtype() == ROUTE_ORIGIN)) {
            String kind = subtype() == ROUTE_TARGET ? "target:" : "origin:";
            return switch (type()) {
                case TWO_OCTET_AS -> kind + (value >>> 32 & 0xffff) + ":" + (value & 0xffff_ffffL);
                case IPV4_ADDRESS -> kind + new Ipv4Address((int) (value >>> 16)) + ":" + (value & 0xffff);
                default -> kind + (value >>> 16 & 0xffff_ffffL) + ":" + (value & 0xffff);
            };
        }
        if (encapsulation() >= 0) {
            return "encapsulation:" + encapsulation();
        }
        return isMacMobility()
                ? "mac-mobility:" + mobilitySequence() + (isSticky() ? ":sticky" : "")
                : "0x%016x".formatted(value);
    }
}
