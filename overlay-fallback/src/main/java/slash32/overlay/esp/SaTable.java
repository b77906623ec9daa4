package slash32.overlay.esp;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import slash32.overlay.ike.exchange.ChildSa;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

/// The SAs in force: by SPI for what comes, by selectors for what goes. Immutable; a change makes another, with the
/// same SAs: what has sent once goes on counting where it was, for a sequence number must not come twice under a
/// key.
public final class SaTable {
    /// No SA at all.
    public static final SaTable EMPTY = new SaTable(Map.of(), Map.of());

    private final Map<Integer, Receiver> installed;
    /// Of each peer the inbound SPI of what it is sent on.
    private final Map<Identity, Integer> used;
    private final int[] spis;
    private final Receiver[] receivers;
    private final Row[] rows;
    /// The IPv4 addresses that are identities of peers that are sent to, in order; {@code senders} are theirs.
    private final int[] nodes;

    private final Receiver[] senders;

    /// Both directions, and what of: a peer sends nothing but what was agreed (RFC 4301 §5.2).
    private record Receiver(InboundSa sa, OutboundSa out, List<SelectorPair> pairs) {}

    /// In order of the first remote address.
    ///
    /// @param reachHigh with {@code reachLow} the last remote address of this row and all before it
    private record Row(SelectorPair pair, OutboundSa sa, long reachHigh, long reachLow) {}

    private SaTable(Map<Integer, Receiver> installed, Map<Identity, Integer> used) {
        this.installed = installed;
        this.used = used;
        int size = 4 * Integer.highestOneBit(installed.size() + 1);
        spis = new int[size];
        receivers = new Receiver[size];
        installed.forEach((spi, receiver) -> {
            int slot = slot(spi);
            spis[slot] = spi;
            receivers[slot] = receiver;
        });
        rows = rows(used.values().stream().map(installed::get).toList());
        List<Map.Entry<Identity, Integer>> byNode = used.entrySet().stream()
                .filter(one -> one.getKey().type() == Identity.IPV4)
                .sorted(Comparator.comparingInt((Map.Entry<Identity, Integer> one) -> node(one.getKey())))
                .toList();
        nodes = byNode.stream().mapToInt(one -> node(one.getKey())).toArray();
        senders = byNode.stream().map(one -> installed.get(one.getValue())).toArray(Receiver[]::new);
    }

    private static int node(Identity identity) {
        return EspCipher.intAt(identity.value().toArray(), 0);
    }

    private static Row[] rows(Collection<Receiver> senders) {
        var found = new ArrayList<Row>();
        for (Receiver one : senders) {
            one.pairs.forEach(pair -> found.add(new Row(pair, one.out, pair.remote.endHigh, pair.remote.endLow)));
        }
        found.sort(Comparator.comparing(Row::pair, SaTable::byRemote));
        for (int i = 1; i < found.size(); i++) {
            Row before = found.get(i - 1);
            Row row = found.get(i);
            if (SelectorPair.compare(before.reachHigh, before.reachLow, row.reachHigh, row.reachLow) > 0) {
                found.set(i, new Row(row.pair, row.sa, before.reachHigh, before.reachLow));
            }
        }
        return found.toArray(Row[]::new);
    }

    /// Of two that begin alike the narrower is the later, which is looked at first.
    private static int byRemote(SelectorPair one, SelectorPair other) {
        int start = SelectorPair.compare(
                one.remote.startHigh, one.remote.startLow, other.remote.startHigh, other.remote.startLow);
        return start != 0
                ? start
                : SelectorPair.compare(
                        other.remote.endHigh, other.remote.endLow, one.remote.endHigh, one.remote.endLow);
    }

    private static List<SelectorPair> pairs(ChildSa child) {
        var pairs = new ArrayList<SelectorPair>();
        for (TrafficSelector local : child.local()) {
            for (TrafficSelector remote : child.remote()) {
                pairs.add(new SelectorPair(local, remote));
            }
        }
        return pairs;
    }

