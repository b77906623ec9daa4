package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.ARP;
import static slash32.securitygroup.compile.Layout.BACKSTOP;
import static slash32.securitygroup.compile.Layout.FORWARD_FROM;
import static slash32.securitygroup.compile.Layout.FORWARD_TO;
import static slash32.securitygroup.compile.Layout.FROM_ENDPOINT;
import static slash32.securitygroup.compile.Layout.GUARD;
import static slash32.securitygroup.compile.Layout.GUARDED;
import static slash32.securitygroup.compile.Layout.GUESTS;
import static slash32.securitygroup.compile.Layout.HOST_COUNTERS;
import static slash32.securitygroup.compile.Layout.HOST_SERVICES;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.INPUT;
import static slash32.securitygroup.compile.Layout.MACS;
import static slash32.securitygroup.compile.Layout.OUTPUT;
import static slash32.securitygroup.compile.Layout.PASSING;
import static slash32.securitygroup.compile.Layout.PREROUTING;
import static slash32.securitygroup.compile.Layout.PROVIDER_EGRESS;
import static slash32.securitygroup.compile.Layout.PROVIDER_INGRESS;
import static slash32.securitygroup.compile.Layout.SOURCES_4;
import static slash32.securitygroup.compile.Layout.SOURCES_6;
import static slash32.securitygroup.compile.Layout.SPOOFED_COUNTERS;
import static slash32.securitygroup.compile.Layout.TO_ENDPOINT;
import static slash32.securitygroup.compile.Layout.TO_HOST;
import static slash32.securitygroup.compile.Statements.ESTABLISHED_OR_RELATED;
import static slash32.securitygroup.compile.Statements.INVALID;
import static slash32.securitygroup.compile.Statements.key;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Content;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.netfilter.Verdict;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;

/// Compiles to our two tables. A packet from one guest to another of this host goes down the whole picture:
///
/// ```
/// arp   input        arp guard[iifname]  → guarded: sender's MAC and address, or drop
/// inet  prerouting   guard[iifname]      → guarded: source MAC and address, or drop
///       input        to_host[iifname]    → host_services: gateway, DHCP, neighbor discovery, or drop
///       forward_from from_endpoint[iifname] → from_tap1: known flow │ provider_egress │ egress_7 … │ drop
///       forward_to   to_endpoint[oifname]   → to_tap2:   known flow │ provider_ingress │ ingress_9 … │ drop
///       output       to_endpoint[oifname]
/// ```
///
/// The two directions are two base chains of one hook, so that "accept" in the first only leads to the second. What an
/// unknown interface sends passes, unless its name begins as those that are kept for guests: that is dropped. The
/// rules of a group stand once, whoever is in it. ARP does not pass the inet family, hence the second table: without
/// it a guest could make the host's kernel learn and answer what it likes whenever a neighbour entry isn't permanent.
/// Frames that the gateway's packet socket reads and writes pass none of this.
public final class RulesetCompiler {
    /// Before conntrack, so that nothing forged makes an entry there.
    private static final int PRIORITY_RAW = -300;

    private static final int PRIORITY_FILTER = 0;

    /// With room for the backstop between it and what is to the guest.
    private static final int PRIORITY_FROM = PRIORITY_FILTER - 2;

    private static final int ECHO_REQUEST = 8;
    private static final int ECHO_REQUEST_6 = 128;
    private static final int MLD_QUERY = 130;
    private static final int MLD_REPORT = 131;
    private static final int MLD_DONE = 132;
    private static final int ROUTER_SOLICITATION = 133;
    private static final int ROUTER_ADVERTISEMENT = 134;
    private static final int NEIGHBOR_SOLICITATION = 135;
    private static final int NEIGHBOR_ADVERTISEMENT = 136;
    private static final int REDIRECT = 137;
    private static final int MLD2_REPORT = 143;

    private static final int DHCP_SERVER = 67;
    private static final int DHCP_CLIENT = 68;
    private static final int DHCPV6_CLIENT = 546;
    private static final int DHCPV6_SERVER = 547;

    private static final Prefix UNSPECIFIED_4 = Prefix.parse("0.0.0.0/32");
    private static final Prefix BROADCAST_4 = Prefix.parse("255.255.255.255/32");
    private static final Prefix UNSPECIFIED_6 = Prefix.parse("::/128");
    private static final Prefix LINK_LOCAL_6 = Prefix.parse("fe80::/10");
    private static final Prefix LINK_MULTICAST_6 = Prefix.parse("ff02::/16");

