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
import static slash32.securitygroup.compile.Layout.FORWARD;
import static slash32.securitygroup.compile.Layout.FORWARD_TO;
import static slash32.securitygroup.compile.Layout.FRESH;
import static slash32.securitygroup.compile.Layout.FROM_ANSWERS;
import static slash32.securitygroup.compile.Layout.FROM_COUNTERS;
import static slash32.securitygroup.compile.Layout.FROM_ENDPOINT;
import static slash32.securitygroup.compile.Layout.FROM_GUEST;
import static slash32.securitygroup.compile.Layout.FROM_OPEN;
import static slash32.securitygroup.compile.Layout.FROM_STATEFUL;
import static slash32.securitygroup.compile.Layout.FROM_STATELESS;
import static slash32.securitygroup.compile.Layout.GATEWAYS_4;
import static slash32.securitygroup.compile.Layout.GATEWAYS_6;
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
import static slash32.securitygroup.compile.Layout.ODD;
import static slash32.securitygroup.compile.Layout.OPEN;
import static slash32.securitygroup.compile.Layout.OUTPUT;
import static slash32.securitygroup.compile.Layout.OUTPUT_STAMP;
import static slash32.securitygroup.compile.Layout.OUT_MEMBERS;
import static slash32.securitygroup.compile.Layout.PAIRS;
import static slash32.securitygroup.compile.Layout.PREROUTING;
import static slash32.securitygroup.compile.Layout.PRIORITY_FILTER;
import static slash32.securitygroup.compile.Layout.PRIORITY_FORWARD;
import static slash32.securitygroup.compile.Layout.PRIORITY_RAW;
import static slash32.securitygroup.compile.Layout.PRIORITY_STAMP;
import static slash32.securitygroup.compile.Layout.SEGMENT_SERVICES;
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
import static slash32.securitygroup.compile.Layout.TO_OPEN;
import static slash32.securitygroup.compile.Layout.TO_STATEFUL;
import static slash32.securitygroup.compile.Layout.TO_STATELESS;
import static slash32.securitygroup.compile.Layout.ZONES;
import static slash32.securitygroup.compile.Statements.INVALID;
import static slash32.securitygroup.compile.Statements.flow;
import static slash32.securitygroup.compile.Statements.rule;

import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Content;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.Verdict;
import slash32.netlink.route.Rt;
import slash32.securitygroup.Direction;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;

/// Compiles to our tables. A routed packet from one guest to another of this host goes down the whole picture:
///
/// ```
/// arp   input       guests[iifname] → guarded: sender's MAC and address, or drop
/// inet  prerouting  uplink          → passes, where one is named
///                   guests[iifname] → guard    → its source MAC and address │ guarded: what else it may be, or drop
///       input       guests[iifname] → to_host  → host_services: gateway, DHCP, neighbor discovery, or drop
///                   segments' bridges          → segment_services: gateway, neighbor discovery, or drop
///       forward     fresh[ct mark]  → passes
///                   guests[iifname] → from_endpoint → from_stateful: from_answers: answers_out │
///                                                     from_guest: what every guest may │ egress │ drop
///                   guests[oifname] → to_endpoint   → to_stateful: to_answers: answers_in │
///       output      guests[oifname] →                 to_guest: what reaches every guest │ ingress │ drop
///       forward                                     → the flow passed: mark it as fresh
/// ```
///
/// A flow is judged by its first packet, and again by the next one after something was taken away: a flow that passed
/// carries the mark of that time, and the mark that counts as fresh becomes another in the transaction that takes
/// something away ({@link Layout#FRESH}, docs/adr/0017). An answer is then judged as what it answers. What ended stays
/// ended for both sides; what still may goes on without the loss of a packet.
///
/// Which of them is next is decided by the sets {@code stateful}, {@code stateless} and {@code open} (port security
/// off); what is in none is blocked. Whoever passes the first direction goes back to {@code forward} for the
/// second, and then to be marked: one base chain, because each costs every packet (docs/adr/0014). What an unknown
/// interface sends passes, unless its name begins as those that are kept for guests: that is dropped. The rules of
/// a group stand once, whoever is in it ({@link GroupRules}), and neither an endpoint nor a group adds a rule. ARP
/// does not pass the inet family, hence the second table: without it a guest could make the host's kernel learn and
/// answer what it likes whenever a neighbour entry isn't permanent. Frames that the gateway's packet socket reads
/// and writes pass none of this.
public final class RulesetCompiler {
    private final List<String> guestPrefixes;
    private final List<IpAddress> gateways;
    private final @Nullable InterfaceName uplink;
    private final boolean marking;
    private final boolean sampling;

