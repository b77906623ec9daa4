package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.GuardRules.DHCPV6_CLIENT;
import static slash32.securitygroup.compile.GuardRules.DHCPV6_SERVER;
import static slash32.securitygroup.compile.GuardRules.DHCP_CLIENT;
import static slash32.securitygroup.compile.GuardRules.DHCP_SERVER;
import static slash32.securitygroup.compile.Layout.ANSWERS_IN;
import static slash32.securitygroup.compile.Layout.ANSWERS_OUT;
import static slash32.securitygroup.compile.Layout.ARP;
import static slash32.securitygroup.compile.Layout.EACH_IN;
import static slash32.securitygroup.compile.Layout.EACH_OUT;
import static slash32.securitygroup.compile.Layout.FORWARD_FROM;
import static slash32.securitygroup.compile.Layout.FORWARD_STAMP;
import static slash32.securitygroup.compile.Layout.FORWARD_TO;
import static slash32.securitygroup.compile.Layout.FRESH;
import static slash32.securitygroup.compile.Layout.FROM_ANSWERS;
import static slash32.securitygroup.compile.Layout.FROM_COUNTERS;
import static slash32.securitygroup.compile.Layout.FROM_ENDPOINT;
import static slash32.securitygroup.compile.Layout.FROM_GUEST;
import static slash32.securitygroup.compile.Layout.FROM_STATEFUL;
import static slash32.securitygroup.compile.Layout.FROM_STATELESS;
import static slash32.securitygroup.compile.Layout.GROUPS;
import static slash32.securitygroup.compile.Layout.GUARD;
import static slash32.securitygroup.compile.Layout.GUARDED;
import static slash32.securitygroup.compile.Layout.GUESTS;
import static slash32.securitygroup.compile.Layout.HOST_COUNTERS;
import static slash32.securitygroup.compile.Layout.HOST_SERVICES;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.INPUT;
import static slash32.securitygroup.compile.Layout.IN_MEMBERS;
import static slash32.securitygroup.compile.Layout.MACS;
import static slash32.securitygroup.compile.Layout.OPEN;
import static slash32.securitygroup.compile.Layout.OUTPUT;
import static slash32.securitygroup.compile.Layout.OUTPUT_STAMP;
import static slash32.securitygroup.compile.Layout.OUT_MEMBERS;
import static slash32.securitygroup.compile.Layout.PAIRS;
import static slash32.securitygroup.compile.Layout.PASSING;
import static slash32.securitygroup.compile.Layout.PREROUTING;
import static slash32.securitygroup.compile.Layout.PRIORITY_FILTER;
import static slash32.securitygroup.compile.Layout.PRIORITY_FROM;
import static slash32.securitygroup.compile.Layout.PRIORITY_RAW;
import static slash32.securitygroup.compile.Layout.PRIORITY_STAMP;
import static slash32.securitygroup.compile.Layout.PROVIDER_EGRESS;
import static slash32.securitygroup.compile.Layout.PROVIDER_INGRESS;
import static slash32.securitygroup.compile.Layout.SOURCES_4;
import static slash32.securitygroup.compile.Layout.SOURCES_6;
import static slash32.securitygroup.compile.Layout.SPOOFED_COUNTERS;
import static slash32.securitygroup.compile.Layout.STAMP;
import static slash32.securitygroup.compile.Layout.STATEFUL;
import static slash32.securitygroup.compile.Layout.STATELESS;
import static slash32.securitygroup.compile.Layout.TO_ANSWERS;
import static slash32.securitygroup.compile.Layout.TO_COUNTERS;
import static slash32.securitygroup.compile.Layout.TO_ENDPOINT;
import static slash32.securitygroup.compile.Layout.TO_GUEST;
import static slash32.securitygroup.compile.Layout.TO_HOST;
import static slash32.securitygroup.compile.Layout.TO_STATEFUL;
import static slash32.securitygroup.compile.Layout.TO_STATELESS;
import static slash32.securitygroup.compile.Statements.INVALID;
import static slash32.securitygroup.compile.Statements.flow;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.List;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Content;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.Verdict;
import slash32.securitygroup.Direction;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;

