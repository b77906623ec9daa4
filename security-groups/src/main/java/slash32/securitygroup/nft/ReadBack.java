package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftCounter;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.GroupRules;
import slash32.securitygroup.compile.HostProtection;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.LimitRules;
import slash32.securitygroup.compile.Plane;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.securitygroup.compile.Subject;

/// Our tables of a plane as the kernel has them, sorted by owner. Not thread-safe.
final class ReadBack {
    private final NetlinkSocket socket;
    private final Plane plane;
    private final Fragment skeleton;
    private final Map<Subject, Fragment.Builder> found = new HashMap<>();
    private final Set<Subject.Member> members = new HashSet<>();
    private final List<NftTable> tables = new ArrayList<>();
    private final Set<SetElement> fresh = new HashSet<>();
    private final Set<SetElement> stamp = new HashSet<>();
    private boolean strange;

    private ReadBack(NetlinkSocket socket, Plane plane, Fragment skeleton) {
        this.socket = socket;
        this.plane = plane;
        this.skeleton = skeleton;
    }

    /// What was found.
    ///
    /// @param tables those of ours that are there
    /// @param fragments what each owner has, but for members
    /// @param strange something is in our tables that we did not put there, or a table is missing beside the other
    /// @param marks elements of the sets of flow marks
    /// @param generation the ruleset's, at which all this was true
    record Result(
            List<NftTable> tables,
            Map<Subject, Fragment> fragments,
            Set<Subject.Member> members,
            boolean strange,
            FlowMarks.Found marks,
            int generation) {}

    /// Reads everything; again, if the ruleset changes meanwhile.
    ///
    /// @param skeleton tells which chains and sets are the skeleton's
    static Result of(NetlinkSocket socket, Plane plane, Fragment skeleton) throws IOException {
        final int attempts = 5;
        for (int attempt = 1; attempt <= attempts; attempt++) {
            int before = generation(socket);
            var readBack = new ReadBack(socket, plane, skeleton);
            boolean vanished = !readBack.read();
            if (!vanished && generation(socket) == before) {
                return readBack.result(before);
            }
        }
        throw new IOException("the ruleset changed under each of " + attempts + " reads");
    }

    /// What lookups an earlier process left.
    static GroupRules.Needs lookups(NetlinkSocket socket, Plane plane) throws IOException {
        var names = new ArrayList<String>();
        try {
            socket.dump(Nftables.dumpSets(plane.table()), names::clear, message -> {
                NftSet set = NftSet.parse(plane.table().family(), message);
                if (set != null && GroupRules.isLookup(plane.compiled(set))) {
                    names.add(set.name());
                }
            });
        } catch (KernelException e) {
            if (!e.is(Errno.ENOENT)) {
                throw e;
            }
        }
        return GroupRules.Needs.of(names);
    }

    private static int generation(NetlinkSocket socket) throws IOException {
        int[] generation = new int[1];
        socket.get(Nftables.getGeneration(), message -> generation[0] = Nftables.generation(message));
        return generation[0];
    }

    private Result result(int generation) {
        var fragments = new HashMap<Subject, Fragment>();
        found.forEach((subject, builder) -> fragments.put(subject, builder.build()));
        boolean halved = !tables.isEmpty() && tables.size() < plane.tables().size();
        return new Result(tables, fragments, members, strange || halved, new FlowMarks.Found(fresh, stamp), generation);
    }

