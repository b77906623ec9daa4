package slash32.tap;

import slash32.net.MacAddress;
import slash32.tap.gateway.GatewayTerms;

/// An endpoint's interface, as it is to be or as it was found.
///
/// @param endpoint whose it is; in the interface's alias
/// @param mac of the host's side: what the guest sees as its gateway
/// @param mtuBytes 1280, which IPv6 needs, to 65535
/// @param up administratively
public record TapSpec(
        String endpoint, TapOrigin origin, MacAddress mac, int mtuBytes, boolean up, InterfaceSettings settings) {

    /// An interface ready for a guest.
    ///
    /// @throws IllegalArgumentException naming what can't be
    public static TapSpec of(String endpoint, TapOrigin origin, int mtuBytes) {
        if (mtuBytes < 1280 || mtuBytes > 65_535) {
            throw new IllegalArgumentException("the MTU must be 1280 to 65535, was " + mtuBytes);
        }
        if (!TapMark.canName(endpoint)) {
            throw new IllegalArgumentException("an endpoint's id must have 1 to " + TapMark.MAX_ENDPOINT
                    + " printable ASCII characters without blanks, was '" + endpoint + "'");
        }
        return new TapSpec(endpoint, origin, GatewayTerms.GATEWAY_MAC, mtuBytes, true, InterfaceSettings.GUEST_FACING);
    }
}