/// Compiles to our two tables. A packet from one guest to another of this host goes down the whole picture:
///
/// ```
/// arp   input        guests[iifname] → guarded: sender's MAC and address, or drop
/// inet  prerouting   guests[iifname] → guard         → guarded: source MAC and address, or drop
///       input        guests[iifname] → to_host       → host_services: gateway, DHCP, neighbor discovery, or drop
///       forward_from guests[iifname] → from_endpoint → from_stateful: fresh flow │ from_answers: answers_out │
///                                                      from_guest: provider_egress │ egress │ drop
///       forward_to   guests[oifname] → to_endpoint   → to_stateful: fresh flow │ to_answers: answers_in │
///       output       guests[oifname] →                 to_guest: provider_ingress │ ingress │ drop
///       forward_stamp                                → the flow passed: mark it as fresh
/// ```
///
/// A flow is judged by its first packet, and again by the next one after something was taken away: a flow that passed
/// carries the mark of that time, and the mark that counts as fresh becomes another in the transaction that takes
/// something away ({@link Layout#FRESH}, docs/adr/0017). An answer is then judged as what it answers. What ended stays
/// ended for both sides; what still may goes on without the loss of a packet.
///
/// Which of them is next is decided by the sets {@code stateful}, {@code stateless} and {@code open} (port security
/// off); what is in none is blocked. The two directions are two base chains of one hook, so that "accept" in the first
/// only leads to the second. What an unknown interface sends passes, unless its name begins as those that are kept for
/// guests: that is dropped. The rules of a group stand once, whoever is in it ({@link GroupRules}), and neither an
/// endpoint nor a group adds a rule. ARP does not pass the inet family, hence the second table: without it a guest
/// could make the host's kernel learn and answer what it likes whenever a neighbour entry isn't permanent. Frames that
/// the gateway's packet socket reads and writes pass none of this.
public final class RulesetCompiler {
    private final List<String> guestPrefixes;
    private final List<IpAddress> gateways;
    private final boolean marking;
    private final boolean sampling;

    /// What all rulesets of this node have in common.
    ///
    /// @param guestPrefixes an interface whose name begins so and that is no endpoint's carries nothing
    /// @param gateways addresses of the virtual gateway, which guests may ping
    public RulesetCompiler(List<String> guestPrefixes, List<IpAddress> gateways) {
        this(guestPrefixes, gateways, false, true);
    }

    private RulesetCompiler(List<String> guestPrefixes, List<IpAddress> gateways, boolean marking, boolean sampling) {
        for (String prefix : guestPrefixes) {
            var name = new InterfaceName(prefix);
            if (name.value().length() == InterfaceName.MAX_LENGTH) {
                throw new IllegalArgumentException("'" + prefix + "' is no prefix, it is a whole interface name");
            }
        }
        this.guestPrefixes = List.copyOf(guestPrefixes);
        this.gateways = List.copyOf(gateways);
        this.marking = marking;
        this.sampling = sampling;
    }

    /// Addresses of the virtual gateway.
    public List<IpAddress> gateways() {
        return gateways;
    }

    /// The same, whose rulesets mark what they judged, as {@link #backstop} wants it.
    public RulesetCompiler marking() {
        return new RulesetCompiler(guestPrefixes, gateways, true, sampling);
    }

    /// The same, for a kernel that can't log packets.
    public RulesetCompiler withoutSamples() {
        return new RulesetCompiler(guestPrefixes, gateways, marking, false);
    }

    /// Compiles the parts of endpoints.
    public EndpointRules endpoints() {
        return new EndpointRules(sampling);
    }

    /// A table of its own that drops, in each hook, what comes from or goes to a guest and was not judged by our rules
    /// because somebody removed them. Its set of guests is empty.
    public Fragment backstop() {
        return BackstopRules.of(guestPrefixes);
    }

    /// Begins a chain that judges.
    private List<NftRule> judging(String chain) {
        var rules = new ArrayList<NftRule>();
        if (marking) {
            rules.add(rule().judged().rule(INET, chain));
        }
        return rules;
    }

