package slash32.agent;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.BfdConfig;
import slash32.bgp.bfd.BfdTerms;
import slash32.bgp.bfd.udp.BfdLoop;
import slash32.bgp.bfd.udp.BfdPeer;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// Which peers BFD watches: those that are named with it, and those of ranges with it while their session is up. Any
/// thread.
final class BfdPeers {
    private final BfdLoop loop;
    private final Set<IpAddress> established = new HashSet<>();
    private List<BfdPeer> named = List.of();
    private List<Range> ranges = List.of();

    BfdPeers(BfdLoop loop) {
        this.loop = loop;
    }

    /// The peers of a range; the first one that has an address counts.
    ///
    /// @param bfd null for none
    /// @param local that they know us by; not null if there is {@code bfd}
    record Range(
            Prefix within,
            @Nullable BfdConfig bfd,
            @Nullable IpAddress local) {}

    static BfdPeer watched(IpAddress peer, @Nullable IpAddress local, BfdConfig bfd) {
        IpAddress own = Objects.requireNonNull(local, "the config is refused without one");
        var terms = new BfdTerms(bfd.interval(), bfd.multiplier());
        return new BfdPeer(peer, own, terms, bfd.multihop(), bfd.keepRoutes());
    }

    synchronized void configure(List<BfdPeer> peers, List<Range> others) {
        named = List.copyOf(peers);
        ranges = List.copyOf(others);
        state();
    }

    /// A session came up or went.
    synchronized void sessionChanged(IpAddress peer, boolean up) {
        boolean changed = up ? established.add(peer) : established.remove(peer);
        if (changed && ranges.stream().anyMatch(range -> range.bfd() != null)) {
            state();
        }
    }

    private void state() {
        var watched = new ArrayList<>(named);
        Set<IpAddress> known = named.stream().map(BfdPeer::address).collect(Collectors.toSet());
        for (IpAddress peer : established) {
            Range range = ranges.stream()
                    .filter(each -> each.within().covers(peer.hostPrefix()))
                    .findFirst()
                    .orElse(null);
            if (range != null && range.bfd() != null && !known.contains(peer)) {
                watched.add(watched(peer, range.local(), range.bfd()));
            }
        }
        loop.configure(watched);
    }
}
