package slash32.overlay.guard;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import slash32.netlink.netfilter.Family;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.TableId;

/// The rules, which are the same as long as the node's configuration is; who they are about is in sets.
final class GuardRules {
    static final TableId TABLE = new TableId(Family.INET, "slash32_overlay");

    /// Addresses of guests of other sites.
    static final String ELSEWHERE_4 = "elsewhere4";

    static final String ELSEWHERE_6 = "elsewhere6";
    /// Nodes of other sites, by all their addresses.
    static final String NODES_4 = "nodes";

    static final String NODES_6 = "nodes6";
    /// Where peers send ESP from.
    static final String PEERS = "peers";

    /// Nodes of this site by their addresses in the admin network.
    static final String ADMINS = "admins";

    /// Those of other sites.
    static final String ADMINS_ELSEWHERE = "admins_elsewhere";

    /// Guests of another site, in the clear.
    static final String PLAIN = "plain";

    /// Frames of segments, and of others' tunnels, in the clear.
    static final String TUNNEL = "tunnel";

    /// From other sites' guests to this host itself.
    static final String TO_HOST = "to-host";

    static final String STRANGER = "stranger";

    private static final String LEAVE = "leave";
    private static final String ENTER = "enter";
    private static final String HOST = "host";
    private static final String OUTSIDE = "outside";
    private static final List<Boolean> FAMILIES = List.of(true, false);
    private static final List<Integer> IKE_PORTS = List.of(500, 4500);

    /// Before conntrack, NAT and the rules of guests.
    private static final int FIRST = -300;

    private static final int BEFORE_FILTER = -20;
    private static final int ECHO_REQUEST_6 = 128;
    private static final int ECHO_REPLY_6 = 129;

    /// IP in IP, IPv6 in IP, GRE: protocols that carry a packet as it is.
    static final List<Integer> PLAIN_TUNNELS = List.of(4, 41, 47);

    /// IP and TCP without options.
    private static final int HEADERS_4 = 40;

    private static final int HEADERS_6 = 60;

    /// First messages of strangers: what a node can answer without feeling it.
    private static final long HANDSHAKES_PER_SECOND = 100;

    private static final int HANDSHAKES_AT_ONCE = 200;

    private GuardRules() {}

    static List<NftSet> sets(GuardTerms terms) {
        SetType ipv4 = SetType.setOf(Field.IPV4_ADDRESS);
        var sets = new ArrayList<>(List.of(
                new NftSet(TABLE, ELSEWHERE_4, ipv4),
                new NftSet(TABLE, ELSEWHERE_6, SetType.setOf(Field.IPV6_ADDRESS)),
                new NftSet(TABLE, NODES_4, ipv4),
                new NftSet(TABLE, NODES_6, SetType.setOf(Field.IPV6_ADDRESS)),
                new NftSet(TABLE, PEERS, ipv4),
                new NftSet(TABLE, ADMINS, ipv4),
                new NftSet(TABLE, ADMINS_ELSEWHERE, ipv4)));
        terms.limitedPorts().stream().sorted().forEach(port -> sets.add(new NftSet(TABLE, framesTo(port), ipv4)));
        return sets;
    }

    /// Of the nodes of other sites that may send frames to a port.
    static String framesTo(int port) {
        return "frames" + port;
    }

    /// Every chain with its rules; one that is jumped to before those that jump.
    static Map<NftChain, List<NftRule>> chains(GuardTerms terms) {
        var chains = new LinkedHashMap<NftChain, List<NftRule>>();
        chains.put(new NftChain(TABLE, OUTSIDE, null), outside(terms));
        chains.put(new NftChain(TABLE, AdminRules.SEND, null), AdminRules.send(terms));
        chains.put(new NftChain(TABLE, AdminRules.TAKE, null), AdminRules.take(terms));
        chains.put(new NftChain(TABLE, LEAVE, new Hook(Hook.Point.POSTROUTING, FIRST)), leave(terms));
        chains.put(new NftChain(TABLE, ENTER, new Hook(Hook.Point.PREROUTING, FIRST)), enter(terms));
        chains.put(new NftChain(TABLE, HOST, new Hook(Hook.Point.INPUT, BEFORE_FILTER)), host(terms));
        return chains;
    }

