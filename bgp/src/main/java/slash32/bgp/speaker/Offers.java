package slash32.bgp.speaker;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Column;
import slash32.net.IntColumn;
import slash32.net.PrefixIndex;

/// What there is to tell to peers of one family: our own routes and, of a reflector, the best paths. One table for
/// all peers, in flat arrays by the small number that a prefix has here: what peers know and what waits for them
/// are sets of those. On thread {@code bgp}.
final class Offers {
    /// What a peer is in the reflection of routes (RFC 4456 §6).
    enum Origin {
        OURS,
        EXTERNAL,
        CLIENT,
        NON_CLIENT
    }

    /// Hears that a route comes from somebody else now, which {@link #put} was told.
    interface Moves {
        void moved(int number, int before, int now);
    }

    static final int OWN = -1;
    private static final int NOBODY = -2;

    private final PrefixIndex index;
    private final IntPredicate known;
    private final Moves moves;
    private final Column<PathAttributes> attributes = new Column<>();
    private final IntColumn sources = new IntColumn();
    private final Column<Origin> origins = new Column<>();

    /// The numbers of the routes that have a target, in families that peers choose from by target.
    private final Map<ExtendedCommunity, Set<Integer>> byTarget = new HashMap<>();

    private final boolean targeted;
    private final BitSet present = new BitSet();
    /// Prefixes that came from more than one source since they got their number.
    private final BitSet moved = new BitSet();
    /// Numbers without an offer, oldest first: free once no peer knows them.
    private final ArrayDeque<Integer> gone = new ArrayDeque<>();

    private final BitSet leaving = new BitSet();

    /// An empty table.
    ///
    /// @param known whether a peer was told the prefix of this number, or is still to be told that it went
    Offers(AddressFamily family, IntPredicate known, Moves moves) {
        index = new PrefixIndex(!family.equals(AddressFamily.IPV4_UNICAST));
        this.known = known;
        this.moves = moves;
        targeted = family.isTargeted();
    }

    /// Offers a route, instead of what was offered for its prefix before.
    ///
    /// @param source the number of the peer that it is from; {@link #OWN} for ours
    /// @param origin what that peer is to us
    /// @return the prefix's number; -1 if all was so before
    int put(long high, long low, int length, PathAttributes offered, int source, Origin origin) {
        int number = index.find(high, low, length);
        if (number < 0) {
            reclaim();
            number = index.add(high, low, length);
            resize(index.capacity());
            sources.set(number, NOBODY);
            moved.clear(number);
        }
        int sourceBefore = sources.get(number);
        PathAttributes before = attributes.get(number);
        boolean same = Objects.equals(offered, before) && sourceBefore == source && origins.get(number) == origin;
        if (targeted) {
            index(number, before, offered);
        }
        attributes.set(number, offered);
        origins.set(number, origin);
        present.set(number);
        if (sourceBefore != source) {
            if (sourceBefore != NOBODY) {
                moved.set(number);
                moves.moved(number, sourceBefore, source);
            }
            sources.set(number, source);
        }
        return same ? -1 : number;
    }

    /// Offers the prefix no longer.
    ///
    /// @return its number; -1 if it was not offered
    int remove(long high, long low, int length) {
        int number = index.find(high, low, length);
        if (number < 0 || !present.get(number)) {
            return -1;
        }
        if (targeted) {
            index(number, attributes.get(number), null);
        }
        attributes.set(number, null);
        present.clear(number);
        if (!leaving.get(number)) {
            leaving.set(number);
            gone.add(number);
        }
        return number;
    }

    private void index(int number, @Nullable PathAttributes before, @Nullable PathAttributes now) {
        List<ExtendedCommunity> old = before == null ? List.of() : before.extendedCommunities();
        List<ExtendedCommunity> targets = now == null ? List.of() : now.extendedCommunities();
        if (old.equals(targets)) {
            return;
        }
        for (ExtendedCommunity target : old) {
            byTarget.computeIfPresent(
                    target, (_, numbers) -> numbers.remove(number) && numbers.isEmpty() ? null : numbers);
        }
        for (ExtendedCommunity target : targets) {
            if (target.isImportTarget()) {
                byTarget.computeIfAbsent(target, _ -> new HashSet<>()).add(number);
            }
        }
    }

    /// The numbers of what is offered and wanted by one of two only. Costs the routes of the targets in which they
    /// differ, or the table if they differ in a range.
    BitSet unlike(WantedTargets before, WantedTargets now) {
        var unlike = new BitSet();
        if (before.ranges().equals(now.ranges())) {
            before.unlike(now)
                    .forEach(target -> byTarget.getOrDefault(target, Set.of()).forEach(unlike::set));
        } else {
            unlike.or(present);
        }
        for (int number = unlike.nextSetBit(0); number >= 0; number = unlike.nextSetBit(number + 1)) {
            PathAttributes offered = attributes.get(number);
            if (offered == null || before.matches(offered) == now.matches(offered)) {
                unlike.clear(number);
            }
        }
        return unlike;
    }

    private void reclaim() {
        while (!gone.isEmpty()) {
            int oldest = gone.getFirst();
            if (!present.get(oldest)) {
                if (known.test(oldest)) {
                    return;
                }
                index.remove(oldest);
            }
            gone.removeFirst();
            leaving.clear(oldest);
        }
    }

    private void resize(int numbers) {
        attributes.resize(numbers);
        sources.resize(numbers);
        origins.resize(numbers);
    }

    /// What is offered for the prefix of this number; null if nothing is.
    @Nullable
    PathAttributes attributes(int number) {
        return attributes.get(number);
    }

    /// Where the route is from, or was from last.
    int source(int number) {
        return sources.get(number);
    }

    Origin origin(int number) {
        return Objects.requireNonNull(origins.get(number), "an offer has an origin");
    }

    /// True if a peer that it is from now may know it from another.
    boolean hasMoved(int number) {
        return moved.get(number);
    }

    long high(int number) {
        return index.high(number);
    }

    long low(int number) {
        return index.low(number);
    }

    int length(int number) {
        return index.length(number);
    }

    /// The prefix's number; -1 if it has none.
    int find(long high, long low, int length) {
        return index.find(high, low, length);
    }

    int size() {
        return index.size();
    }

    /// What the table occupies, without the attributes.
    long octets() {
        int bits = present.size() + moved.size() + leaving.size();
        return index.octets() + attributes.octets() + sources.octets() + origins.octets() + bits / Byte.SIZE;
    }

    /// The numbers of all that is offered.
    BitSet all() {
        return (BitSet) present.clone();
    }
}