    /// Reads all tables of ours; false if one vanished between two looks at it.
    private boolean read() throws IOException {
        try {
            for (TableId table : plane.tables()) {
                if (exists(table)) {
                    chains(table);
                    sets(table);
                    counters(table);
                }
            }
            return true;
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    private boolean exists(TableId table) throws IOException {
        return exists(socket, table, tables::add);
    }

    /// True if there is such a table.
    static boolean exists(NetlinkSocket socket, TableId table) throws IOException {
        return exists(socket, table, _ -> {});
    }

    private static boolean exists(NetlinkSocket socket, TableId table, Consumer<NftTable> found) throws IOException {
        try {
            socket.get(Nftables.getTable(table), message -> found.accept(NftTable.parse(table.family(), message)));
            return true;
        } catch (KernelException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    private void chains(TableId table) throws IOException {
        var chains = new ArrayList<@Nullable NftChain>();
        socket.dump(Nftables.dumpChains(table.family()), chains::clear, message -> {
            if (NftChain.tableOf(message).equals(table.name())) {
                chains.add(NftChain.parse(table.family(), message));
            }
        });
        var rules = new ArrayList<NftRule>();
        socket.dump(
                Nftables.dumpRules(table), rules::clear, message -> rules.add(NftRule.parse(table.family(), message)));
        var byChain = new HashMap<String, List<NftRule>>();
        rules.forEach(rule ->
                byChain.computeIfAbsent(rule.chain(), _ -> new ArrayList<>()).add(rule));
        for (NftChain chain : chains) {
            Subject owner = chain == null ? null : owner(chain);
            if (owner == null || chain == null) {
                strange = true;
            } else {
                fragment(owner).chain(chain, byChain.getOrDefault(chain.name(), List.of()));
            }
        }
    }

    private @Nullable Subject owner(NftChain chain) {
        if (skeleton.chains().containsKey(chain)) {
            return new Subject.Skeleton();
        }
        boolean ofSubject = chain.hook() == null || HostProtection.isChain(chain) || LimitRules.isChain(chain);
        Subject owner = ofSubject ? Subject.ofChain(chain.name()) : null;
        return chain.table().equals(plane.table()) || owner instanceof Subject.Endpoint ? owner : null;
    }

    private void sets(TableId table) throws IOException {
        var sets = new ArrayList<@Nullable NftSet>();
        socket.dump(Nftables.dumpSets(table), sets::clear, message -> sets.add(NftSet.parse(table.family(), message)));
        for (NftSet set : sets) {
            Subject owner = set == null ? null : owner(set);
            if (owner == null || set == null) {
                strange = true;
            } else {
                fragment(owner).set(set);
                elements(set);
            }
        }
    }

    private @Nullable Subject owner(NftSet set) {
        if (skeleton.sets().contains(set)) {
            return new Subject.Skeleton();
        }
        if (GroupRules.isLookup(plane.compiled(set))) {
            return new Subject.Lookups();
        } else if (LimitRules.isSet(set)) {
            return new Subject.Limits();
        } else if (HostProtection.isSet(set)) {
            return new Subject.Host();
        }
        boolean memberSet = set.table().equals(plane.table())
                && Subject.ofSet(set.name()) instanceof Subject.MemberSets(var group)
                && RulesetCompiler.memberSets(plane, group).sets().contains(set);
        return memberSet ? Subject.ofSet(set.name()) : null;
    }

    private void elements(NftSet set) throws IOException {
        var elements = new ArrayList<@Nullable SetElement>();
        socket.dump(
                Nftables.dumpElements(set.table(), set.name()),
                elements::clear,
                message -> NftSet.parseElements(message, elements::add));
        for (SetElement element : elements) {
            Subject owner = element == null ? null : Subject.ofElement(set.name(), element.key());
            if (owner instanceof Subject.Skeleton && element != null) {
                (set.name().equals(Layout.FRESH) ? fresh : stamp).add(element);
            } else if (owner instanceof Subject.Member member) {
                members.add(member);
            } else if (owner == null || element == null) {
                strange = true;
            } else {
                fragment(owner).element(set.table(), set.name(), element);
            }
        }
    }

    private void counters(TableId table) throws IOException {
        var counters = new ArrayList<NftCounter>();
        socket.dump(
                Nftables.dumpCounters(table),
                counters::clear,
                message -> counters.add(NftCounter.parse(table.family(), message)));
        for (NftCounter counter : counters) {
            Subject owner = Subject.ofCounter(counter.name());
            if (owner == null) {
                strange = true;
            } else {
                fragment(owner).counter(table, counter.name());
            }
        }
    }

    private Fragment.Builder fragment(Subject owner) {
        return found.computeIfAbsent(owner, _ -> new Fragment.Builder());
    }
}
