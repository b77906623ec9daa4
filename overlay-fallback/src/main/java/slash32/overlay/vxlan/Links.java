package slash32.overlay.vxlan;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.net.Vni;
import slash32.netlink.route.BridgePort;
import slash32.netlink.route.Link;
import slash32.netlink.route.VxlanTerms;
import slash32.netlink.socket.NetlinkSocket;

/// The links of this node at a moment, and which of them are segments'.
final class Links {
    private final Map<InterfaceName, Seen> byName = new HashMap<>();
    private final Map<InterfaceIndex, Seen> byIndex = new HashMap<>();
    private final Map<InterfaceIndex, Vni> bridges = new HashMap<>();

    /// A link with what it is for and how it is a port.
    record Seen(
            Link link, @Nullable VxlanTerms terms, @Nullable BridgePort port) {
        /// The segment whose device it is; null if it is none.
        @Nullable
        Vni segment() {
            for (int colon = link.alias().lastIndexOf(':'); colon > 0; colon = 0) {
                String number = link.alias().substring(colon + 1);
                if (number.matches("[1-9][0-9]{0,7}")) {
                    int value = Integer.parseInt(number);
                    if (value <= 0xff_ffff && link.alias().equals(SegmentDevices.mark(new Vni(value)))) {
                        return new Vni(value);
                    }
                }
            }
            return null;
        }
    }

    private Links() {}

    static Links read(NetlinkSocket rtnl) throws IOException {
        var links = new Links();
        rtnl.dump(Link.dump(), links::clear, message -> {
            Link link = Link.parse(message);
            if (link != null) {
                links.add(new Seen(link, VxlanTerms.parse(message), BridgePort.parse(message)));
            }
        });
        return links;
    }

    private void clear() {
        byName.clear();
        byIndex.clear();
        bridges.clear();
    }

    private void add(Seen seen) {
        byName.put(seen.link().name(), seen);
        byIndex.put(seen.link().index(), seen);
        Vni segment = seen.segment();
        if (segment != null && seen.link().name().equals(SegmentDevices.bridge(segment))) {
            bridges.put(seen.link().index(), segment);
        }
    }

    /// The link is like this now, or gone.
    void update(Link link, boolean there) {
        Seen before = byIndex.remove(link.index());
        if (before != null) {
            byName.remove(before.link().name(), before);
            bridges.remove(link.index());
        }
        if (there) {
            add(new Seen(link, null, null));
        }
    }

    Iterable<Seen> all() {
        return byName.values();
    }

    @Nullable
    Seen find(InterfaceName name) {
        return byName.get(name);
    }

    @Nullable
    Seen find(InterfaceIndex index) {
        return byIndex.get(index);
    }

    /// Our device of this name; null if there is none, or it is somebody else's.
    @Nullable
    Seen ours(InterfaceName name, Vni vni) {
        Seen seen = byName.get(name);
        return seen != null && vni.equals(seen.segment()) ? seen : null;
    }

    /// True for a link that nobody marked or brought up: we made it, and were stopped before we could.
    boolean isHalfMade(InterfaceName name) {
        Seen seen = byName.get(name);
        return seen != null && seen.link().alias().isEmpty() && !seen.link().up();
    }

    @Nullable
    Seen bridge(Vni vni) {
        return ours(SegmentDevices.bridge(vni), vni);
    }

    /// The segment whose bridge the link is; null if it is none.
    @Nullable
    Vni segmentOfBridge(InterfaceIndex index) {
        return bridges.get(index);
    }

    @Nullable
    Seen vxlan(Vni vni) {
        return ours(SegmentDevices.vxlan(vni), vni);
    }

    /// The segment whose bridge the link is a port of; null if it is in none.
    @Nullable
    Vni segmentOfPort(Seen seen) {
        InterfaceIndex master = seen.link().master();
        return master == null ? null : bridges.get(master);
    }

    /// True if what the way leads through is there.
    boolean has(Way way) {
        return way.link() == null || byIndex.containsKey(way.link());
    }

    boolean isVxlan(Seen seen, Vni vni) {
        return seen.link().name().equals(SegmentDevices.vxlan(vni));
    }
}
