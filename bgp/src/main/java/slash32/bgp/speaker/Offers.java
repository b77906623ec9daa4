package slash32.bgp.speaker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// What there is to tell to peers: our own routes and, of a reflector, the best paths. One table for all peers: what
/// one of them knows and what waits for it are sets of the small numbers that prefixes have here. On thread {@code
/// bgp}.
final class Offers {
    /// A route.
    ///
    /// @param source the number of the peer that it is from; {@link #OWN} for ours
    /// @param origin what that peer is to us
    record Offer(PathAttributes attributes, int source, Origin origin) {}

    /// What a peer is in the reflection of routes (RFC 4456 §6).
    enum Origin {
        OURS,
        EXTERNAL,
        CLIENT,
        NON_CLIENT
    }

    static final int OWN = -1;

    private final Map<Prefix, Integer> numbers = new HashMap<>();
    private final List<Prefix> prefixes = new ArrayList<>();
    private final List<@Nullable Offer> offers = new ArrayList<>();
    private final BitSet present = new BitSet();
    /// Numbers without an offer, oldest first: used again once no peer knows them.
    private final ArrayDeque<Integer> gone = new ArrayDeque<>();

    private final IntPredicate known;

    /// An empty table.
    ///
    /// @param known whether a peer was told the prefix of this number, or is still to be told that it went
    Offers(IntPredicate known) {
        this.known = known;
    }

    /// Offers a route, or none if {@code offer} is null.
    ///
    /// @return false if that was so before
    boolean put(Prefix prefix, @Nullable Offer offer) {
        Integer number = numbers.get(prefix);
        if (number == null) {
            if (offer == null) {
                return false;
            }
            number = freshNumber(prefix);
        }
        if (Objects.equals(offers.set(number, offer), offer)) {
            return false;
        }
        present.set(number, offer != null);
        if (offer == null) {
            gone.add(number);
        }
        return true;
    }

    private int freshNumber(Prefix prefix) {
        while (!gone.isEmpty() && present.get(gone.getFirst())) {
            gone.removeFirst(); // offered again since
        }
        if (!gone.isEmpty() && !known.test(gone.getFirst())) {
            int number = gone.removeFirst();
            gone.removeIf(other -> other == number);
            numbers.remove(prefixes.get(number));
            numbers.put(prefix, number);
            prefixes.set(number, prefix);
            return number;
        }
        int number = prefixes.size();
        numbers.put(prefix, number);
        prefixes.add(prefix);
        offers.add(null);
        return number;
    }

    @Nullable
    Offer get(int number) {
        return offers.get(number);
    }

    @Nullable
    Offer get(Prefix prefix) {
        Integer number = numbers.get(prefix);
        return number == null ? null : offers.get(number);
    }

    Prefix prefix(int number) {
        return prefixes.get(number);
    }

    /// The numbers of {@code some}, without those that were never offered.
    BitSet numbers(Collection<Prefix> some) {
        var found = new BitSet();
        for (Prefix prefix : some) {
            Integer number = numbers.get(prefix);
            if (number != null) {
                found.set(number);
            }
        }
        return found;
    }

    /// The numbers of all that is offered.
    BitSet all() {
        return (BitSet) present.clone();
    }
}
