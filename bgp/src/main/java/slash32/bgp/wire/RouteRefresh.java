package slash32.bgp.wire;

/// ROUTE-REFRESH (RFC 2918 §3, RFC 7313 §3.2).
///
/// @param subtype 0 to 255; one that is none of the constants is ignored (RFC 7313 §5)
public record RouteRefresh(AddressFamily family, int subtype) implements Message {
    public static final int REQUEST = 0;
    public static final int BEGIN = 1;
    public static final int END = 2;

    /// Asks the peer to advertise {@code family} again.
    public RouteRefresh(AddressFamily family) {
        this(family, REQUEST);
    }
}
