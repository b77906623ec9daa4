package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.LocRib;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.net.TableSize;

/// The tables of every family, and the numbers by which routes that are no plain prefixes are held in them. On thread
/// {@code bgp}.
final class Ribs {
    private final boolean reflecting;
    private final Function<AddressFamily, Offers> offers;
    private final Map<AddressFamily, LocRib> tables = new HashMap<>();
    private final Map<AddressFamily, NlriNumbers> numbers = new HashMap<>();
    private SpeakerConfig config;
    private Set<AddressFamily> families;

    /// @param reflecting peers are told what others say
    /// @param offers what peers are told of a family
    Ribs(SpeakerConfig config, boolean reflecting, Function<AddressFamily, Offers> offers) {
        this.config = config;
        this.reflecting = reflecting;
        this.offers = offers;
        families = families(config);
        families.forEach(this::table);
    }

    private static Set<AddressFamily> families(SpeakerConfig config) {
        var all = new TreeSet<>(Speaker.FAMILIES);
        config.everyPeer().forEach(peer -> all.addAll(peer.families()));
        return all;
    }

    /// Of which there are RIBs: unicast, and what peers speak besides; in order.
    Set<AddressFamily> families() {
        return families;
    }

    void configure(SpeakerConfig now) {
        config = now;
        families = families(now);
        tables.forEach((family, table) -> table.report(reports(family)));
    }

    LocRib table(AddressFamily family) {
        boolean multipath = !reflecting && Speaker.FAMILIES.contains(family);
        return tables.computeIfAbsent(
                family,
                _ -> multipath ? new LocRib(family, config.maximumPaths()) : new LocRib(family, reports(family)));
    }

    private LocRib.Reports reports(AddressFamily family) {
        if (family.equals(AddressFamily.RT_CONSTRAIN)) {
            return LocRib.Reports.EVERY_PATH; // RFC 4684 §3.2: all paths count, not only the best
        }
        if (!reflecting) {
            return LocRib.Reports.BEST;
        }
        boolean all = config.everyPeer()
                .anyMatch(peer -> peer.options().session().addPathSend().contains(family));
        return all ? LocRib.Reports.EVERY_PATH : LocRib.Reports.SOURCE;
    }

    /// The numbers by which routes of {@code family} are held, unless they are plain prefixes.
    NlriNumbers numbers(AddressFamily family) {
        return numbers.computeIfAbsent(
                family,
                _ -> new NlriNumbers(number -> table(family).best(number, 0, 0) != null
                        || offers.apply(family).find(number, 0, 0) >= 0));
    }

    /// How many prefixes there are, by family.
    Map<AddressFamily, Integer> sizes() {
        var sizes = new HashMap<AddressFamily, Integer>();
        tables.forEach((family, table) -> sizes.put(family, table.size()));
        return sizes;
    }

    /// What the tables hold, and the room they take.
    List<TableSize> memory() {
        var sizes = new ArrayList<TableSize>();
        new TreeMap<>(tables)
                .forEach((family, table) -> sizes.add(new TableSize("rib " + family, table.paths(), table.octets())));
        return sizes;
    }

    /// The best unicast paths; walks the whole tables.
    ///
    /// @param within null for all
    List<Speaker.BestPath> bestPaths(@Nullable Prefix within) {
        var found = new ArrayList<Speaker.BestPath>();
        for (AddressFamily family : Speaker.FAMILIES) {
            table(family).forEachBest((high, low, length, attributes, from) -> {
                Prefix prefix = family.equals(AddressFamily.IPV4_UNICAST)
                        ? new Prefix(new Ipv4Address((int) (high >>> 32)), length)
                        : new Prefix(new Ipv6Address(high, low), length);
                if (within == null || within.covers(prefix)) {
                    found.add(new Speaker.BestPath(prefix, attributes, from.address()));
                }
            });
        }
        return found;
    }
}