    private static List<NftRule> leave(GuardTerms terms) {
        var rules = new ArrayList<>(AdminRules.to(AdminRules.SEND, terms, LEAVE));
        for (boolean ipv4 : FAMILIES) {
            rules.add(new Clause().to(terms.way()).ip(ipv4).segmentSize(mostOf(terms.mtuBytes(), ipv4), LEAVE));
            for (Inside inside : terms.inside()) {
                rules.add(new Clause().to(inside).ip(ipv4).segmentSize(mostOf(terms, inside, ipv4), LEAVE));
            }
        }
        rules.add(new Clause().to(terms.way()).accept(LEAVE));
        terms.inside().forEach(inside -> rules.add(new Clause().to(inside).accept(LEAVE)));
        if (terms.way() instanceof Way.KernelIpsec) {
            rules.add(new Clause().sealedByRoute().accept(LEAVE));
        }
        for (boolean ipv4 : FAMILIES) {
            rules.add(new Clause().destinationIn(elsewhere(ipv4), ipv4).drop(LEAVE, PLAIN));
            tunnels(terms, () -> new Clause().destinationIn(nodes(ipv4), ipv4), LEAVE, rules);
        }
        if (terms.externalAlone()) {
            tunnels(terms, () -> new Clause().source(terms.external()), LEAVE, rules);
        }
        for (Inside inside : terms.inside()) {
            rules.add(new Clause()
                    .source(terms.underlay())
                    .protocol(inside.protocol())
                    .drop(LEAVE, TUNNEL));
        }
        return rules;
    }

    private static List<NftRule> enter(GuardTerms terms) {
        var rules = new ArrayList<>(AdminRules.to(AdminRules.TAKE, terms, ENTER));
        for (boolean ipv4 : FAMILIES) {
            rules.add(new Clause().from(terms.way()).ip(ipv4).segmentSize(mostOf(terms.mtuBytes(), ipv4), ENTER));
            for (Inside inside : terms.inside()) {
                rules.add(new Clause().from(inside).ip(ipv4).segmentSize(mostOf(terms, inside, ipv4), ENTER));
            }
        }
        rules.add(new Clause().from(terms.way()).accept(ENTER));
        terms.inside().forEach(inside -> rules.add(new Clause().from(inside).accept(ENTER)));
        for (boolean ipv4 : FAMILIES) {
            rules.add(new Clause().sourceIn(elsewhere(ipv4), ipv4).drop(ENTER, PLAIN));
            tunnels(terms, () -> new Clause().sourceIn(nodes(ipv4), ipv4), ENTER, rules);
        }
        if (terms.externalAlone()) {
            tunnels(terms, () -> new Clause().destination(terms.external()), ENTER, rules);
        }
        // from anybody: the kernel gives a device also what came by another link than its own
        for (Inside inside : terms.inside()) {
            rules.add(new Clause()
                    .destination(terms.underlay())
                    .protocol(inside.protocol())
                    .drop(ENTER, TUNNEL));
        }
        return rules;
    }

    /// What a guest may say that it takes: a host that no message about the size of a packet reaches (RFC 2923) sends
    /// no more than that.
    private static int mostOf(int mtuBytes, boolean ipv4) {
        return mtuBytes - (ipv4 ? HEADERS_4 : HEADERS_6);
    }

    private static int mostOf(GuardTerms terms, Inside inside, boolean ipv4) {
        return mostOf(terms.mtuBytes() - inside.aroundBytes(), ipv4);
    }

    static String elsewhere(boolean ipv4) {
        return ipv4 ? ELSEWHERE_4 : ELSEWHERE_6;
    }

    static String nodes(boolean ipv4) {
        return ipv4 ? NODES_4 : NODES_6;
    }

