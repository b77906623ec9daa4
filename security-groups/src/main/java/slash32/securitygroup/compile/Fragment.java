package slash32.securitygroup.compile;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.TableId;

/// The part of the ruleset that one {@link Subject} owns. Two are equal if and only if the kernel would do the same.
public record Fragment(
        Set<Counter> counters, Set<NftSet> sets, Map<NftChain, List<NftRule>> chains, Set<Placed> elements) {
    public static final Fragment EMPTY = new Fragment(Set.of(), Set.of(), Map.of(), Set.of());

    /// A named counter.
    public record Counter(TableId table, String name) {}

    /// An element and the set it is in.
    public record Placed(TableId table, String set, SetElement element) {}

    public Fragment {
        counters = Set.copyOf(counters);
        sets = Set.copyOf(sets);
        chains = Map.copyOf(chains);
        elements = Set.copyOf(elements);
    }

    /// Collects a fragment; not thread-safe.
    public static final class Builder {
        private final Set<Counter> counters = new HashSet<>();
        private final Set<NftSet> sets = new HashSet<>();
        private final Map<NftChain, List<NftRule>> chains = new HashMap<>();
        private final Set<Placed> elements = new HashSet<>();

        public Builder counter(TableId table, String name) {
            counters.add(new Counter(table, name));
            return this;
        }

        public Builder set(NftSet set) {
            sets.add(set);
            return this;
        }

        public Builder chain(NftChain chain, List<NftRule> rules) {
            chains.put(chain, List.copyOf(rules));
            return this;
        }

        Builder base(TableId table, String name, Hook hook, List<NftRule> rules) {
            return chain(new NftChain(table, name, hook), rules);
        }

        Builder regular(TableId table, String name, List<NftRule> rules) {
            return chain(new NftChain(table, name, null), rules);
        }

        public Builder element(TableId table, String set, SetElement element) {
            elements.add(new Placed(table, set, element));
            return this;
        }

        public Builder addAll(Fragment other) {
            counters.addAll(other.counters);
            sets.addAll(other.sets);
            chains.putAll(other.chains);
            elements.addAll(other.elements);
            return this;
        }

        public Fragment build() {
            return new Fragment(counters, sets, chains, elements);
        }
    }
}