    /// What all rulesets of this node have in common.
    ///
    /// @param guestPrefixes an interface whose name begins so and that is no endpoint's carries nothing
    /// @param gateways addresses of the virtual gateway, which guests may ping
    public RulesetCompiler(List<String> guestPrefixes, List<IpAddress> gateways) {
        this(guestPrefixes, gateways, null, false, true);
    }

    private RulesetCompiler(
            List<String> guestPrefixes,
            List<IpAddress> gateways,
            @Nullable InterfaceName uplink,
            boolean marking,
            boolean sampling) {
        for (String prefix : guestPrefixes) {
            var name = new InterfaceName(prefix);
            if (name.value().length() == InterfaceName.MAX_LENGTH) {
                throw new IllegalArgumentException("'" + prefix + "' is no prefix, it is a whole interface name");
            }
        }
        this.guestPrefixes = List.copyOf(guestPrefixes);
        if (uplink != null && guestPrefixes.stream().anyMatch(uplink.value()::startsWith)) {
            throw new IllegalArgumentException("uplink " + uplink + " has a name that is kept for guests");
        }
        this.gateways = List.copyOf(gateways);
        this.uplink = uplink;
        this.marking = marking;
        this.sampling = sampling;
    }

    /// Addresses of the virtual gateway.
    public List<IpAddress> gateways() {
        return gateways;
    }

    /// The same, for a node whose interface toward the underlay is known, and will never be an endpoint's: what
    /// comes in there is not looked up among guests, and what else comes in is first looked up among their sources.
    ///
    /// @param uplink null if it is not known
    public RulesetCompiler withUplink(@Nullable InterfaceName uplink) {
        return new RulesetCompiler(guestPrefixes, gateways, uplink, marking, sampling);
    }

    /// The same, whose rulesets mark what they judged, as {@link #backstop} wants it.
    public RulesetCompiler marking() {
        return new RulesetCompiler(guestPrefixes, gateways, uplink, true, sampling);
    }

    /// The same, for a kernel that can't log packets.
    public RulesetCompiler withoutSamples() {
        return new RulesetCompiler(guestPrefixes, gateways, uplink, marking, false);
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
    private List<NftRule> judging(String chain, Direction direction) {
        var rules = new ArrayList<NftRule>();
        if (marking) {
            rules.add(rule().judged(Statements.judged(direction)).rule(INET, chain));
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
        groupSets(fragment);
        fragment.set(new NftSet(INET, FRESH, SetType.setOf(Field.MARK)))
                .set(new NftSet(INET, STAMP, new SetType(List.of(Field.NETWORK_PROTOCOL), Content.MARK)));
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
                List.of(
                        rule().inputIn(GUESTS).rule(INET, INPUT, goTo(TO_HOST), ""),
                        rule().inputPrefix(Rt.SEGMENT_BRIDGE).rule(INET, INPUT, goTo(SEGMENT_SERVICES), "")));
        fragment.set(new NftSet(INET, GATEWAYS_4, SetType.setOf(Field.INTERFACE_NAME, Field.IPV4_ADDRESS)))
                .set(new NftSet(INET, GATEWAYS_6, SetType.setOf(Field.INTERFACE_NAME, Field.IPV6_ADDRESS)));
        fragment.regular(INET, SEGMENT_SERVICES, GuardRules.segmentServices());
        fragment.base(INET, FORWARD, new Hook(Hook.Point.FORWARD, PRIORITY_FORWARD), forward());
        fragment.regular(INET, FORWARD_TO, to(FORWARD_TO));
        fragment.base(INET, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER), output());
        fragment.base(
                INET,
                OUTPUT_STAMP,
                new Hook(Hook.Point.OUTPUT, PRIORITY_STAMP),
                List.of(rule().outputIn(STATEFUL).stampFlow(STAMP).rule(INET, OUTPUT_STAMP)));
        fragment.regular(INET, GUARD, guard());
        fragment.regular(INET, TO_HOST, byKind(TO_HOST, true, HOST_SERVICES, HOST_SERVICES, HOST_SERVICES));
        fragment.regular(INET, FROM_ENDPOINT, byKind(FROM_ENDPOINT, true, FROM_STATEFUL, FROM_STATELESS, FROM_OPEN));
        fragment.regular(INET, TO_ENDPOINT, byKind(TO_ENDPOINT, false, TO_STATEFUL, TO_STATELESS, TO_OPEN));
        judgements(fragment);
        fragment.regular(INET, GUARDED, GuardRules.guarded(judging(GUARDED, Direction.EGRESS), gateways));
        fragment.regular(
                INET, HOST_SERVICES, GuardRules.hostServices(judging(HOST_SERVICES, Direction.EGRESS), gateways));
        fragment.regular(INET, FROM_OPEN, judging(FROM_OPEN, Direction.EGRESS));
        fragment.regular(INET, TO_OPEN, judging(TO_OPEN, Direction.INGRESS));
        arp(fragment);
        Plane.ROUTED.tables().forEach(table -> DropRules.add(fragment, table, sampling));
        return fragment.build();
    }

