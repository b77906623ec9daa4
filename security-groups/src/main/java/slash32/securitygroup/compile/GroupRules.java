package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.ANSWERS_IN;
import static slash32.securitygroup.compile.Layout.ANSWERS_OUT;
import static slash32.securitygroup.compile.Layout.EACH_IN;
import static slash32.securitygroup.compile.Layout.EACH_OUT;
import static slash32.securitygroup.compile.Layout.FLOWS_IN;
import static slash32.securitygroup.compile.Layout.FLOWS_OUT;
import static slash32.securitygroup.compile.Layout.GROUPS;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.IN_MEMBERS;
import static slash32.securitygroup.compile.Layout.OUT_MEMBERS;
import static slash32.securitygroup.compile.Layout.RULES_IN;
import static slash32.securitygroup.compile.Layout.RULES_OUT;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import slash32.net.Prefix;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Content;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.Verdict;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;

/// The rules of groups, as elements of hash sets, because the kernel walks all rules of a table whenever it gets a new
/// one (docs/adr/0012): adding a group adds no rule unless one of its own names members.
///
/// ```
/// ingress        for each position p:  meta priority set oifname map @group_p  jump ingress_rules
/// ingress_rules  for each shape in use: meta priority . fields of the packet @in_4_net24_port16  accept
///                meta priority vmap @in_members → ingress_7: the rules of group 7 that name members
/// ```
///
/// The packet's queueing priority carries the group from one rule to the next, since nothing else that nft can list
/// does and nobody misses; a packet that passes so has none afterwards. Packets of fresh flows are not looked up.
/// What answers is looked up as what it answers: by the rules of the other direction, in {@code answers_in} and
/// {@code answers_out}.
public final class GroupRules {
    private GroupRules() {}

    /// What is needed to look packets up.
    ///
    /// @param shapes those of the rules in use
    /// @param depth how many groups an endpoint has at most
    public record Needs(Set<Shape> shapes, int depth) {
        public static final Needs NONE = new Needs(Set.of(), 0);

        /// Needs stated.
        public Needs {
            shapes = Set.copyOf(shapes);
        }

        /// What is needed for both.
        public Needs and(Needs other) {
            var all = new TreeSet<>(shapes);
            all.addAll(other.shapes);
            return new Needs(all, Math.max(depth, other.depth));
        }

        /// What a ruleset with these sets was made for.
        public static Needs of(Collection<String> sets) {
            var shapes = new TreeSet<Shape>();
            int depth = 0;
            for (String set : sets) {
                Shape shape = Shape.parse(set);
                if (shape != null) {
                    shapes.add(shape);
                }
                depth = Math.max(depth, Subject.position(set));
            }
            return new Needs(shapes, depth);
        }
    }

    /// The chains and sets that look packets up.
    public static Fragment lookups(Needs needs) {
        var fragment = new Fragment.Builder();
        needs.shapes().forEach(shape -> fragment.set(shape.set()));
        for (int position = 1; position <= needs.depth(); position++) {
            fragment.set(groupAt(position));
        }
        chains(fragment, needs, Direction.INGRESS, EACH_IN, RULES_IN, IN_MEMBERS, false);
        chains(fragment, needs, Direction.EGRESS, EACH_OUT, RULES_OUT, OUT_MEMBERS, false);
        chains(fragment, needs, Direction.INGRESS, ANSWERS_OUT, FLOWS_IN, IN_MEMBERS, true);
        chains(fragment, needs, Direction.EGRESS, ANSWERS_IN, FLOWS_OUT, OUT_MEMBERS, true);
        return fragment.build();
    }

