package slash32.agent.dataplane.fib;

import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// What packets of this host itself come from, where that is not the kernel's to choose.
///
/// @param within of IPv4: routes to what is in it
/// @param source an address of this host: while it has none, the kernel refuses these routes
public record PreferredSource(Prefix within, Ipv4Address source) {
    public PreferredSource {
        if (!within.isIpv4() || within.length() == 0) {
            throw new IllegalArgumentException("a preferred source is for a part of IPv4, not for " + within);
        }
    }
}
