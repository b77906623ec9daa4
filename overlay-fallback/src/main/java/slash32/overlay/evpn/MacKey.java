package slash32.overlay.evpn;

import java.util.Comparator;
import slash32.net.MacAddress;
import slash32.net.Vni;

/// A MAC in its segment.
public record MacKey(Vni vni, MacAddress mac) implements Comparable<MacKey> {
    @Override
    public int compareTo(MacKey other) {
        return Comparator.comparing(MacKey::vni).thenComparing(MacKey::mac).compare(this, other);
    }
}