    private static final Verdict ACCEPT = new Verdict.Accept();
    private static final Verdict DROP = new Verdict.Drop();

    private final List<String> guestPrefixes;
    private final List<IpAddress> gateways;
    private final boolean marking;

    /// What all rulesets of this node have in common.
    ///
    /// @param guestPrefixes an interface whose name begins so and that is no endpoint's carries nothing
    /// @param gateways addresses of the virtual gateway, which guests may ping
    public RulesetCompiler(List<String> guestPrefixes, List<IpAddress> gateways) {
        this(guestPrefixes, gateways, false);
    }

    private RulesetCompiler(List<String> guestPrefixes, List<IpAddress> gateways, boolean marking) {
        for (String prefix : guestPrefixes) {
            var name = new InterfaceName(prefix);
            if (name.value().length() == InterfaceName.MAX_LENGTH) {
                throw new IllegalArgumentException("'" + prefix + "' is no prefix, it is a whole interface name");
            }
        }
        this.guestPrefixes = List.copyOf(guestPrefixes);
        this.gateways = List.copyOf(gateways);
        this.marking = marking;
    }

    /// The same, whose rulesets mark what they judged, as {@link #backstop} wants it.
    public RulesetCompiler marking() {
        return new RulesetCompiler(guestPrefixes, gateways, true);
    }

