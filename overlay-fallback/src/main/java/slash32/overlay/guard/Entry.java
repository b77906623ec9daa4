package slash32.overlay.guard;

import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.netlink.netfilter.SetElement;

/// An address in one of the guard's sets.
record Entry(String set, IpAddress address) {
    SetElement element() {
        return SetElement.of(Bytes.copyOf(address.toArray()));
    }
}