    /// The place of {@code spi}, or the free one where it would be; 0 is no SPI (RFC 4303 §2.1).
    private int slot(int spi) {
        int slot = ((spi * 0x9e37_79b9) >>> 16) & (spis.length - 1);
        while (spis[slot] != 0 && spis[slot] != spi) {
            slot = (slot + 1) & (spis.length - 1);
        }
        return slot;
    }

    /// The SA that receives with {@code spi}.
    public @Nullable InboundSa inbound(int spi) {
        Receiver receiver = receivers[slot(spi)];
        return receiver == null ? null : receiver.sa;
    }

    /// Whether a packet that came with {@code spi} is one that was agreed on.
    public boolean isAgreed(int spi, InnerPacket packet) {
        Receiver receiver = receivers[slot(spi)];
        if (receiver != null) {
            for (SelectorPair pair : receiver.pairs) {
                if (pair.coversInbound(packet)) {
                    return true;
                }
            }
        }
        return false;
    }

    /// The SA for {@code packet}, the one with the narrowest range if there are several; null if it must not leave.
    public @Nullable OutboundSa outbound(InnerPacket packet) {
        int from = 0;
        int to = rows.length;
        while (from < to) { // the first row that begins behind the destination
            int middle = (from + to) >>> 1;
            SelectorPair.End remote = rows[middle].pair.remote;
            if (SelectorPair.compare(remote.startHigh, remote.startLow, packet.destinationHigh, packet.destinationLow)
                    <= 0) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        for (int i = from - 1; i >= 0; i--) {
            Row row = rows[i];
            if (SelectorPair.compare(row.reachHigh, row.reachLow, packet.destinationHigh, packet.destinationLow) < 0) {
                return null;
            }
            if (row.pair.coversOutbound(packet)) {
                return row.sa;
            }
        }
        return null;
    }

    /// The SA for {@code packet} to the peer whose identity is this IPv4 address; null if it must not leave.
    public @Nullable OutboundSa outboundTo(int node, InnerPacket packet) {
        int found = Arrays.binarySearch(nodes, node);
        if (found < 0) {
            return null;
        }
        for (SelectorPair pair : senders[found].pairs) {
            if (pair.coversOutbound(packet)) {
                return senders[found].out;
            }
        }
        return null;
    }

    /// This and {@code child} to receive on.
    public SaTable receiving(ChildSa child) {
        var more = new HashMap<>(installed);
        more.putIfAbsent(child.inboundSpi(), new Receiver(new InboundSa(child), new OutboundSa(child), pairs(child)));
        return new SaTable(more, used);
    }

    /// This with {@code child}, which receives already, to send on in place of all others of its peer.
    public SaTable sending(ChildSa child) {
        if (!installed.containsKey(child.inboundSpi())) {
            throw new IllegalArgumentException("not received on: " + child);
        }
        var more = new HashMap<>(used);
        more.put(child.peer(), child.inboundSpi());
        return new SaTable(installed, more);
    }

    /// This without {@code child}.
    public SaTable without(ChildSa child) {
        var less = new HashMap<>(installed);
        less.remove(child.inboundSpi());
        var lessUsed = new HashMap<>(used);
        lessUsed.remove(child.peer(), child.inboundSpi());
        return new SaTable(less, lessUsed);
    }

    /// All that are received on.
    public List<InboundSa> inbound() {
        return installed.values().stream().map(Receiver::sa).toList();
    }

    /// The other directions of {@link #inbound}, in the same order, used or not.
    public List<OutboundSa> outbound() {
        return installed.values().stream().map(Receiver::out).toList();
    }

    /// Whether it is what its peer is sent on.
    public boolean isUsed(OutboundSa sa) {
        return Objects.equals(used.get(sa.child().peer()), sa.child().inboundSpi());
    }
}
