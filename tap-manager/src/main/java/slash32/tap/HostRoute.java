package slash32.tap;

import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;

/// The route to one of a guest's addresses, out of its interface.
///
/// @param priority lower wins; below that of every remote route to the same address, so that the guest next door is
///     preferred over the same guest elsewhere
/// @param preferredSource what the node itself talks to the guest from, in its errors too; null to let the kernel
/// choose
public record HostRoute(
        InterfaceName device, int priority, @Nullable IpAddress preferredSource) {
    /// Of every host route.
    public static final int PRIORITY = 64;

    public static HostRoute of(InterfaceName device, @Nullable IpAddress preferredSource) {
        return new HostRoute(device, PRIORITY, preferredSource);
    }
}