    /// @param each goes through the endpoint's groups
    /// @param rules looks the packet up, or what it answers, among the rules of {@code direction}
    /// @param answers whether it looks up what the packet answers; an answer goes the other way
    private static void chains(
            Fragment.Builder fragment,
            Needs needs,
            Direction direction,
            String each,
            String rules,
            String members,
            boolean answers) {
        boolean toGuest = (direction == Direction.INGRESS) != answers;
        var jumps = new ArrayList<NftRule>();
        for (int position = 1; position <= needs.depth(); position++) {
            jumps.add(new Statements()
                    .groupAt(toGuest ? Direction.INGRESS : Direction.EGRESS, position)
                    .rule(INET, each, new Verdict.Jump(rules), ""));
            jumps.add(new Statements().decided().pass(INET, each));
        }
        fragment.chain(new NftChain(INET, each, null), jumps);
        String odd = rules + Layout.ODD_OF;
        var lookups = new ArrayList<NftRule>();
        var seldom = new ArrayList<NftRule>();
        for (Shape shape : new TreeSet<>(needs.shapes())) {
            if (shape.direction() == direction) {
                lookUp(shape, answers, shape.isUsual() ? rules : odd, shape.isUsual() ? lookups : seldom);
            }
        }
        fragment.chain(new NftChain(INET, odd, null), seldom);
        lookups.add(new Statements().groupIn(Layout.ODD).rule(INET, rules, new Verdict.Jump(odd), ""));
        lookups.add(new Statements().groupVerdict(members).rule(INET, rules));
        fragment.chain(new NftChain(INET, rules, null), lookups);
    }

    private static void lookUp(Shape shape, boolean answers, String chain, List<NftRule> into) {
        into.add(new Statements(answers).inShape(shape).pass(INET, chain));
        if (answers && shape.match() == Shape.Match.PORT) {
            into.add(new Statements(true).inShapeOfDccp(shape).pass(INET, chain));
        }
    }

    /// The map from an interface to its group at a position.
    static NftSet groupAt(int position) {
        return new NftSet(INET, Layout.GROUP_AT + position, new SetType(List.of(Field.INTERFACE_NAME), Content.MARK));
    }

    /// True if the set is one that {@link #lookups} makes.
    public static boolean isLookup(NftSet set) {
        int position = Subject.position(set.name());
        Shape shape = Shape.parse(set.name());
        return (position > 0 && set.equals(groupAt(position))) || (shape != null && set.equals(shape.set()));
    }

    /// The shapes in whose sets a group's part has elements.
    public static Set<Shape> shapes(Fragment group) {
        return group.elements().stream()
                .map(Fragment.Placed::set)
                .distinct()
                .flatMap(set -> Stream.ofNullable(Shape.parse(set)))
                .collect(Collectors.toSet());
    }

    /// A group's rules; the member sets that they name and the lookups of its shapes must be there before it.
    ///
    /// @param plane in whose tables it is
    /// @param prefixes tells which members of a group are no single addresses: to name those is to name prefixes
    public static Fragment group(Plane plane, SecurityGroup group, Function<GroupId, Collection<Prefix>> prefixes) {
        var fragment = new Fragment.Builder();
        GroupId id = group.id();
        fragment.element(INET, GROUPS, SetElement.of(Keys.key(id)));
        for (Direction direction : Direction.values()) {
            String chain = Layout.groupChain(id, direction);
            var naming = new ArrayList<NftRule>();
            for (Rule rule : group.rules()) {
                if (rule.direction() != direction) {
                    continue;
                }
                for (Shape.Entry entry : entries(id, rule, prefixes)) {
                    fragment.element(INET, entry.set(), entry.element());
                    markOdd(fragment, id, entry.shape());
                }
                if (rule.remote() instanceof Remote.Members(var other)) {
                    remotes(plane, rule, other, group.stateful())
                            .forEach(remote -> naming.addAll(allow(chain, rule, remote, group.stateful())));
                }
            }
            if (!naming.isEmpty()) {
                fragment.chain(new NftChain(INET, chain, null), naming);
                fragment.element(
                        INET,
                        direction == Direction.INGRESS ? IN_MEMBERS : OUT_MEMBERS,
                        new SetElement(Keys.key(id), new SetElement.Value.To(new Verdict.Jump(chain))));
            }
        }
        return plane.place(fragment.build());
    }

