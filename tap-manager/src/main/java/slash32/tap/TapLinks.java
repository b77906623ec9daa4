package slash32.tap;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceIndex;
import slash32.net.InterfaceName;
import slash32.netlink.route.Link;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;

/// Looks interfaces up in the kernel. Keeps nothing: a name may be another interface's by now.
final class TapLinks {
    private final NetlinkSocket rtnl;

    TapLinks(NetlinkSocket rtnl) {
        this.rtnl = rtnl;
    }

    List<TapLink> all() throws IOException {
        var links = new ArrayList<TapLink>();
        rtnl.dump(Link.dump(), links::clear, message -> {
            TapLink link = TapLink.parse(message);
            if (link != null) {
                links.add(link);
            }
        });
        return links;
    }

    Map<InterfaceIndex, TapLink> byIndex() throws IOException {
        var links = new HashMap<InterfaceIndex, TapLink>();
        all().forEach(link -> links.put(link.link().index(), link));
        return links;
    }

    /// The interface of this name; null if there is none.
    @Nullable
    TapLink find(InterfaceName name) throws IOException {
        var found = new ArrayList<TapLink>(1);
        try {
            rtnl.get(Link.get(name), message -> {
                TapLink link = TapLink.parse(message);
                if (link != null) {
                    found.add(link);
                }
            });
        } catch (KernelException e) {
            if (e.is(Errno.ENODEV)) {
                return null;
            }
            throw e;
        }
        return found.isEmpty() ? null : found.getFirst();
    }
}
