package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.ANSWERS_IN;
import static slash32.securitygroup.compile.Layout.ANSWERS_OUT;
import static slash32.securitygroup.compile.Layout.ARP;
import static slash32.securitygroup.compile.Layout.BACKSTOP;
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
import static slash32.securitygroup.compile.Statements.ESTABLISHED_OR_RELATED;
import static slash32.securitygroup.compile.Statements.INVALID;
import static slash32.securitygroup.compile.Statements.key;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
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
import slash32.securitygroup.EndpointPolicy;
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
    /// Before conntrack, so that nothing forged makes an entry there.
    private static final int PRIORITY_RAW = -300;

    /// After the backstop.
    private static final int PRIORITY_STAMP = 2;

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
    private static final int HTTP = 80;
    /// Where guests read their metadata, by what every cloud does.
    private static final List<Prefix> METADATA =
            List.of(Prefix.parse("169.254.169.254/32"), Prefix.parse("fd00:ec2::254/128"));

    private static final int DHCP_CLIENT = 68;
    private static final int DHCPV6_CLIENT = 546;
    private static final int DHCPV6_SERVER = 547;

    private static final Prefix UNSPECIFIED_4 = Prefix.parse("0.0.0.0/32");
    private static final Prefix BROADCAST_4 = Prefix.parse("255.255.255.255/32");
    private static final Prefix UNSPECIFIED_6 = Prefix.parse("::/128");
    private static final Prefix LINK_LOCAL_6 = Prefix.parse("fe80::/10");
    private static final Prefix LINK_MULTICAST_6 = Prefix.parse("ff02::/16");

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

    /// Addresses of the virtual gateway.
    public List<IpAddress> gateways() {
        return gateways;
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

    /// An element of a set of interfaces.
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
        base(fragment, INET, PREROUTING, new Hook(Hook.Point.PREROUTING, PRIORITY_RAW), prerouting());
        base(
                fragment,
                INET,
                INPUT,
                new Hook(Hook.Point.INPUT, PRIORITY_FILTER),
                List.of(rule().inputIn(GUESTS).rule(INET, INPUT, goTo(TO_HOST), "")));
        base(
                fragment,
                INET,
                FORWARD_FROM,
                new Hook(Hook.Point.FORWARD, PRIORITY_FROM),
                List.of(rule().inputIn(GUESTS).rule(INET, FORWARD_FROM, goTo(FROM_ENDPOINT), "")));
        base(fragment, INET, FORWARD_TO, new Hook(Hook.Point.FORWARD, PRIORITY_FILTER), to(FORWARD_TO));
        base(fragment, INET, OUTPUT, new Hook(Hook.Point.OUTPUT, PRIORITY_FILTER), output());
        base(fragment, INET, FORWARD_STAMP, new Hook(Hook.Point.FORWARD, PRIORITY_STAMP), forwardStamp());
        base(
                fragment,
                INET,
                OUTPUT_STAMP,
                new Hook(Hook.Point.OUTPUT, PRIORITY_STAMP),
                List.of(rule().outputIn(STATEFUL).stampFlow(STAMP).rule(INET, OUTPUT_STAMP)));
        regular(fragment, INET, FROM_ANSWERS, fromAnswers());
        regular(fragment, INET, TO_ANSWERS, toAnswers());
        regular(fragment, INET, GUARD, byKind(GUARD, true, GUARDED, GUARDED, PASSING));
        regular(fragment, INET, TO_HOST, byKind(TO_HOST, true, HOST_SERVICES, HOST_SERVICES, HOST_SERVICES));
        regular(fragment, INET, FROM_ENDPOINT, byKind(FROM_ENDPOINT, true, FROM_STATEFUL, FROM_STATELESS, PASSING));
        regular(fragment, INET, TO_ENDPOINT, byKind(TO_ENDPOINT, false, TO_STATEFUL, TO_STATELESS, PASSING));
        regular(fragment, INET, GUARDED, guarded());
        regular(fragment, INET, HOST_SERVICES, hostServices());
        regular(fragment, INET, PASSING, judging(PASSING));
        regular(fragment, INET, PROVIDER_EGRESS, providerEgress());
        regular(fragment, INET, PROVIDER_INGRESS, providerIngress());
        regular(fragment, INET, FROM_STATEFUL, stateful(FROM_STATEFUL, FROM_ANSWERS, FROM_GUEST));
        regular(fragment, INET, FROM_STATELESS, stateless(FROM_STATELESS, FROM_GUEST));
        regular(
                fragment,
                INET,
                FROM_GUEST,
                List.of(
                        rule().rule(INET, FROM_GUEST, new Verdict.Jump(PROVIDER_EGRESS), ""),
                        rule().rule(INET, FROM_GUEST, new Verdict.Jump(EACH_OUT), ""),
                        rule().countByInput(FROM_COUNTERS).drop(INET, FROM_GUEST),
                        rule().drop(INET, FROM_GUEST)));
        regular(fragment, INET, TO_STATEFUL, stateful(TO_STATEFUL, TO_ANSWERS, TO_GUEST));
        regular(fragment, INET, TO_STATELESS, stateless(TO_STATELESS, TO_GUEST));
        regular(
                fragment,
                INET,
                TO_GUEST,
                List.of(
                        rule().rule(INET, TO_GUEST, new Verdict.Jump(PROVIDER_INGRESS), ""),
                        rule().rule(INET, TO_GUEST, new Verdict.Jump(EACH_IN), ""),
                        rule().countByOutput(TO_COUNTERS).drop(INET, TO_GUEST),
                        rule().drop(INET, TO_GUEST)));
        arp(fragment);
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
        rules.add(rule().drop(INET, chain));
        return rules;
    }

    private static Verdict goTo(String chain) {
        return new Verdict.Goto(chain);
    }

    private List<NftRule> stateful(String chain, String answers, String next) {
        List<NftRule> rules = judging(chain);
        rules.add(rule().flowMarkIn(FRESH).accept(INET, chain));
        Statements invalid = rule().state(INVALID);
        rules.add((next.equals(FROM_GUEST) ? invalid.countByInput(FROM_COUNTERS) : invalid.countByOutput(TO_COUNTERS))
                .drop(INET, chain));
        rules.add(rule().state(INVALID).drop(INET, chain));
        rules.add(rule().answer().rule(INET, chain, goTo(answers), ""));
        rules.add(rule().rule(INET, chain, goTo(next), ""));
        return rules;
    }

    /// What a guest answers to what its groups, or {@link #providerIngress}, let reach it.
    private static List<NftRule> fromAnswers() {
        return List.of(
                rule().udp(DHCP_CLIENT, DHCP_SERVER).accept(INET, FROM_ANSWERS),
                rule().udp(DHCPV6_CLIENT, DHCPV6_SERVER).accept(INET, FROM_ANSWERS),
                rule().rule(INET, FROM_ANSWERS, new Verdict.Jump(ANSWERS_OUT), ""),
                rule().countByInput(FROM_COUNTERS).drop(INET, FROM_ANSWERS),
                rule().drop(INET, FROM_ANSWERS));
    }

    /// What answers a guest that its groups, or {@link #providerEgress}, let ask.
    private static List<NftRule> toAnswers() {
        return List.of(
                flow().protocol(IpProtocol.ICMPV6).accept(INET, TO_ANSWERS),
                flow().udp(DHCP_CLIENT, DHCP_SERVER).accept(INET, TO_ANSWERS),
                flow().udp(DHCPV6_CLIENT, DHCPV6_SERVER).accept(INET, TO_ANSWERS),
                rule().rule(INET, TO_ANSWERS, new Verdict.Jump(ANSWERS_IN), ""),
                rule().countByOutput(TO_COUNTERS).drop(INET, TO_ANSWERS),
                rule().drop(INET, TO_ANSWERS));
    }

    /// What the host answers was asked by a guest, and {@link #hostServices} let the question pass.
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
        guestPrefixes.forEach(prefix -> rules.add(rule().inputPrefix(prefix).drop(INET, PREROUTING)));
        return rules;
    }

    private List<NftRule> to(String chain) {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().outputIn(GUESTS).rule(INET, chain, goTo(TO_ENDPOINT), ""));
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
            rules.add(rule().sourceIn(gateway.hostPrefix()).drop(INET, GUARDED));
        }
        rules.add(rule().inputVerdict(PAIRS).rule(INET, GUARDED));
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
        rules.add(rule().drop(INET, GUARDED));
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
        METADATA.forEach(
                address -> rules.add(rule().destinationIn(address).tcpTo(HTTP).accept(INET, HOST_SERVICES)));
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
        rules.add(rule().drop(INET, HOST_SERVICES));
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
        guestPrefixes.forEach(prefix -> input.add(rule().inputPrefix(prefix).drop(ARP, INPUT)));
        base(fragment, ARP, INPUT, new Hook(Hook.Point.ARP_INPUT, PRIORITY_FILTER), input);
        regular(
                fragment,
                ARP,
                GUARDED,
                List.of(
                        rule().arpSenderIn(SOURCES_4).accept(ARP, GUARDED),
                        rule().inputIn(OPEN).accept(ARP, GUARDED),
                        rule().inputVerdict(PAIRS).rule(ARP, GUARDED),
                        rule().countByInput(SPOOFED_COUNTERS).drop(ARP, GUARDED),
                        rule().drop(ARP, GUARDED)));
    }

    /// An endpoint's part.
    ///
    /// @param stateful false if all its groups are stateless: then replies need a rule as all else
    public static Fragment endpoint(EndpointPolicy policy, boolean stateful) {
        InterfaceName device = policy.device();
        var fragment = new Fragment.Builder();
        known(fragment, device);
        counted(fragment, INET, HOST_COUNTERS, device, Layout.hostCounter(device));
        if (!policy.portSecurity()) {
            for (TableId table : Layout.TABLES) {
                fragment.element(table, OPEN, guest(device));
            }
            return fragment.build();
        }
        fragment.element(INET, stateful ? STATEFUL : STATELESS, guest(device));
        for (TableId table : Layout.TABLES) {
            pairs(fragment, table, policy);
            counted(fragment, table, SPOOFED_COUNTERS, device, Layout.spoofedCounter(device));
        }
        sources(fragment, policy);
        counted(fragment, INET, FROM_COUNTERS, device, Layout.fromCounter(device));
        counted(fragment, INET, TO_COUNTERS, device, Layout.toCounter(device));
        for (int position = 1; position <= policy.groups().size(); position++) {
            int group = (int) policy.groups().get(position - 1).number();
            fragment.element(
                    INET,
                    GroupRules.groupAt(position).name(),
                    new SetElement(key(device.value()), new SetElement.Value.Mark(group)));
        }
        return fragment.build();
    }

    private static void known(Fragment.Builder fragment, InterfaceName device) {
        for (TableId table : Layout.TABLES) {
            fragment.element(table, GUESTS, guest(device));
        }
    }

    /// The chain of an endpoint that may send as whole prefixes; the only one that an endpoint may have.
    private static void pairs(Fragment.Builder fragment, TableId table, EndpointPolicy policy) {
        List<AddressPair> wide = policy.pairs().stream()
                .filter(pair -> !pair.prefix().isHost())
                .filter(pair -> table.equals(INET) || pair.prefix().isIpv4())
                .sorted(Comparator.comparing(AddressPair::toString))
                .toList();
        if (wide.isEmpty()) {
            return;
        }
        String chain = Layout.GUARD_OF + policy.device();
        var rules = new ArrayList<NftRule>();
        for (AddressPair pair : wide) {
            Statements match = table.equals(INET)
                    ? rule().sourceMac(pair.mac()).sourceIn(pair.prefix())
                    : rule().arpSender(pair.mac(), pair.prefix());
            rules.add(match.accept(table, chain));
        }
        regular(fragment, table, chain, rules);
        fragment.element(
                table,
                PAIRS,
                new SetElement(key(policy.device().value()), new SetElement.Value.To(new Verdict.Jump(chain))));
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

    /// The part of an interface through which nothing passes.
    public static Fragment blocked(InterfaceName device) {
        var fragment = new Fragment.Builder();
        known(fragment, device);
        return fragment.build();
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

    private static Statements flow() {
        return new Statements(true);
    }

    private static void base(Fragment.Builder fragment, TableId table, String name, Hook hook, List<NftRule> rules) {
        fragment.chain(new NftChain(table, name, hook), rules);
    }

    private static void regular(Fragment.Builder fragment, TableId table, String name, List<NftRule> rules) {
        fragment.chain(new NftChain(table, name, null), rules);
    }

    private static void counted(
            Fragment.Builder fragment, TableId table, String map, InterfaceName device, String counter) {
        fragment.counter(table, counter);
        fragment.element(table, map, new SetElement(key(device.value()), new SetElement.Value.CountedBy(counter)));
    }
}
