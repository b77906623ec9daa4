package slash32.bgp.wire;

import java.util.Comparator;

/// An AFI/SAFI pair (RFC 4760 §3).
///
/// @param afi 0 to 65535
/// @param safi 0 to 255
public record AddressFamily(int afi, int safi) implements Comparable<AddressFamily> {
    public static final AddressFamily IPV4_UNICAST = new AddressFamily(1, 1);
    public static final AddressFamily IPV6_UNICAST = new AddressFamily(2, 1);
    public static final AddressFamily L2VPN_EVPN = new AddressFamily(25, 70);

    private static final Comparator<AddressFamily> ORDER =
            Comparator.comparingInt(AddressFamily::afi).thenComparingInt(AddressFamily::safi);

    public AddressFamily {
        if (afi < 0 || afi > 0xffff || safi < 0 || safi > 0xff) {
            throw new IllegalArgumentException("not an address family: AFI " + afi + " SAFI " + safi);
        }
    }

    /// The constant where there is one, so that a received family costs nothing to keep.
    static AddressFamily of(int afi, int safi) {
        if (safi == 1 && afi == 1) {
            return IPV4_UNICAST;
        }
        return safi == 1 && afi == 2 ? IPV6_UNICAST : new AddressFamily(afi, safi);
    }

    @Override
    public int compareTo(AddressFamily other) {
        return ORDER.compare(this, other);
    }

    /// "ipv4-unicast" as in the configuration; "afi-A/safi-S" for a family without a name here.
    @Override
    public String toString() {
        if (equals(IPV4_UNICAST)) {
            return "ipv4-unicast";
        }
        if (equals(IPV6_UNICAST)) {
            return "ipv6-unicast";
        }
        return equals(L2VPN_EVPN) ? "l2vpn-evpn" : "afi-" + afi + "/safi-" + safi;
    }
}