    /// The elements of {@code fragment} that the group has for members that are no single addresses, whichever they
    /// are.
    public static Fragment ofMembers(SecurityGroup group, Fragment fragment) {
        var found = new Fragment.Builder();
        for (Fragment.Placed placed : fragment.elements()) {
            Shape shape = Shape.parse(placed.set());
            if (shape != null && !shape.isOfOneAddress() && isOfMembers(group, shape, placed.element())) {
                found.element(placed.table(), placed.set(), placed.element());
                markOdd(found, group.id(), shape);
            }
        }
        return found.build();
    }

    private static void markOdd(Fragment.Builder fragment, GroupId group, Shape shape) {
        if (!shape.isUsual()) {
            fragment.element(INET, Layout.ODD, SetElement.of(Keys.key(group)));
        }
    }

    private static boolean isOfMembers(SecurityGroup group, Shape shape, SetElement element) {
        Prefix remote = shape.remoteOf(element);
        return group.rules().stream()
                .filter(rule -> rule.remote() instanceof Remote.Members)
                .filter(rule -> rule.direction() == shape.direction() && rule.etherType() == shape.family())
                .flatMap(rule -> Shape.entries(group.id(), rule, remote).stream())
                .anyMatch(
                        entry -> entry.shape().equals(shape) && entry.element().equals(element));
    }

    /// The elements of a rule.
    ///
    /// @param prefixes see {@link #group}
    public static List<Shape.Entry> entries(GroupId group, Rule rule, Function<GroupId, Collection<Prefix>> prefixes) {
        return switch (rule.remote()) {
            case Remote.Anywhere() -> Shape.entries(group, rule, null);
            case Remote.Addresses(var prefix) -> Shape.entries(group, rule, prefix);
            case Remote.Members(var other) ->
                prefixes.apply(other).stream()
                        .filter(prefix -> EtherType.of(prefix.address()) == rule.etherType())
                        .flatMap(prefix -> Shape.entries(group, rule, prefix.length() == 0 ? null : prefix).stream())
                        .toList();
        };
    }

    /// What begins a rule that names members: they are in one set, and in bridges those of the frame's segment in
    /// another. The rules of a stateful group are about flows, so that they say of an answer what they say of
    /// what it answers.
    private static List<Supplier<Statements>> remotes(Plane plane, Rule rule, GroupId members, boolean stateful) {
        EtherType family = rule.etherType();
        boolean source = rule.direction() == Direction.INGRESS;
        String set = Layout.memberSet(members, family);
        Supplier<Statements> everywhere = () -> source
                ? new Statements(stateful).sourceIn(family, set)
                : new Statements(stateful).destinationIn(family, set);
        Supplier<Statements> inSegment =
                () -> new Statements(stateful).inBridge(family, source, Layout.segmentMemberSet(members, family));
        return plane == Plane.BRIDGED ? List.of(everywhere, inSegment) : List.of(everywhere);
    }

    private static List<NftRule> allow(String chain, Rule rule, Supplier<Statements> remote, boolean stateful) {
        List<Statements> all = switch (rule.traffic()) {
            case Traffic.Any() -> List.of(remote.get());
            case Traffic.OfProtocol(var protocol) -> List.of(remote.get().protocol(protocol));
            case Traffic.Ports(var protocol, int min, int max) ->
                stateful && protocol.equals(IpProtocol.DCCP)
                        ? Statements.dccpPorts(remote, min, max)
                        : List.of(remote.get().destinationPorts(protocol, min, max));
            case Traffic.Icmp(var protocol, int type, var code) ->
                List.of(
                        code == null
                                ? remote.get().icmpType(protocol, type)
                                : remote.get().icmp(protocol, type, code));
        };
        return all.stream()
                .map(statements -> statements.count().noPriority().rule(INET, chain, new Verdict.Return(), rule.id()))
                .toList();
    }
}
