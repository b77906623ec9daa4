package slash32.overlay.guard;

import slash32.net.InterfaceName;

/// By what packets leave to other sites, sealed.
public sealed interface Way {
    /// A device whose packets a process seals.
    record Device(InterfaceName name) implements Way {}

    /// Devices of the kernel's IPsec. A packet that one of them took passes the hooks of POSTROUTING again as it is, on
    /// its way to being sealed.
    ///
    /// @param prefix that their names begin with, and no others'
    record KernelIpsec(String prefix) implements Way {}
}
