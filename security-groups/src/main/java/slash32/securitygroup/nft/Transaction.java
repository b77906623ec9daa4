package slash32.securitygroup.nft;

import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.TableId;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.Fragment.Placed;
import slash32.securitygroup.compile.Plane;
import slash32.securitygroup.compile.Subject;

/// The requests that take the kernel from one ruleset of a plane to another, and whose each is. Not thread-safe.
final class Transaction {
    /// In this order nothing refers to what isn't there yet, or goes while it is referred to.
    private enum Phase {
        DELETE_TABLES,
        ADD_TABLES,
        ADD_COUNTERS,
        ADD_SETS,
        ADD_CHAINS,
        DELETE_ELEMENTS,
        DELETE_RULES,
        ADD_RULES,
        ADD_ELEMENTS,
        DELETE_CHAINS,
        DELETE_SETS,
        DELETE_COUNTERS
    }

    private record Step(Request request, Set<Subject> owners) {}

    private record SetId(TableId table, String set) {}

    private final Map<Phase, List<Step>> phases = new EnumMap<>(Phase.class);
    private final List<Set<Subject>> owners = new ArrayList<>();
    private final TableId main;
    private int sets;

    Transaction(Plane plane) {
        main = plane.table();
    }

    void deleteTable(TableId table, Subject owner) {
        add(Phase.DELETE_TABLES, Nftables.deleteTable(table), Set.of(owner));
    }

    void addTable(TableId table, int flags, Subject owner) {
        add(Phase.ADD_TABLES, Nftables.addTable(table, flags), Set.of(owner));
    }

    /// Changes what {@code owner} has in the kernel from {@code present} to {@code wanted}.
    void change(Subject subject, Fragment present, Fragment wanted) {
        Set<Subject> owner = Set.of(subject);
        without(wanted.counters(), present.counters())
                .forEach(counter ->
                        add(Phase.ADD_COUNTERS, Nftables.addCounter(counter.table(), counter.name()), owner));
        without(wanted.sets(), present.sets()).forEach(set -> add(Phase.ADD_SETS, Nftables.addSet(set, ++sets), owner));
        wanted.chains().forEach((chain, rules) -> chain(chain, present.chains().get(chain), rules, owner));
        bySet(without(present.elements(), wanted.elements()))
                .forEach((set, elements) -> Nftables.deleteElements(set.table(), set.set(), elements)
                        .forEach(request -> add(Phase.DELETE_ELEMENTS, request, owner)));
        bySet(without(wanted.elements(), present.elements()))
                .forEach((set, elements) -> Nftables.addElements(set.table(), set.set(), elements)
                        .forEach(request -> add(Phase.ADD_ELEMENTS, request, owner)));
        without(present.chains().keySet(), wanted.chains().keySet()).forEach(chain -> {
            add(Phase.DELETE_RULES, Nftables.deleteRules(chain.table(), chain.name()), owner);
            add(Phase.DELETE_CHAINS, Nftables.deleteChain(chain.table(), chain.name()), owner);
        });
        without(present.sets(), wanted.sets())
                .forEach(set -> add(Phase.DELETE_SETS, Nftables.deleteSet(set.table(), set.name()), owner));
        without(present.counters(), wanted.counters())
                .forEach(counter ->
                        add(Phase.DELETE_COUNTERS, Nftables.deleteCounter(counter.table(), counter.name()), owner));
    }

    private void chain(NftChain chain, @Nullable List<NftRule> present, List<NftRule> wanted, Set<Subject> owner) {
        if (wanted.equals(present)) {
            return;
        }
        if (present == null) {
            add(Phase.ADD_CHAINS, Nftables.addChain(chain), owner);
        } else {
            add(Phase.DELETE_RULES, Nftables.deleteRules(chain.table(), chain.name()), owner);
        }
        wanted.forEach(rule -> add(Phase.ADD_RULES, Nftables.addRule(rule), owner));
    }

    /// Changes elements of one of the skeleton's sets that are no part of it, because of changes to {@code owner}.
    void elements(String set, Collection<SetElement> deleted, List<SetElement> added, Set<Subject> owner) {
        Nftables.deleteElements(main, set, List.copyOf(deleted))
                .forEach(request -> add(Phase.DELETE_ELEMENTS, request, owner));
        Nftables.addElements(main, set, added).forEach(request -> add(Phase.ADD_ELEMENTS, request, owner));
    }

    /// Adds elements that belong to as many members.
    void addMembers(String set, Map<SetElement, Subject> members) {
        members(Phase.ADD_ELEMENTS, Nftables.addElements(main, set, List.copyOf(members.keySet())), members);
    }

    /// Deletes elements that belong to as many members.
    void deleteMembers(String set, Map<SetElement, Subject> members) {
        members(Phase.DELETE_ELEMENTS, Nftables.deleteElements(main, set, List.copyOf(members.keySet())), members);
    }

    private void members(Phase phase, List<Request> requests, Map<SetElement, Subject> members) {
        Set<Subject> all = new HashSet<>(members.values());
        requests.forEach(request -> add(phase, request, all));
    }

    boolean isEmpty() {
        return phases.isEmpty();
    }

    /// The whole batch. The last change but for the batch's end is one that the kernel acknowledges.
    ///
    /// @param generation see {@link Nftables#batchBegin}
    /// @param flags of the tables
    List<Request> requests(@Nullable Integer generation, int flags) {
        owners.clear();
        var requests = new ArrayList<Request>();
        requests.add(Nftables.batchBegin(generation));
        owners.add(Set.of());
        phases.values()
                .forEach(steps -> steps.forEach(step -> {
                    requests.add(step.request());
                    owners.add(step.owners());
                }));
        requests.add(Nftables.addTable(main, flags));
        requests.add(Nftables.batchEnd());
        owners.add(Set.of());
        owners.add(Set.of());
        return requests;
    }

    /// Whose the request at {@code index} of {@link #requests} is; empty for those that frame the batch.
    Set<Subject> owners(int index) {
        return owners.get(index);
    }

    private void add(Phase phase, Request request, Set<Subject> owner) {
        phases.computeIfAbsent(phase, _ -> new ArrayList<>()).add(new Step(request, owner));
    }

    private static Map<SetId, List<SetElement>> bySet(Set<Placed> elements) {
        var bySet = new LinkedHashMap<SetId, List<SetElement>>();
        elements.forEach(
                placed -> bySet.computeIfAbsent(new SetId(placed.table(), placed.set()), _ -> new ArrayList<>())
                        .add(placed.element()));
        return bySet;
    }

    private static <T> Set<T> without(Set<T> all, Set<T> some) {
        var rest = new HashSet<>(all);
        rest.removeAll(some);
        return rest;
    }
}
