package slash32.bgp.speaker;

import slash32.net.IpAddress;
import slash32.net.Prefix;

/// Peers that are not configured one by one: whoever connects from a prefix.
///
/// @param within where they connect from
/// @param template what each of them is; its address is not used, and they are never dialled
/// @param max at a time; more are refused
public record PeerRange(Prefix within, PeerConfig template, int max) {
    public PeerRange {
        if (max < 1) {
            throw new IllegalArgumentException("a range must allow at least one peer, was " + max);
        }
    }

    PeerConfig peer(IpAddress address) {
        return template.at(address);
    }
}
