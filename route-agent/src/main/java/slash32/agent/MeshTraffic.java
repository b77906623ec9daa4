package slash32.agent;

import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.Ipv4Address;
import slash32.overlay.esp.path.SaStatus;

/// How much has passed with each peer, over all its Child SAs; and since when each of those is there.
final class MeshTraffic {
    /// Looks in a row that had stray packets before somebody is asked about them: a few come late of an SA that was
    /// replaced.
    private static final int SUSTAINED = 2;

    private final Map<Integer, Instant> began = new HashMap<>();
    private final Map<Integer, Long> seen = new HashMap<>();
    private final Map<Integer, Long> received = new HashMap<>();
    private final Set<Integer> heard = new HashSet<>();
    private final Map<Ipv4Address, Long> passed = new HashMap<>();
    private long strayed;
    private int strayingLooks;

    void began(int inboundSpi, Instant now) {
        began.put(inboundSpi, now);
    }

    @Nullable
    Instant since(int inboundSpi) {
        return began.get(inboundSpi);
    }

    /// Counts what has passed since the last time.
    ///
    /// @return the packets with each peer that has an SA
    Map<Ipv4Address, Long> look(List<SaStatus> sas) {
        Set<Integer> there = new HashSet<>();
        Set<Ipv4Address> nodes = new HashSet<>();
        heard.clear();
        for (SaStatus sa : sas) {
            int spi = sa.child().inboundSpi();
            there.add(spi);
            Long receivedBefore = received.put(spi, sa.inboundPackets());
            if (sa.inboundPackets() > (receivedBefore == null ? 0 : receivedBefore)) {
                heard.add(spi);
            }
            long packets = sa.inboundPackets() + sa.outboundPackets();
            Long before = seen.put(spi, packets);
            MeshKeys.node(sa.child().peer(), node -> {
                nodes.add(node);
                passed.merge(node, packets - (before == null ? 0 : before), Long::sum);
            });
        }
        seen.keySet().retainAll(there);
        received.keySet().retainAll(there);
        began.keySet().retainAll(there);
        passed.keySet().retainAll(nodes);
        return Map.copyOf(passed);
    }

    /// The SAs, by the SPI that they receive with, on which something came between the last two looks.
    Set<Integer> heard() {
        return Set.copyOf(heard);
    }

    /// Whether ESP of SAs that are not there goes on and on, which a peer does that missed that this node began anew.
    ///
    /// @param packets of that kind so far
    boolean isStraying(long packets) {
        strayingLooks = packets > strayed ? strayingLooks + 1 : 0;
        strayed = packets;
        boolean sustained = strayingLooks >= SUSTAINED;
        strayingLooks = sustained ? 0 : strayingLooks;
        return sustained;
    }
}