    /// Everything that does not depend on endpoints and groups.
    public Fragment skeleton() {
        var fragment = new Fragment.Builder();
        for (String kind : List.of(GUESTS, STATEFUL, STATELESS, OPEN)) {
            fragment.set(new NftSet(INET, kind, SetType.setOf(Field.INTERFACE_NAME)));
        }
        fragment.set(new NftSet(INET, PAIRS, new SetType(List.of(Field.INTERFACE_NAME), Content.VERDICT)));
        for (String map : List.of(SPOOFED_COUNTERS, HOST_COUNTERS, FROM_COUNTERS, TO_COUNTERS)) {
            fragment.set(new NftSet(INET, map, new SetType(List.of(Field.INTERFACE_NAME), Content.COUNTER)));
        }
        fragment.set(new NftSet(INET, GROUPS, SetType.setOf(Field.MARK)))
                .set(new NftSet(INET, FRESH, SetType.setOf(Field.MARK)))
                .set(new NftSet(INET, STAMP, new SetType(List.of(Field.NETWORK_PROTOCOL), Content.MARK)));
        for (String map : List.of(OUT_MEMBERS, IN_MEMBERS)) {
            fragment.set(new NftSet(INET, map, new SetType(List.of(Field.MARK), Content.VERDICT)));
        }
        fragment.set(new NftSet(INET, MACS, SetType.setOf(Field.INTERFACE_NAME, Field.ETHERNET_ADDRESS)))
                .set(new NftSet(
                        INET,
                        SOURCES_4,
                        SetType.setOf(Field.INTERFACE_NAME, Field.ETHERNET_ADDRESS, Field.IPV4_ADDRESS)))
                .set(new NftSet(
                        INET,
                        SOURCES_6,
                        SetType.setOf(Field.INTERFACE_NAME, Field.ETHERNET_ADDRESS, Field.IPV6_ADDRESS)));
        fragment.base(INET, PREROUTING, new Hook(Hook.Point.PREROUTING, PRIORITY_RAW), prerouting());
        fragment.base(
                INET,
                INPUT,
                new Hook(Hook.Point.INPUT, PRIORITY_FILTER),
                List.of(rule().inputIn(GUESTS).rule(INET, INPUT, goTo(TO_HOST), "")));
        fragment.base(
                INET,
                FORWARD_FROM,
                new Hook(Hook.Point.FORWARD, PRIORITY_FROM),
                List.of(rule().inputIn(GUESTS).rule(INET, FORWARD_FROM, goTo(FROM_ENDPOINT), "")));
        fragment.base(INET, FORWARD_TO, new Hook(Hook.Point.FORWARD, PRIORITY_FILTER), to(FORWARD_TO));
        fragment.base(INET, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER), output());
        fragment.base(INET, FORWARD_STAMP, new Hook(Hook.Point.FORWARD, PRIORITY_STAMP), forwardStamp());
        fragment.base(
                INET,
                OUTPUT_STAMP,
                new Hook(Hook.Point.OUTPUT, PRIORITY_STAMP),
                List.of(rule().outputIn(STATEFUL).stampFlow(STAMP).rule(INET, OUTPUT_STAMP)));
        fragment.regular(INET, FROM_ANSWERS, fromAnswers());
        fragment.regular(INET, TO_ANSWERS, toAnswers());
        fragment.regular(INET, GUARD, byKind(GUARD, true, GUARDED, GUARDED, PASSING));
        fragment.regular(INET, TO_HOST, byKind(TO_HOST, true, HOST_SERVICES, HOST_SERVICES, HOST_SERVICES));
        fragment.regular(INET, FROM_ENDPOINT, byKind(FROM_ENDPOINT, true, FROM_STATEFUL, FROM_STATELESS, PASSING));
        fragment.regular(INET, TO_ENDPOINT, byKind(TO_ENDPOINT, false, TO_STATEFUL, TO_STATELESS, PASSING));
        fragment.regular(INET, GUARDED, GuardRules.guarded(judging(GUARDED), gateways));
        fragment.regular(INET, HOST_SERVICES, GuardRules.hostServices(judging(HOST_SERVICES), gateways));
        fragment.regular(INET, PASSING, judging(PASSING));
        fragment.regular(INET, PROVIDER_EGRESS, GuardRules.providerEgress());
        fragment.regular(INET, PROVIDER_INGRESS, GuardRules.providerIngress());
        fragment.regular(INET, FROM_STATEFUL, stateful(FROM_STATEFUL, FROM_ANSWERS, FROM_GUEST));
        fragment.regular(INET, FROM_STATELESS, stateless(FROM_STATELESS, FROM_GUEST));
        fragment.regular(
                INET,
                FROM_GUEST,
                List.of(
                        rule().rule(INET, FROM_GUEST, new Verdict.Jump(PROVIDER_EGRESS), ""),
                        rule().rule(INET, FROM_GUEST, new Verdict.Jump(EACH_OUT), ""),
                        rule().drop(INET, FROM_GUEST, DropReason.NO_RULE, Direction.EGRESS)));
        fragment.regular(INET, TO_STATEFUL, stateful(TO_STATEFUL, TO_ANSWERS, TO_GUEST));
        fragment.regular(INET, TO_STATELESS, stateless(TO_STATELESS, TO_GUEST));
        fragment.regular(
                INET,
                TO_GUEST,
                List.of(
                        rule().rule(INET, TO_GUEST, new Verdict.Jump(PROVIDER_INGRESS), ""),
                        rule().rule(INET, TO_GUEST, new Verdict.Jump(EACH_IN), ""),
                        rule().drop(INET, TO_GUEST, DropReason.NO_RULE, Direction.INGRESS)));
        arp(fragment);
        Layout.TABLES.forEach(table -> DropRules.add(fragment, table, sampling));
        return fragment.build();
    }

    /// Where the packets of an endpoint of each kind go on; the others end here.
    private static List<NftRule> byKind(String chain, boolean input, String stateful, String stateless, String open) {
        var rules = new ArrayList<NftRule>();
        List<String> sets = List.of(STATEFUL, STATELESS, OPEN);
        List<String> next = List.of(stateful, stateless, open);
        for (int i = 0; i < sets.size(); i++) {
            Statements kind = input ? rule().inputIn(sets.get(i)) : rule().outputIn(sets.get(i));
            rules.add(kind.rule(INET, chain, goTo(next.get(i)), ""));
        }
        rules.add(rule().drop(INET, chain, DropReason.NOT_IN_FORCE, input ? Direction.EGRESS : Direction.INGRESS));
        return rules;
    }

    private static Verdict goTo(String chain) {
        return new Verdict.Goto(chain);
    }

    private List<NftRule> stateful(String chain, String answers, String next) {
        List<NftRule> rules = judging(chain);
        rules.add(rule().flowMarkIn(FRESH).accept(INET, chain));
        Direction direction = next.equals(FROM_GUEST) ? Direction.EGRESS : Direction.INGRESS;
        rules.add(rule().state(INVALID).drop(INET, chain, DropReason.INVALID, direction));
        rules.add(rule().answer().rule(INET, chain, goTo(answers), ""));
        rules.add(rule().rule(INET, chain, goTo(next), ""));
        return rules;
    }

    /// What a guest answers to what its groups, or {@link GuardRules#providerIngress}, let reach it.
    private static List<NftRule> fromAnswers() {
        return List.of(
                rule().udp(DHCP_CLIENT, DHCP_SERVER).accept(INET, FROM_ANSWERS),
                rule().udp(DHCPV6_CLIENT, DHCPV6_SERVER).accept(INET, FROM_ANSWERS),
                rule().rule(INET, FROM_ANSWERS, new Verdict.Jump(ANSWERS_OUT), ""),
                rule().drop(INET, FROM_ANSWERS, DropReason.ENDED, Direction.EGRESS));
    }

    /// What answers a guest that its groups, or {@link GuardRules#providerEgress}, let ask.
    private static List<NftRule> toAnswers() {
        return List.of(
                flow().protocol(IpProtocol.ICMPV6).accept(INET, TO_ANSWERS),
                flow().udp(DHCP_CLIENT, DHCP_SERVER).accept(INET, TO_ANSWERS),
                flow().udp(DHCPV6_CLIENT, DHCPV6_SERVER).accept(INET, TO_ANSWERS),
                rule().rule(INET, TO_ANSWERS, new Verdict.Jump(ANSWERS_IN), ""),
                rule().drop(INET, TO_ANSWERS, DropReason.ENDED, Direction.INGRESS));
    }

    /// What the host answers was asked by a guest, and {@link GuardRules#hostServices} let the question pass.
    private List<NftRule> output() {
        Statements answer = rule().outputIn(STATEFUL).answer();
        var rules = new ArrayList<NftRule>();
        rules.add((marking ? answer.judged() : answer).accept(INET, OUTPUT));
        rules.addAll(to(OUTPUT));
        return rules;
    }

    /// Marks what passed, but no flow of a stateless endpoint: its other end would pass its answers without a look.
    private static List<NftRule> forwardStamp() {
        // from Linux 6.17 on conntrack does not know DCCP's ports, and all between two hosts is one flow
        return List.of(
                rule().flowMarkIn(FRESH).accept(INET, FORWARD_STAMP),
                rule().inputIn(STATELESS).accept(INET, FORWARD_STAMP),
                rule().outputIn(STATELESS).accept(INET, FORWARD_STAMP),
                flow().protocol(IpProtocol.DCCP).accept(INET, FORWARD_STAMP),
                rule().inputIn(STATEFUL).stampFlow(STAMP).rule(INET, FORWARD_STAMP),
                rule().outputIn(STATEFUL).stampFlow(STAMP).rule(INET, FORWARD_STAMP));
    }

    private List<NftRule> stateless(String chain, String next) {
        List<NftRule> rules = judging(chain);
        rules.add(rule().rule(INET, chain, goTo(next), ""));
        return rules;
    }

    private List<NftRule> prerouting() {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().inputIn(GUESTS).rule(INET, PREROUTING, goTo(GUARD), ""));
        guestPrefixes.forEach(prefix ->
                rules.add(rule().inputPrefix(prefix).drop(INET, PREROUTING, DropReason.NO_ENDPOINT, Direction.EGRESS)));
        return rules;
    }

    private List<NftRule> to(String chain) {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().outputIn(GUESTS).rule(INET, chain, goTo(TO_ENDPOINT), ""));
        guestPrefixes.forEach(prefix ->
                rules.add(rule().outputPrefix(prefix).drop(INET, chain, DropReason.NO_ENDPOINT, Direction.INGRESS)));
        return rules;
    }

    private void arp(Fragment.Builder fragment) {
        fragment.set(new NftSet(ARP, GUESTS, SetType.setOf(Field.INTERFACE_NAME)))
                .set(new NftSet(ARP, OPEN, SetType.setOf(Field.INTERFACE_NAME)))
                .set(new NftSet(ARP, PAIRS, new SetType(List.of(Field.INTERFACE_NAME), Content.VERDICT)))
                .set(new NftSet(ARP, SPOOFED_COUNTERS, new SetType(List.of(Field.INTERFACE_NAME), Content.COUNTER)))
                .set(new NftSet(
                        ARP,
                        SOURCES_4,
                        SetType.setOf(Field.INTERFACE_NAME, Field.ETHERNET_ADDRESS, Field.IPV4_ADDRESS)));
        var input = new ArrayList<NftRule>();
        input.add(rule().inputIn(GUESTS).rule(ARP, INPUT, goTo(GUARDED), ""));
        guestPrefixes.forEach(prefix ->
                input.add(rule().inputPrefix(prefix).drop(ARP, INPUT, DropReason.NO_ENDPOINT, Direction.EGRESS)));
        fragment.base(ARP, INPUT, new Hook(Hook.Point.ARP_INPUT, PRIORITY_FILTER), input);
        fragment.regular(
                ARP,
                GUARDED,
                List.of(
                        rule().arpSenderIn(SOURCES_4).accept(ARP, GUARDED),
                        rule().inputIn(OPEN).accept(ARP, GUARDED),
                        rule().inputVerdict(PAIRS).rule(ARP, GUARDED),
                        rule().drop(ARP, GUARDED, DropReason.SPOOFED, Direction.EGRESS)));
    }

    /// The sets for a group's addresses, which a rule of any group may name.
    public static Fragment memberSets(GroupId group) {
        return new Fragment.Builder()
                .set(new NftSet(INET, Layout.memberSet(group, EtherType.IPV4), SetType.setOf(Field.IPV4_ADDRESS)))
                .set(new NftSet(INET, Layout.memberSet(group, EtherType.IPV6), SetType.setOf(Field.IPV6_ADDRESS)))
                .build();
    }
}
