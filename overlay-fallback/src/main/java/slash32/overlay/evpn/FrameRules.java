package slash32.overlay.evpn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.NumberRange;

/// Which frames a segment takes from its ports, beside those that are forged.
///
/// @param vlans the 802.1Q tags that its guests may use inside it, 1 to 4094; empty for none
/// @param multicastPerSecond broadcast and multicast frames that each port may send; null for any number
public record FrameRules(List<NumberRange> vlans, @Nullable Integer multicastPerSecond) {
    public static final NumberRange ALL_VLANS = new NumberRange(1, 4094);
    public static final FrameRules ANY = new FrameRules(List.of(ALL_VLANS), null);

    public FrameRules {
        vlans = List.copyOf(vlans);
        for (NumberRange range : vlans) {
            if (range.first() < ALL_VLANS.first() || range.last() > ALL_VLANS.last()) {
                throw new IllegalArgumentException("VLANs are 1 to 4094, not " + range);
            }
        }
        if (multicastPerSecond != null && multicastPerSecond < 1) {
            throw new IllegalArgumentException("a limit of " + multicastPerSecond + " frames a second lets none pass");
        }
    }

    /// True if a guest's tags are its own business.
    public boolean takesAnyVlan() {
        return vlans.contains(ALL_VLANS);
    }
}
