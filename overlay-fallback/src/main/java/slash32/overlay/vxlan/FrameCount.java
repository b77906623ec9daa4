package slash32.overlay.vxlan;

import java.util.Locale;

/// What is counted of the frames that guests in segments send.
public enum FrameCount {
    /// Dropped: to the addresses that bridges speak to each other by, 01:80:c2:00:00:00 to 0f (IEEE 802.1Q).
    BPDU,
    /// Dropped: from a MAC that is not the port's, however many there are.
    SPOOFED_MAC,
    /// Dropped: from an address that is not the port's, in IP, ARP or neighbor discovery.
    SPOOFED_ADDRESS,
    /// Dropped: with a tag that the segment does not take.
    VLAN,
    /// Dropped: broadcast or multicast beyond what a port may send.
    STORM,
    /// Dropped: IP from or to a port with security groups that their rules did not judge, as long as they are not
    /// in force.
    UNJUDGED,
    /// Broadcast or multicast that the segment's flooding keeps on this node.
    SUPPRESSED,
    /// Broadcast or multicast that went to the segment's other nodes.
    FLOODED,
    /// Questions for an address, by ARP or neighbor discovery.
    QUESTIONS,
    /// Questions that no table here had an answer to.
    UNANSWERED;

    /// The kernel's name of the counter.
    String counter() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// For metrics.
    public String label() {
        return counter().replace('_', '-');
    }
}
