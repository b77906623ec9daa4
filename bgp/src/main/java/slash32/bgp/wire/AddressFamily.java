package slash32.bgp.wire;

/// An AFI and SAFI (RFC 4760 §3).
public record AddressFamily(int afi, int safi) implements Comparable<AddressFamily> {
    public static final AddressFamily IPV4_UNICAST = new AddressFamily(1, 1);
    public static final AddressFamily IPV6_UNICAST = new AddressFamily(2, 1);

    /// True for the families whose NLRI are plain prefixes and which the RIB holds.
    public boolean isUnicast() {
        return equals(IPV4_UNICAST) || equals(IPV6_UNICAST);
    }

    @Override
    public int compareTo(AddressFamily other) {
        return afi != other.afi ? Integer.compare(afi, other.afi) : Integer.compare(safi, other.safi);
    }

    /// As in the configuration: "ipv4-unicast".
    @Override
    public String toString() {
        return (afi == 1 ? "ipv4" : afi == 2 ? "ipv6" : "afi" + afi) + (safi == 1 ? "-unicast" : "-safi" + safi);
    }
}
