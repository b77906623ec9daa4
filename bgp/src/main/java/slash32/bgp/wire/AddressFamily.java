package slash32.bgp.wire;

import java.util.Map;

/// An AFI and SAFI (RFC 4760 §3).
public record AddressFamily(int afi, int safi) implements Comparable<AddressFamily> {
    public static final AddressFamily IPV4_UNICAST = new AddressFamily(1, 1);
    public static final AddressFamily IPV6_UNICAST = new AddressFamily(2, 1);
    public static final AddressFamily IPV4_MULTICAST = new AddressFamily(1, 2);
    public static final AddressFamily IPV6_MULTICAST = new AddressFamily(2, 2);
    /// RFC 8277.
    public static final AddressFamily IPV4_LABELED = new AddressFamily(1, 4);
    public static final AddressFamily IPV6_LABELED = new AddressFamily(2, 4);
    /// RFC 4364.
    public static final AddressFamily IPV4_VPN = new AddressFamily(1, 128);
    /// RFC 4659.
    public static final AddressFamily IPV6_VPN = new AddressFamily(2, 128);
    /// RFC 4684.
    public static final AddressFamily RT_CONSTRAIN = new AddressFamily(1, 132);
    /// RFC 8955.
    public static final AddressFamily IPV4_FLOWSPEC = new AddressFamily(1, 133);
    /// RFC 8956.
    public static final AddressFamily IPV6_FLOWSPEC = new AddressFamily(2, 133);
    public static final AddressFamily IPV4_FLOWSPEC_VPN = new AddressFamily(1, 134);
    public static final AddressFamily IPV6_FLOWSPEC_VPN = new AddressFamily(2, 134);
    /// RFC 7432.
    public static final AddressFamily L2VPN_EVPN = new AddressFamily(25, 70);

    private static final Map<Integer, String> AFIS = Map.of(1, "ipv4", 2, "ipv6", 25, "l2vpn");
    private static final Map<Integer, String> SAFIS = Map.of(
            1,
            "unicast",
            2,
            "multicast",
            4,
            "labeled",
            70,
            "evpn",
            128,
            "vpn",
            132,
            "rtc",
            133,
            "flowspec",
            134,
            "flowspec-vpn");

    /// What a family's NLRI look like.
    enum Kind {
        PREFIX,
        LABELED,
        VPN,
        RT_CONSTRAIN,
        FLOWSPEC,
        FLOWSPEC_VPN,
        EVPN,
        /// Not known here: kept as bytes.
        OPAQUE
    }

    Kind kind() {
        if (afi == 25) {
            return safi == 70 ? Kind.EVPN : Kind.OPAQUE;
        }
        if (!isInternet()) {
            return Kind.OPAQUE;
        }
        return switch (safi) {
            case 1, 2 -> Kind.PREFIX;
            case 4 -> Kind.LABELED;
            case 128 -> Kind.VPN;
            case 132 -> afi == 1 ? Kind.RT_CONSTRAIN : Kind.OPAQUE;
            case 133 -> Kind.FLOWSPEC;
            case 134 -> Kind.FLOWSPEC_VPN;
            default -> Kind.OPAQUE;
        };
    }

    /// False for flow specifications (RFC 8955 §4).
    boolean needsNextHop() {
        return kind() != Kind.FLOWSPEC && kind() != Kind.FLOWSPEC_VPN;
    }

    /// True for the families whose NLRI are plain prefixes and which the RIB holds.
    public boolean isUnicast() {
        return safi == 1 && isInternet();
    }

    /// True if the NLRI are plain prefixes.
    public boolean isPrefixes() {
        return kind() == Kind.PREFIX;
    }

    /// True if its routes are imported by route target, so that a peer may say which it wants (RFC 4684 §6).
    public boolean isTargeted() {
        return kind() == Kind.VPN || kind() == Kind.EVPN || kind() == Kind.FLOWSPEC_VPN;
    }

    /// True if we know its routes, so that they can be told apart.
    public boolean isKnown() {
        return kind() != Kind.OPAQUE;
    }

    private boolean isInternet() {
        return afi == 1 || afi == 2;
    }

    @Override
    public int compareTo(AddressFamily other) {
        return afi != other.afi ? Integer.compare(afi, other.afi) : Integer.compare(safi, other.safi);
    }

    /// Written out: the generated one goes through method handles, which the JVM does not inline while it is cold.
    @Override
    public boolean equals(Object other) {
        return other instanceof AddressFamily that && afi == that.afi && safi == that.safi;
    }

    @Override
    public int hashCode() {
        return 31 * afi + safi;
    }

    /// As in the configuration: "ipv4-unicast".
    @Override
    public String toString() {
        return AFIS.getOrDefault(afi, "afi" + afi) + "-" + SAFIS.getOrDefault(safi, "safi" + safi);
    }
}