    /// A table of its own that drops, in each hook, what comes from or goes to a guest and was not judged by our rules
    /// because somebody removed them. Its set of guests is empty.
    public Fragment backstop() {
        var fragment = new Fragment.Builder();
        fragment.set(new NftSet(BACKSTOP, GUESTS, SetType.setOf(Field.INTERFACE_NAME)));
        base(fragment, BACKSTOP, PREROUTING, new Hook(Hook.Point.PREROUTING, PRIORITY_RAW + 1), stop(PREROUTING, true));
        base(fragment, BACKSTOP, INPUT, new Hook(Hook.Point.INPUT, PRIORITY_FILTER + 1), stop(INPUT, true));
        base(
                fragment,
                BACKSTOP,
                FORWARD_FROM,
                new Hook(Hook.Point.FORWARD, PRIORITY_FROM + 1),
                stop(FORWARD_FROM, true));
        base(
                fragment,
                BACKSTOP,
                FORWARD_TO,
                new Hook(Hook.Point.FORWARD, PRIORITY_FILTER + 1),
                stop(FORWARD_TO, false));
        base(fragment, BACKSTOP, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER + 1), stop(OUTPUT, false));
        return fragment.build();
    }

    private List<NftRule> stop(String chain, boolean input) {
        var rules = new ArrayList<NftRule>();
        Statements guests = input ? rule().inputIn(GUESTS) : rule().outputIn(GUESTS);
        rules.add(guests.ifNotJudged().drop(BACKSTOP, chain));
        for (String prefix : guestPrefixes) {
            Statements kept = input ? rule().inputPrefix(prefix) : rule().outputPrefix(prefix);
            rules.add(kept.ifNotJudged().drop(BACKSTOP, chain));
        }
        rules.add(rule().forgetJudged().rule(BACKSTOP, chain));
        return rules;
    }

    /// An element of the backstop's set.
    public static SetElement guest(InterfaceName device) {
        return SetElement.of(key(device.value()));
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
        for (String map : List.of(GUARD, FROM_ENDPOINT, TO_ENDPOINT, TO_HOST)) {
            fragment.set(new NftSet(INET, map, new SetType(List.of(Field.INTERFACE_NAME), Content.VERDICT)));
        }
        for (String map : List.of(SPOOFED_COUNTERS, HOST_COUNTERS)) {
            fragment.set(new NftSet(INET, map, new SetType(List.of(Field.INTERFACE_NAME), Content.COUNTER)));
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
        base(fragment, INET, PREROUTING, new Hook(Hook.Point.PREROUTING, PRIORITY_RAW), prerouting());
        base(
                fragment,
                INET,
                INPUT,
                new Hook(Hook.Point.INPUT, PRIORITY_FILTER),
                List.of(rule().inputVerdict(TO_HOST).rule(INET, INPUT)));
        base(
                fragment,
                INET,
                FORWARD_FROM,
                new Hook(Hook.Point.FORWARD, PRIORITY_FROM),
                List.of(rule().inputVerdict(FROM_ENDPOINT).rule(INET, FORWARD_FROM)));
        base(fragment, INET, FORWARD_TO, new Hook(Hook.Point.FORWARD, PRIORITY_FILTER), to(FORWARD_TO));
        base(fragment, INET, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER), to(OUTPUT));
        regular(fragment, INET, GUARDED, guarded());
        regular(fragment, INET, HOST_SERVICES, hostServices());
        regular(fragment, INET, PASSING, judging(PASSING));
        regular(fragment, INET, PROVIDER_EGRESS, providerEgress());
        regular(fragment, INET, PROVIDER_INGRESS, providerIngress());
        arp(fragment);
        return fragment.build();
    }

    private List<NftRule> prerouting() {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().inputVerdict(GUARD).rule(INET, PREROUTING));
        guestPrefixes.forEach(prefix -> rules.add(rule().inputPrefix(prefix).drop(INET, PREROUTING)));
        return rules;
    }

    private List<NftRule> to(String chain) {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().outputVerdict(TO_ENDPOINT).rule(INET, chain));
        guestPrefixes.forEach(prefix -> rules.add(rule().outputPrefix(prefix).drop(INET, chain)));
        return rules;
    }

    private List<NftRule> guarded() {
        List<NftRule> rules = judging(GUARDED);
        rules.add(rule().inputSourceIn(EtherType.IPV4, SOURCES_4).accept(INET, GUARDED));
        rules.add(rule().inputSourceIn(EtherType.IPV6, SOURCES_6).accept(INET, GUARDED));
        for (IpAddress gateway : gateways) {
            rules.add(rule().sourceIn(gateway.hostPrefix())
                    .countByInput(SPOOFED_COUNTERS)
                    .drop(INET, GUARDED));
        }
        // a guest makes up its link-local address (RFC 7217), and no router forwards it (RFC 4291 §2.5.6)
        rules.add(rule().inputMacIn(MACS).sourceIn(LINK_LOCAL_6).accept(INET, GUARDED));
        rules.add(rule().inputMacIn(MACS)
                .sourceIn(UNSPECIFIED_4)
                .destinationIn(BROADCAST_4)
                .udp(DHCP_CLIENT, DHCP_SERVER)
                .accept(INET, GUARDED));
        for (int type : new int[] {MLD_REPORT, NEIGHBOR_SOLICITATION, MLD2_REPORT}) {
            rules.add(rule().inputMacIn(MACS)
                    .sourceIn(UNSPECIFIED_6)
                    .destinationIn(LINK_MULTICAST_6)
                    .icmpType(IpProtocol.ICMPV6, type)
                    .accept(INET, GUARDED));
        }
        rules.add(rule().countByInput(SPOOFED_COUNTERS).drop(INET, GUARDED));
        return rules;
    }

    /// What a guest may say to the host itself.
    private List<NftRule> hostServices() {
        List<NftRule> rules = judging(HOST_SERVICES);
        rules.add(rule().state(ESTABLISHED_OR_RELATED).accept(INET, HOST_SERVICES));
        for (IpAddress gateway : gateways) {
            rules.add(rule().destinationIn(gateway.hostPrefix())
                    .icmpType(
                            gateway.isIpv4() ? IpProtocol.ICMP : IpProtocol.ICMPV6,
                            gateway.isIpv4() ? ECHO_REQUEST : ECHO_REQUEST_6)
                    .accept(INET, HOST_SERVICES));
        }
        rules.add(rule().udp(DHCP_CLIENT, DHCP_SERVER).accept(INET, HOST_SERVICES));
        rules.add(rule().udp(DHCPV6_CLIENT, DHCPV6_SERVER).accept(INET, HOST_SERVICES));
        for (int type : new int[] {MLD_REPORT, MLD_DONE, ROUTER_SOLICITATION, NEIGHBOR_SOLICITATION, MLD2_REPORT}) {
            rules.add(rule().family(EtherType.IPV6)
                    .icmpType(IpProtocol.ICMPV6, type)
                    .accept(INET, HOST_SERVICES));
        }
        // an advertisement changes the host's neighbour table: only for an address that can be the guest's
        rules.add(rule().family(EtherType.IPV6)
                .icmpType(IpProtocol.ICMPV6, NEIGHBOR_ADVERTISEMENT)
                .inputNeighborTargetIn(SOURCES_6)
                .accept(INET, HOST_SERVICES));
        rules.add(rule().family(EtherType.IPV6)
                .icmpType(IpProtocol.ICMPV6, NEIGHBOR_ADVERTISEMENT)
                .neighborTargetIn(LINK_LOCAL_6)
                .accept(INET, HOST_SERVICES));
        rules.add(rule().countByInput(HOST_COUNTERS).drop(INET, HOST_SERVICES));
        return rules;
    }

    /// What a guest may or may not send whatever its groups say: it is no router and no DHCP server.
    private static List<NftRule> providerEgress() {
        return List.of(
                rule().udp(DHCP_CLIENT, DHCP_SERVER).accept(INET, PROVIDER_EGRESS),
                rule().family(EtherType.IPV6)
                        .icmpType(IpProtocol.ICMPV6, ROUTER_ADVERTISEMENT)
                        .drop(INET, PROVIDER_EGRESS),
                rule().family(EtherType.IPV6)
                        .icmpType(IpProtocol.ICMPV6, REDIRECT)
                        .drop(INET, PROVIDER_EGRESS),
                rule().family(EtherType.IPV6).protocol(IpProtocol.ICMPV6).accept(INET, PROVIDER_EGRESS),
                rule().udp(DHCPV6_CLIENT, DHCPV6_SERVER).accept(INET, PROVIDER_EGRESS),
                rule().udp(DHCP_SERVER, DHCP_CLIENT).drop(INET, PROVIDER_EGRESS),
                rule().udp(DHCPV6_SERVER, DHCPV6_CLIENT).drop(INET, PROVIDER_EGRESS));
    }

    /// What reaches a guest whatever its groups say.
    private static List<NftRule> providerIngress() {
        var rules = new ArrayList<NftRule>();
        for (int type : new int[] {MLD_QUERY, ROUTER_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT}) {
            rules.add(rule().family(EtherType.IPV6)
                    .icmpType(IpProtocol.ICMPV6, type)
                    .accept(INET, PROVIDER_INGRESS));
        }
        rules.add(rule().udp(DHCP_SERVER, DHCP_CLIENT).accept(INET, PROVIDER_INGRESS));
        rules.add(rule().udp(DHCPV6_SERVER, DHCPV6_CLIENT).accept(INET, PROVIDER_INGRESS));
        return rules;
    }

    private void arp(Fragment.Builder fragment) {
        fragment.set(new NftSet(ARP, GUARD, new SetType(List.of(Field.INTERFACE_NAME), Content.VERDICT)))
                .set(new NftSet(ARP, SPOOFED_COUNTERS, new SetType(List.of(Field.INTERFACE_NAME), Content.COUNTER)))
                .set(new NftSet(
                        ARP,
                        SOURCES_4,
                        SetType.setOf(Field.INTERFACE_NAME, Field.ETHERNET_ADDRESS, Field.IPV4_ADDRESS)));
        var input = new ArrayList<NftRule>();
        input.add(rule().inputVerdict(GUARD).rule(ARP, INPUT));
        guestPrefixes.forEach(prefix -> input.add(rule().inputPrefix(prefix).drop(ARP, INPUT)));
        base(fragment, ARP, INPUT, new Hook(Hook.Point.ARP_INPUT, PRIORITY_FILTER), input);
        regular(
                fragment,
                ARP,
                GUARDED,
                List.of(
                        rule().arpSenderIn(SOURCES_4).accept(ARP, GUARDED),
                        rule().countByInput(SPOOFED_COUNTERS).drop(ARP, GUARDED)));
    }

    /// An endpoint's part; its groups' parts must be there before it.
    ///
    /// @param stateful false if all its groups are stateless: then replies need a rule as all else
    public Fragment endpoint(EndpointPolicy policy, boolean stateful) {
        InterfaceName device = policy.device();
        var fragment = new Fragment.Builder();
        verdict(fragment, INET, TO_HOST, device, new Verdict.Goto(HOST_SERVICES));
        fragment.counter(INET, Layout.hostCounter(device));
        counted(fragment, INET, HOST_COUNTERS, device, Layout.hostCounter(device));
        if (!policy.portSecurity()) {
            verdict(fragment, ARP, GUARD, device, ACCEPT);
            for (String map : List.of(GUARD, FROM_ENDPOINT, TO_ENDPOINT)) {
                verdict(fragment, INET, map, device, new Verdict.Goto(PASSING));
            }
            return fragment.build();
        }
        for (TableId table : Layout.TABLES) {
            verdict(fragment, table, GUARD, device, new Verdict.Goto(guard(fragment, table, policy)));
            fragment.counter(table, Layout.spoofedCounter(device));
            counted(fragment, table, SPOOFED_COUNTERS, device, Layout.spoofedCounter(device));
        }
        sources(fragment, policy);
        String from = Layout.FROM + device;
        verdict(fragment, INET, FROM_ENDPOINT, device, new Verdict.Goto(from));
        fragment.counter(INET, Layout.fromCounter(device));
        regular(
                fragment,
                INET,
                from,
                dispatch(from, PROVIDER_EGRESS, stateful, names(policy, Layout.EGRESS), Layout.fromCounter(device)));
        String to = Layout.TO + device;
        verdict(fragment, INET, TO_ENDPOINT, device, new Verdict.Goto(to));
        fragment.counter(INET, Layout.toCounter(device));
        regular(
                fragment,
                INET,
                to,
                dispatch(to, PROVIDER_INGRESS, stateful, names(policy, Layout.INGRESS), Layout.toCounter(device)));
        return fragment.build();
    }

    private static List<String> names(EndpointPolicy policy, String chains) {
        return policy.groups().stream().map(group -> chains + group).toList();
    }

    /// The chain that guards an endpoint: the one of all, unless it may send as a whole prefix.
    private String guard(Fragment.Builder fragment, TableId table, EndpointPolicy policy) {
        List<AddressPair> wide = policy.pairs().stream()
                .filter(pair -> !pair.prefix().isHost())
                .filter(pair -> table.equals(INET) || pair.prefix().isIpv4())
                .sorted(Comparator.comparing(AddressPair::toString))
                .toList();
        if (wide.isEmpty()) {
            return GUARDED;
        }
        String chain = Layout.GUARD_OF + policy.device();
        List<NftRule> rules = table.equals(INET) ? judging(chain) : new ArrayList<>();
        if (table.equals(INET)) {
            gateways.forEach(gateway ->
                    rules.add(rule().sourceIn(gateway.hostPrefix()).rule(INET, chain, new Verdict.Goto(GUARDED), "")));
        }
        for (AddressPair pair : wide) {
            Statements match = table.equals(INET)
                    ? rule().sourceMac(pair.mac()).sourceIn(pair.prefix())
                    : rule().arpSender(pair.mac(), pair.prefix());
            rules.add(match.accept(table, chain));
        }
        rules.add(rule().rule(table, chain, new Verdict.Goto(GUARDED), ""));
        regular(fragment, table, chain, rules);
        return chain;
    }

    private static void sources(Fragment.Builder fragment, EndpointPolicy policy) {
        String device = policy.device().value();
        MacAddress mac = policy.mac();
        fragment.element(INET, MACS, SetElement.of(key(device, mac)));
        // the sender of an ARP probe (RFC 5227 §2.1.1)
        fragment.element(ARP, SOURCES_4, SetElement.of(key(device, mac, UNSPECIFIED_4.address())));
        policy.addresses().forEach(address -> source(fragment, device, mac, address.address()));
        for (AddressPair pair : policy.pairs()) {
            fragment.element(INET, MACS, SetElement.of(key(device, pair.mac())));
            if (pair.prefix().isHost()) {
                source(fragment, device, pair.mac(), pair.prefix().address());
            }
        }
    }

    private static void source(Fragment.Builder fragment, String device, MacAddress mac, IpAddress address) {
        SetElement element = SetElement.of(key(device, mac, address));
        fragment.element(INET, address.isIpv4() ? SOURCES_4 : SOURCES_6, element);
        if (address.isIpv4()) {
            fragment.element(ARP, SOURCES_4, element);
        }
    }

    private List<NftRule> dispatch(
            String chain, String provider, boolean stateful, List<String> groupChains, String counter) {
        List<NftRule> rules = judging(chain);
        if (stateful) {
            rules.add(rule().state(ESTABLISHED_OR_RELATED).accept(INET, chain));
            rules.add(rule().state(INVALID).count(counter).drop(INET, chain));
        }
        rules.add(rule().rule(INET, chain, new Verdict.Jump(provider), ""));
        groupChains.forEach(group -> rules.add(rule().rule(INET, chain, new Verdict.Jump(group), "")));
        rules.add(rule().count(counter).drop(INET, chain));
        return rules;
    }

    /// The part of an interface through which nothing passes.
    public static Fragment blocked(InterfaceName device) {
        var fragment = new Fragment.Builder();
        verdict(fragment, ARP, GUARD, device, DROP);
        for (String map : List.of(GUARD, FROM_ENDPOINT, TO_ENDPOINT, TO_HOST)) {
            verdict(fragment, INET, map, device, DROP);
        }
        return fragment.build();
    }

    /// A group's rules; the member sets that they name must be there before it.
    ///
    /// @param prefixes tells which members of a group are no single addresses: each costs a rule of its own, where
    ///     single ones cost an element of a set
    public static Fragment group(SecurityGroup group, Function<GroupId, Collection<Prefix>> prefixes) {
        var fragment = new Fragment.Builder();
        for (Direction direction : Direction.values()) {
            String chain = (direction == Direction.EGRESS ? Layout.EGRESS : Layout.INGRESS) + group.id();
            List<NftRule> rules = group.rules().stream()
                    .filter(rule -> rule.direction() == direction)
                    .flatMap(rule -> allow(chain, rule, prefixes))
                    .toList();
            regular(fragment, INET, chain, rules);
        }
        return fragment.build();
    }

    private static Stream<NftRule> allow(String chain, Rule rule, Function<GroupId, Collection<Prefix>> prefixes) {
        boolean toGuest = rule.direction() == Direction.INGRESS;
        return switch (rule.remote()) {
            case Remote.Anywhere() -> Stream.of(allow(chain, rule, rule().family(rule.etherType())));
            case Remote.Addresses(var prefix) -> Stream.of(allow(chain, rule, remoteIn(prefix, toGuest)));
            case Remote.Members(var group) -> {
                String set = Layout.memberSet(group, rule.etherType());
                Statements member =
                        toGuest ? rule().sourceIn(rule.etherType(), set) : rule().destinationIn(rule.etherType(), set);
                Stream<Statements> inPrefixes = prefixes.apply(group).stream()
                        .filter(prefix -> EtherType.of(prefix.address()) == rule.etherType())
                        .sorted(Comparator.comparing(Prefix::toString))
                        .map(prefix -> remoteIn(prefix, toGuest));
                yield Stream.concat(Stream.of(member), inPrefixes).map(match -> allow(chain, rule, match));
            }
        };
    }

    private static Statements remoteIn(Prefix prefix, boolean toGuest) {
        return toGuest ? rule().sourceIn(prefix) : rule().destinationIn(prefix);
    }

    private static NftRule allow(String chain, Rule rule, Statements statements) {
        switch (rule.traffic()) {
            case Traffic.Any() -> {}
            case Traffic.OfProtocol(var protocol) -> statements.protocol(protocol);
            case Traffic.Ports(var protocol, int min, int max) -> statements.destinationPorts(protocol, min, max);
            case Traffic.Icmp(var protocol, int type, var code) -> {
                statements.icmpType(protocol, type);
                if (code != null) {
                    statements.icmpCode(code);
                }
            }
        }
        return statements.rule(INET, chain, ACCEPT, rule.id());
    }

    /// The sets for a group's addresses, which a rule of any group may name.
    public static Fragment memberSets(GroupId group) {
        return new Fragment.Builder()
                .set(new NftSet(INET, Layout.memberSet(group, EtherType.IPV4), SetType.setOf(Field.IPV4_ADDRESS)))
                .set(new NftSet(INET, Layout.memberSet(group, EtherType.IPV6), SetType.setOf(Field.IPV6_ADDRESS)))
                .build();
    }

    private static Statements rule() {
        return new Statements();
    }

    private static void base(Fragment.Builder fragment, TableId table, String name, Hook hook, List<NftRule> rules) {
        fragment.chain(new NftChain(table, name, hook), rules);
    }

    private static void regular(Fragment.Builder fragment, TableId table, String name, List<NftRule> rules) {
        fragment.chain(new NftChain(table, name, null), rules);
    }

    private static void verdict(
            Fragment.Builder fragment, TableId table, String map, InterfaceName device, Verdict verdict) {
        fragment.element(table, map, new SetElement(key(device.value()), new SetElement.Value.To(verdict)));
    }

    private static void counted(
            Fragment.Builder fragment, TableId table, String map, InterfaceName device, String counter) {
        fragment.element(table, map, new SetElement(key(device.value()), new SetElement.Value.CountedBy(counter)));
    }
}