    /// Whatever tunnel it is: plain ones are for nodes of this site.
    private static void tunnels(GuardTerms terms, Supplier<Clause> whose, String chain, List<NftRule> rules) {
        terms.tunnelPorts().stream()
                .sorted()
                .forEach(port -> rules.add(whose.get().port(Clause.UDP, port).drop(chain, TUNNEL)));
        PLAIN_TUNNELS.forEach(
                protocol -> rules.add(whose.get().protocol(protocol).drop(chain, TUNNEL)));
    }

    /// By the way from other sites segments' frames of nodes, tunnels' packets, and what nodes send by their admin
    /// addresses come to this node itself; nothing else does.
    private static List<NftRule> host(GuardTerms terms) {
        var rules = new ArrayList<NftRule>();
        terms.tunnelPorts().stream()
                .sorted()
                .forEach(port -> rules.add(new Clause()
                        .from(terms.way())
                        .sourceIn(terms.limitedPorts().contains(port) ? framesTo(port) : NODES_4, true)
                        .destination(terms.underlay())
                        .port(Clause.UDP, port)
                        .accept(HOST)));
        for (Inside inside : terms.inside()) {
            rules.add(new Clause()
                    .from(terms.way())
                    .sourceIn(NODES_4, true)
                    .destination(terms.underlay())
                    .protocol(inside.protocol())
                    .accept(HOST));
        }
        // of the nodes themselves, about the path between them; no router forwards them
        rules.add(new Clause().from(terms.way()).linkLocalIcmpv6(ECHO_REQUEST_6).accept(HOST));
        rules.add(new Clause().from(terms.way()).linkLocalIcmpv6(ECHO_REPLY_6).accept(HOST));
        if (terms.admin() != null) { // judged before, as what came in the clear
            rules.add(new Clause()
                    .from(terms.way())
                    .sourceIn(ADMINS_ELSEWHERE, true)
                    .destination(terms.admin().address())
                    .accept(HOST));
            for (Inside inside : terms.inside()) {
                rules.add(new Clause()
                        .from(inside)
                        .sourceIn(ADMINS_ELSEWHERE, true)
                        .destination(terms.admin().address())
                        .accept(HOST));
            }
        }
        terms.inside().forEach(inside -> rules.add(new Clause().from(inside).drop(HOST, TO_HOST)));
        rules.add(new Clause().from(terms.way()).drop(HOST, TO_HOST));
        rules.add(new Clause().destination(terms.external()).jump(HOST, OUTSIDE));
        return rules;
    }

    /// What reaches the external address: ESP and IKE of peers, some of strangers' first messages; nothing else if the
    /// address is for this alone.
    private static List<NftRule> outside(GuardTerms terms) {
        var rules = new ArrayList<NftRule>();
        for (int port : IKE_PORTS) {
            rules.add(new Clause().sourceIn(PEERS, true).port(Clause.UDP, port).accept(OUTSIDE));
            rules.add(new Clause()
                    .port(Clause.UDP, port)
                    .within(HANDSHAKES_PER_SECOND, HANDSHAKES_AT_ONCE)
                    .accept(OUTSIDE));
            rules.add(new Clause().port(Clause.UDP, port).drop(OUTSIDE, STRANGER));
        }
        rules.add(new Clause().sourceIn(PEERS, true).protocol(Clause.ESP).accept(OUTSIDE));
        rules.add(new Clause().protocol(Clause.ESP).drop(OUTSIDE, STRANGER));
        if (terms.externalAlone()) {
            rules.add(new Clause().ofKnownFlow().accept(OUTSIDE));
            rules.add(new Clause().protocol(Clause.ICMP).accept(OUTSIDE));
            rules.add(new Clause().protocol(Clause.ICMPV6).accept(OUTSIDE));
            terms.openPorts().stream()
                    .sorted()
                    .forEach(port ->
                            rules.add(new Clause().port(Clause.TCP, port).accept(OUTSIDE)));
            rules.add(new Clause().drop(OUTSIDE, STRANGER));
        }
        return rules;
    }
}
