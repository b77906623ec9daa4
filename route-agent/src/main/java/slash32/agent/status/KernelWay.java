package slash32.agent.status;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;

/// Where the kernel sends a packet next, as its routes and neighbours are now.
///
/// @param device null if there is no way
/// @param gateway null for an address on the link itself
/// @param mac of the gateway, or of the address; null while nobody knows
/// @param neighbor what the kernel thinks of that MAC: reachable, stale, permanent …; empty without a way
/// @param failure why there is no way; null if there is one
public record KernelWay(
        @Nullable InterfaceName device,
        @Nullable IpAddress gateway,
        @Nullable MacAddress mac,
        String neighbor,
        @Nullable String failure) {
    public static KernelWay none(String failure) {
        return new KernelWay(null, null, null, "", failure);
    }

    /// {@code via 10.0.0.12 on up0, 52:54:00:00:00:0b (reachable)}
    @Override
    public String toString() {
        if (device == null) {
            return "no way: " + failure;
        }
        return (gateway == null ? "" : "via " + gateway + " ") + "on " + device + ", "
                + (mac == null ? "no MAC" : mac.toString()) + " (" + neighbor + ")";
    }
}