    /// What judges a packet of an endpoint with groups; whoever is let pass goes back to the caller.
    private void judgements(Fragment.Builder fragment) {
        fragment.regular(INET, FROM_STATEFUL, stateful(FROM_STATEFUL, FROM_ANSWERS, FROM_GUEST));
        fragment.regular(INET, FROM_STATELESS, stateless(FROM_STATELESS, FROM_GUEST));
        fragment.regular(INET, FROM_ANSWERS, fromAnswers());
        fragment.regular(
                INET,
                FROM_GUEST,
                lookups(GuardRules.providerEgress(), FROM_GUEST, EACH_OUT, DropReason.NO_RULE, Direction.EGRESS));
        fragment.regular(INET, TO_STATEFUL, stateful(TO_STATEFUL, TO_ANSWERS, TO_GUEST));
        fragment.regular(INET, TO_STATELESS, stateless(TO_STATELESS, TO_GUEST));
        fragment.regular(INET, TO_ANSWERS, toAnswers());
        fragment.regular(
                INET,
                TO_GUEST,
                lookups(GuardRules.providerIngress(), TO_GUEST, EACH_IN, DropReason.NO_RULE, Direction.INGRESS));
    }

    /// The same of frames between ports of segments' bridges:
    ///
    /// ```
    /// prerouting  ibrname → zone: each segment's flows are its own, but for those by its gateway
    /// forward     guests[iifname], IP → from_endpoint
    ///             guests[oifname], IP → to_endpoint
    /// input       guests[iifname], IP → from_endpoint: for the gateway
    /// output      guests[oifname], IP → to_endpoint: by the gateway
    /// ```
    ///
    /// Every frame is judged, those of flows that passed too: a frame for many ports is one flow's, and each port
    /// has its own groups. What was judged carries {@link slash32.netlink.netfilter.JudgedMark}, without which the
    /// bridges' guard lets nothing pass.
    public Fragment bridgedSkeleton() {
        var fragment = new Fragment.Builder();
        for (String kind : List.of(GUESTS, STATEFUL, STATELESS)) {
            fragment.set(new NftSet(INET, kind, SetType.setOf(Field.INTERFACE_NAME)));
        }
        for (String map : List.of(FROM_COUNTERS, TO_COUNTERS)) {
            fragment.set(new NftSet(INET, map, new SetType(List.of(Field.INTERFACE_NAME), Content.COUNTER)));
        }
        groupSets(fragment);
        fragment.set(new NftSet(INET, ZONES, new SetType(List.of(Field.INTERFACE_NAME), Content.MARK)));
        fragment.base(
                INET,
                PREROUTING,
                new Hook(Hook.Point.PREROUTING, PRIORITY_RAW + 1),
                List.of(
                        rule().destinationMac(MacAddress.GATEWAY).accept(INET, PREROUTING),
                        rule().zoneOfBridge(ZONES).rule(INET, PREROUTING)));
        List<NftRule> forward = bridged(FORWARD, true);
        forward.addAll(bridged(FORWARD, false));
        fragment.base(INET, FORWARD, new Hook(Hook.Point.FORWARD, PRIORITY_FORWARD), forward);
        fragment.base(INET, INPUT, new Hook(Hook.Point.INPUT, PRIORITY_FORWARD), bridged(INPUT, true));
        fragment.base(INET, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FORWARD), bridged(OUTPUT, false));
        fragment.regular(INET, FROM_ENDPOINT, byKind(FROM_ENDPOINT, true, FROM_STATEFUL, FROM_STATELESS));
        fragment.regular(INET, TO_ENDPOINT, byKind(TO_ENDPOINT, false, TO_STATEFUL, TO_STATELESS));
        marking().judgements(fragment);
        var all = new Fragment.Builder().addAll(Plane.BRIDGED.place(fragment.build()));
        DropRules.add(all, Layout.BRIDGE, sampling);
        return all.build();
    }

    private static List<NftRule> bridged(String chain, boolean from) {
        var rules = new ArrayList<NftRule>();
        for (EtherType family : EtherType.values()) {
            Statements match = from ? rule().inputIn(GUESTS) : rule().outputIn(GUESTS);
            rules.add(match.family(family).rule(INET, chain, new Verdict.Jump(from ? FROM_ENDPOINT : TO_ENDPOINT), ""));
        }
        return rules;
    }

    private static void groupSets(Fragment.Builder fragment) {
        fragment.set(new NftSet(INET, GROUPS, SetType.setOf(Field.MARK)))
                .set(new NftSet(INET, ODD, SetType.setOf(Field.MARK)));
        for (String map : List.of(OUT_MEMBERS, IN_MEMBERS)) {
            fragment.set(new NftSet(INET, map, new SetType(List.of(Field.MARK), Content.VERDICT)));
        }
    }

    /// A segment's flows are in this zone of conntrack.
    ///
    /// @param zone 1 to 65535
    public static Fragment zone(InterfaceName bridge, int zone) {
        // the kernel reads the value's first two octets
        int mark = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? zone : zone << Short.SIZE;
        return new Fragment.Builder()
                .element(
                        Layout.BRIDGE, ZONES, new SetElement(Keys.key(bridge.value()), new SetElement.Value.Mark(mark)))
                .build();
    }

    /// What a segment's gateway answers for.
    public static Fragment gateway(InterfaceName bridge, Collection<? extends IpAddress> addresses) {
        var fragment = new Fragment.Builder();
        addresses.forEach(address -> fragment.element(
                INET, address.isIpv4() ? GATEWAYS_4 : GATEWAYS_6, SetElement.of(Keys.key(bridge.value(), address))));
        return fragment.build();
    }

    /// What is known comes first: most packets are of flows that passed, from sources that are an endpoint's.
    private List<NftRule> guard() {
        var rules = new ArrayList<>(knownSources(GUARD));
        rules.addAll(byKind(GUARD, true, GUARDED, GUARDED, FROM_OPEN));
        return rules;
    }

    private List<NftRule> knownSources(String chain) {
        return List.of(
                judged(rule().inputSourceIn(EtherType.IPV4, SOURCES_4), Statements.judged(Direction.EGRESS))
                        .accept(INET, chain),
                judged(rule().inputSourceIn(EtherType.IPV6, SOURCES_6), Statements.judged(Direction.EGRESS))
                        .accept(INET, chain));
    }

    /// A flow that passed, passes. What concerns each packet of a guest has to stand before that.
    private List<NftRule> forward() {
        var rules = new ArrayList<NftRule>();
        rules.add(judged(rule().flowMarkIn(FRESH), Statements.JUDGED).accept(INET, FORWARD));
        rules.add(rule().inputIn(GUESTS).rule(INET, FORWARD, new Verdict.Jump(FROM_ENDPOINT), ""));
        rules.add(rule().rule(INET, FORWARD, new Verdict.Jump(FORWARD_TO), ""));
        rules.addAll(stamp());
        return rules;
    }

    private Statements judged(Statements match, int bits) {
        return marking ? match.judged(bits) : match;
    }

    /// Looks a packet up in {@code each}; whoever is let pass goes back to the caller.
    ///
    /// @param before what comes before that
    private static List<NftRule> lookups(
            List<NftRule> before, String chain, String each, DropReason reason, Direction direction) {
        var rules = new ArrayList<>(before);
        rules.add(rule().undecided().rule(INET, chain));
        rules.add(rule().rule(INET, chain, new Verdict.Jump(each), ""));
        rules.add(rule().decided().pass(INET, chain));
        rules.add(rule().drop(INET, chain, reason, direction));
        return rules;
    }

    /// Where the packets of an endpoint of each kind go on; the others end here.
    ///
    /// @param next those of stateful, stateless and, where there are any, open ones
    private static List<NftRule> byKind(String chain, boolean input, String... next) {
        var rules = new ArrayList<NftRule>();
        List<String> sets = List.of(STATEFUL, STATELESS, OPEN);
        for (int i = 0; i < next.length; i++) {
            Statements kind = input ? rule().inputIn(sets.get(i)) : rule().outputIn(sets.get(i));
            rules.add(kind.rule(INET, chain, goTo(next[i]), ""));
        }
        rules.add(rule().drop(INET, chain, DropReason.NOT_IN_FORCE, input ? Direction.EGRESS : Direction.INGRESS));
        return rules;
    }

    private static Verdict goTo(String chain) {
        return new Verdict.Goto(chain);
    }

    private List<NftRule> stateful(String chain, String answers, String next) {
        Direction direction = next.equals(FROM_GUEST) ? Direction.EGRESS : Direction.INGRESS;
        List<NftRule> rules = judging(chain, direction);
        rules.add(rule().state(INVALID).drop(INET, chain, DropReason.INVALID, direction));
        rules.add(rule().answer().rule(INET, chain, goTo(answers), ""));
        rules.add(rule().rule(INET, chain, goTo(next), ""));
        return rules;
    }

    /// What a guest answers to what its groups, or {@link GuardRules#providerIngress}, let reach it.
    private static List<NftRule> fromAnswers() {
        List<NftRule> known = List.of(
                rule().udp(DHCP_CLIENT, DHCP_SERVER).pass(INET, FROM_ANSWERS),
                rule().udp(DHCPV6_CLIENT, DHCPV6_SERVER).pass(INET, FROM_ANSWERS));
        return lookups(known, FROM_ANSWERS, ANSWERS_OUT, DropReason.ENDED, Direction.EGRESS);
    }

    /// What answers a guest that its groups, or {@link GuardRules#providerEgress}, let ask.
    private static List<NftRule> toAnswers() {
        List<NftRule> known = List.of(
                flow().protocol(IpProtocol.ICMPV6).pass(INET, TO_ANSWERS),
                flow().udp(DHCP_CLIENT, DHCP_SERVER).pass(INET, TO_ANSWERS),
                flow().udp(DHCPV6_CLIENT, DHCPV6_SERVER).pass(INET, TO_ANSWERS));
        return lookups(known, TO_ANSWERS, ANSWERS_IN, DropReason.ENDED, Direction.INGRESS);
    }

    /// What the host answers was asked by a guest, and {@link GuardRules#hostServices} let the question pass.
    private List<NftRule> output() {
        int bits = Statements.judged(Direction.INGRESS);
        var rules = new ArrayList<NftRule>();
        rules.add(judged(rule().outputIn(STATEFUL).answer(), bits).accept(INET, OUTPUT));
        rules.add(judged(rule().outputIn(STATEFUL).flowMarkIn(FRESH), bits).accept(INET, OUTPUT));
        rules.addAll(to(OUTPUT));
        return rules;
    }

    /// Marks what passed, but no flow of a stateless endpoint: its other end would pass its answers without a look.
    private static List<NftRule> stamp() {
        // from Linux 6.17 on conntrack does not know DCCP's ports, and all between two hosts is one flow
        return List.of(
                rule().inputIn(STATELESS).accept(INET, FORWARD),
                rule().outputIn(STATELESS).accept(INET, FORWARD),
                flow().protocol(IpProtocol.DCCP).accept(INET, FORWARD),
                rule().inputIn(STATEFUL).stampFlow(STAMP).rule(INET, FORWARD),
                rule().outputIn(STATEFUL).stampFlow(STAMP).rule(INET, FORWARD));
    }

    private List<NftRule> stateless(String chain, String next) {
        List<NftRule> rules = judging(chain, next.equals(FROM_GUEST) ? Direction.EGRESS : Direction.INGRESS);
        rules.add(rule().rule(INET, chain, goTo(next), ""));
        return rules;
    }

    private List<NftRule> prerouting() {
        var rules = new ArrayList<NftRule>();
        if (uplink != null) {
            rules.add(rule().inputIs(uplink.value()).accept(INET, PREROUTING));
            rules.addAll(knownSources(PREROUTING));
        }
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

    /// The sets for a group's addresses, which a rule of any group may name. In bridges some are members in one segment
    /// alone.
    public static Fragment memberSets(Plane plane, GroupId group) {
        var fragment = new Fragment.Builder();
        for (EtherType family : EtherType.values()) {
            Field address = family == EtherType.IPV4 ? Field.IPV4_ADDRESS : Field.IPV6_ADDRESS;
            fragment.set(new NftSet(INET, Layout.memberSet(group, family), SetType.setOf(address)));
            if (plane == Plane.BRIDGED) {
                fragment.set(new NftSet(
                        INET, Layout.segmentMemberSet(group, family), SetType.setOf(Field.INTERFACE_NAME, address)));
            }
        }
        return plane.place(fragment.build());
    }
}
