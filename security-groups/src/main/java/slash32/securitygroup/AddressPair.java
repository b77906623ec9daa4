package slash32.securitygroup;

import static slash32.securitygroup.InvalidRuleException.require;

import slash32.net.MacAddress;
import slash32.net.Prefix;

/// Addresses that an endpoint may send as besides its own, and the MAC with which (Neutron's allowed address pair).
///
/// @param prefix one address, or many
public record AddressPair(Prefix prefix, MacAddress mac) {
    public AddressPair {
        require(!mac.isGroup() && mac.value() != 0, "mac", "must be a unicast address, was " + mac);
    }
}
