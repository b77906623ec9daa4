package slash32.tap;

import slash32.net.InterfaceName;
import slash32.net.IpAddress;

/// An address on or behind an interface.
public record DeviceAddress(InterfaceName device, IpAddress address) {
    @Override
    public String toString() {
        return address + " dev " + device;
    }
}
