package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.GuardRules.DHCPV6_CLIENT;
import static slash32.securitygroup.compile.GuardRules.DHCPV6_SERVER;
import static slash32.securitygroup.compile.GuardRules.DHCP_CLIENT;
import static slash32.securitygroup.compile.GuardRules.DHCP_SERVER;
import static slash32.securitygroup.compile.GuardRules.LINK_LOCAL_6;
import static slash32.securitygroup.compile.Layout.GUESTS;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.NODES_4;
import static slash32.securitygroup.compile.Layout.NODES_6;
import static slash32.securitygroup.compile.Layout.PROTECT_HOST;
import static slash32.securitygroup.compile.Statements.ESTABLISHED_OR_RELATED;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Field;
import slash32.securitygroup.Direction;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.HostRule;
import slash32.securitygroup.HostRules;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Traffic;

/// What reaches the host itself, but for guests': a base chain that is there only when there are host rules. It stays
/// as it is when the agent ends or dies, the operator's way in included.
public final class HostProtection {
    private static final String LOOPBACK = "lo";
    /// Single-hop and multihop (RFC 5881 §4, RFC 5883 §5).
    private static final List<Integer> BFD_PORTS = List.of(3784, 4784);

    /// And of ESP in UDP (RFC 3948 §2.1).
    private static final List<Integer> IKE_PORTS = List.of(500, 4500);

    private static final IpProtocol ESP = new IpProtocol(50);

    private static final NftChain CHAIN =
            new NftChain(INET, PROTECT_HOST, new Hook(Hook.Point.INPUT, Layout.PRIORITY_PROTECT));

    private static final Set<NftSet> SETS = Set.of(
            new NftSet(INET, NODES_4, SetType.setOf(Field.IPV4_ADDRESS)),
            new NftSet(INET, NODES_6, SetType.setOf(Field.IPV6_ADDRESS)));

    private HostProtection() {}

    /// True if it is the chain that {@link #of} makes.
    public static boolean isChain(NftChain chain) {
        return chain.equals(CHAIN);
    }

    /// True if it is one of the sets of nodes.
    public static boolean isSet(NftSet set) {
        return SETS.contains(set);
    }

    /// What of {@code host} is about nodes.
    public static Fragment nodesOf(Fragment host) {
        var nodes = new Fragment.Builder();
        host.sets().forEach(nodes::set);
        host.elements().forEach(placed -> nodes.element(placed.table(), placed.set(), placed.element()));
        return nodes.build();
    }

    /// The chain for these rules, and the sets that it looks nodes up in.
    ///
    /// @param nodes underlay addresses
    public static Fragment of(HostRules rules, Collection<? extends IpAddress> nodes) {
        var chain = new ArrayList<NftRule>();
        chain.add(rule().inputIs(LOOPBACK).accept(INET, PROTECT_HOST));
        chain.add(rule().inputIn(GUESTS).accept(INET, PROTECT_HOST));
        chain.add(rule().state(ESTABLISHED_OR_RELATED).accept(INET, PROTECT_HOST));
        chain.add(rule().protocol(IpProtocol.ICMP).accept(INET, PROTECT_HOST));
        chain.add(rule().protocol(IpProtocol.ICMPV6).accept(INET, PROTECT_HOST));
        chain.add(rule().udp(DHCP_SERVER, DHCP_CLIENT).accept(INET, PROTECT_HOST));
        chain.add(rule().udp(DHCPV6_SERVER, DHCPV6_CLIENT).accept(INET, PROTECT_HOST));
        rules.failsafePorts().stream()
                .sorted()
                .forEach(port -> chain.add(rule().tcpTo(port).accept(INET, PROTECT_HOST)));
        Stream.concat(rules.peers().stream(), Stream.of(LINK_LOCAL_6))
                .sorted(Comparator.comparing(Prefix::toString))
                .forEach(peer -> peer(peer, rules, chain));
        rules.fromNodes().forEach(traffic -> {
            chain.add(fromNodes(EtherType.IPV4, NODES_4, traffic));
            chain.add(fromNodes(EtherType.IPV6, NODES_6, traffic));
        });
        IpAddress end = rules.overlayEnd();
        if (end != null) {
            IKE_PORTS.forEach(port -> chain.add(rule().destinationIn(end.hostPrefix())
                    .destinationPorts(IpProtocol.UDP, port, port)
                    .accept(INET, PROTECT_HOST)));
            chain.add(rule().destinationIn(end.hostPrefix()).protocol(ESP).accept(INET, PROTECT_HOST));
        }
        rules.allow().forEach(allowed -> chain.add(match(allowed).accept(INET, PROTECT_HOST)));
        chain.add(rule().drop(INET, PROTECT_HOST, DropReason.HOST_RULES, Direction.INGRESS));
        var fragment = new Fragment.Builder().chain(CHAIN, chain);
        if (!rules.fromNodes().isEmpty()) {
            SETS.forEach(fragment::set);
            nodes.forEach(node -> fragment.element(
                    INET, node.isIpv4() ? NODES_4 : NODES_6, SetElement.of(Bytes.copyOf(node.toArray()))));
        }
        return fragment.build();
    }

    private static NftRule fromNodes(EtherType family, String set, Traffic traffic) {
        return match(rule().sourceIn(family, set), traffic).accept(INET, PROTECT_HOST);
    }

    private static void peer(Prefix peer, HostRules rules, List<NftRule> chain) {
        rules.bgpPorts().stream()
                .sorted()
                .forEach(port -> chain.add(rule().sourceIn(peer).tcpTo(port).accept(INET, PROTECT_HOST)));
        BFD_PORTS.forEach(port -> chain.add(rule().sourceIn(peer)
                .destinationPorts(IpProtocol.UDP, port, port)
                .accept(INET, PROTECT_HOST)));
    }

    private static Statements match(HostRule allowed) {
        Prefix from = allowed.from();
        return match(from == null ? rule() : rule().sourceIn(from), allowed.traffic());
    }

    private static Statements match(Statements match, Traffic traffic) {
        return switch (traffic) {
            case Traffic.Any() -> match;
            case Traffic.OfProtocol(var protocol) -> match.protocol(protocol);
            case Traffic.Ports(var protocol, int min, int max) -> match.destinationPorts(protocol, min, max);
            case Traffic.Icmp _ -> throw new IllegalStateException("a host rule of ICMP: " + traffic);
        };
    }
}
