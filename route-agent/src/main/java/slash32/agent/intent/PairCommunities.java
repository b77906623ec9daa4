package slash32.agent.intent;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.LargeCommunity;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// The prefixes of allowed address pairs as large communities (docs/adr/0013).
///
/// An IPv4 prefix is one, {@code ASN:40000LL:address} in decimal digits, LL its length. An IPv6 prefix is as many
/// as its length needs words of 32 bits, {@code ASN:6NNWLLL:word}: the NN-th IPv6 prefix of the route, its W-th
/// word, its length. Communities have no order (RFC 8092 §3), so that each has to say where it belongs.
public final class PairCommunities {
    /// More of a route's IPv6 prefixes can't be told apart.
    public static final int MAX_IPV6 = 100;

    private static final long IPV4 = 4_000_000;
    private static final long IPV6 = 6_000_000;
    private static final int IPV4_BITS = 32;
    private static final int IPV6_BITS = 128;
    private static final int PER_PREFIX = 10_000;
    private static final int PER_WORD = 1_000;

    private PairCommunities() {}

    /// How many communities {@link #of} makes.
    public static int count(List<Prefix> prefixes) {
        return prefixes.stream().mapToInt(PairCommunities::words).sum();
    }

    /// What states these prefixes.
    ///
    /// @param prefixes at most {@link #MAX_IPV6} of IPv6, none twice
    public static List<LargeCommunity> of(List<Prefix> prefixes, Asn asn) {
        var communities = new ArrayList<LargeCommunity>();
        int number = 0;
        for (Prefix prefix : prefixes) {
            switch (prefix.address()) {
                case Ipv4Address v4 ->
                    communities.add(new LargeCommunity(asn.value(), IPV4 + prefix.length(), v4.value() & 0xffff_ffffL));
                case Ipv6Address v6 -> {
                    for (int word = 0; word < words(prefix); word++) {
                        long function = IPV6 + (long) number * PER_PREFIX + (long) word * PER_WORD + prefix.length();
                        communities.add(new LargeCommunity(asn.value(), function, word(v6, word)));
                    }
                    number++;
                }
            }
        }
        return communities;
    }

    /// The prefixes that these communities state whole; what contradicts itself, or has bits behind its length, states
    /// nothing.
    static List<Prefix> read(List<LargeCommunity> communities, Asn asn) {
        var prefixes = new ArrayList<Prefix>();
        Map<Long, Map<Integer, Long>> parts = new TreeMap<>();
        for (LargeCommunity community : communities) {
            if (community.administrator() != asn.value()) {
                continue;
            }
            long function = community.function();
            if (function >= IPV4 && function <= IPV4 + IPV4_BITS) {
                add(prefixes, new Ipv4Address((int) community.value()), (int) (function - IPV4));
            } else if (function >= IPV6 && function < IPV6 + (long) MAX_IPV6 * PER_PREFIX) {
                int word = (int) (function % PER_PREFIX / PER_WORD);
                parts.computeIfAbsent(function - (long) word * PER_WORD, _ -> new HashMap<>())
                        .merge(word, community.value(), (one, other) -> one.equals(other) ? one : -1L);
            }
        }
        parts.forEach((function, words) -> {
            int length = (int) (function % PER_WORD);
            Ipv6Address address = length > IPV6_BITS ? null : address(words, length);
            if (address != null) {
                add(prefixes, address, length);
            }
        });
        return prefixes;
    }

    private static void add(List<Prefix> prefixes, IpAddress address, int length) {
        Prefix prefix = Prefix.containing(address, length);
        if (prefix.address().equals(address)) {
            prefixes.add(prefix);
        }
    }

    /// Null unless these are the words that an address of this length has.
    private static @Nullable Ipv6Address address(Map<Integer, Long> words, int length) {
        long[] all = new long[IPV6_BITS / Integer.SIZE];
        int needed = Math.max(1, (length + Integer.SIZE - 1) / Integer.SIZE);
        for (int word = 0; word < needed; word++) {
            Long value = words.get(word);
            if (value == null || value < 0) {
                return null;
            }
            all[word] = value;
        }
        return words.size() > needed
                ? null
                : new Ipv6Address((all[0] << Integer.SIZE) | all[1], (all[2] << Integer.SIZE) | all[3]);
    }

    private static int words(Prefix prefix) {
        return prefix.isIpv4() ? 1 : Math.max(1, (prefix.length() + Integer.SIZE - 1) / Integer.SIZE);
    }

    private static long word(Ipv6Address address, int word) {
        long half = word < 2 ? address.high() : address.low();
        return word % 2 == 0 ? half >>> Integer.SIZE : half & 0xffff_ffffL;
    }
}
