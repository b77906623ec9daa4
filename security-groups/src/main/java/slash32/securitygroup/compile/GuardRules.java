package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.FROM_GUEST;
import static slash32.securitygroup.compile.Layout.GUARDED;
import static slash32.securitygroup.compile.Layout.HOST_SERVICES;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.MACS;
import static slash32.securitygroup.compile.Layout.PAIRS;
import static slash32.securitygroup.compile.Layout.SEGMENT_SERVICES;
import static slash32.securitygroup.compile.Layout.SOURCES_6;
import static slash32.securitygroup.compile.Layout.TO_GUEST;
import static slash32.securitygroup.compile.Statements.ESTABLISHED_OR_RELATED;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.List;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.netlink.netfilter.NftRule;
import slash32.securitygroup.Direction;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.IpProtocol;

/// What is judged before and beside a guest's own rules: whose name it sends in, what it may say to the host, and what
/// passes or is dropped whatever its groups say.
final class GuardRules {
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

    static final int DHCP_SERVER = 67;
    private static final int HTTP = 80;
    /// Where guests read their metadata, by what every cloud does.
    private static final List<Prefix> METADATA =
            List.of(Prefix.parse("169.254.169.254/32"), Prefix.parse("fd00:ec2::254/128"));

    static final int DHCP_CLIENT = 68;
    static final int DHCPV6_CLIENT = 546;
    static final int DHCPV6_SERVER = 547;

    static final Prefix UNSPECIFIED_4 = Prefix.parse("0.0.0.0/32");
    private static final Prefix BROADCAST_4 = Prefix.parse("255.255.255.255/32");
    private static final Prefix UNSPECIFIED_6 = Prefix.parse("::/128");
    static final Prefix LINK_LOCAL_6 = Prefix.parse("fe80::/10");
    private static final Prefix LINK_MULTICAST_6 = Prefix.parse("ff02::/16");

    private GuardRules() {}

    /// What a guest sends has a MAC and an address of its own, or of its pairs.
    ///
    /// @param rules what the chain begins with; added to
    static List<NftRule> guarded(List<NftRule> rules, List<IpAddress> gateways) {
        for (IpAddress gateway : gateways) {
            rules.add(rule().sourceIn(gateway.hostPrefix()).drop(INET, GUARDED, DropReason.SPOOFED, Direction.EGRESS));
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
        rules.add(rule().drop(INET, GUARDED, DropReason.SPOOFED, Direction.EGRESS));
        return rules;
    }

    /// What a guest may say to the host itself.
    ///
    /// @param rules what the chain begins with; added to
    static List<NftRule> hostServices(List<NftRule> rules, List<IpAddress> gateways) {
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
        rules.add(rule().drop(INET, HOST_SERVICES, DropReason.TO_HOST, Direction.EGRESS));
        return rules;
    }

    /// What guests of segments may say to the host, as their gateway: who they are the bridge's guard has looked at.
    static List<NftRule> segmentServices() {
        var rules = new ArrayList<NftRule>();
        rules.add(rule().state(ESTABLISHED_OR_RELATED).accept(INET, SEGMENT_SERVICES));
        rules.add(rule().inputDestinationIn(EtherType.IPV4, Layout.GATEWAYS_4)
                .icmpType(IpProtocol.ICMP, ECHO_REQUEST)
                .accept(INET, SEGMENT_SERVICES));
        rules.add(rule().inputDestinationIn(EtherType.IPV6, Layout.GATEWAYS_6)
                .icmpType(IpProtocol.ICMPV6, ECHO_REQUEST_6)
                .accept(INET, SEGMENT_SERVICES));
        for (int type : new int[] {NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT}) {
            rules.add(rule().family(EtherType.IPV6)
                    .icmpType(IpProtocol.ICMPV6, type)
                    .accept(INET, SEGMENT_SERVICES));
        }
        rules.add(rule().family(EtherType.IPV6)
                .icmpType(IpProtocol.ICMPV6, ROUTER_SOLICITATION) // the agent answers, not the kernel
                .drop(INET, SEGMENT_SERVICES));
        rules.add(rule().drop(INET, SEGMENT_SERVICES, DropReason.TO_HOST, Direction.EGRESS));
        return rules;
    }

    /// What a guest may or may not send whatever its groups say: it is no router and no DHCP server.
    static List<NftRule> providerEgress() {
        return List.of(
                rule().udp(DHCP_CLIENT, DHCP_SERVER).pass(INET, FROM_GUEST),
                rule().family(EtherType.IPV6)
                        .icmpType(IpProtocol.ICMPV6, ROUTER_ADVERTISEMENT)
                        .drop(INET, FROM_GUEST, DropReason.ROUTER_GUARD, Direction.EGRESS),
                rule().family(EtherType.IPV6)
                        .icmpType(IpProtocol.ICMPV6, REDIRECT)
                        .drop(INET, FROM_GUEST, DropReason.ROUTER_GUARD, Direction.EGRESS),
                rule().family(EtherType.IPV6).protocol(IpProtocol.ICMPV6).pass(INET, FROM_GUEST),
                rule().udp(DHCPV6_CLIENT, DHCPV6_SERVER).pass(INET, FROM_GUEST),
                rule().udp(DHCP_SERVER, DHCP_CLIENT).drop(INET, FROM_GUEST, DropReason.DHCP_GUARD, Direction.EGRESS),
                rule().udp(DHCPV6_SERVER, DHCPV6_CLIENT)
                        .drop(INET, FROM_GUEST, DropReason.DHCP_GUARD, Direction.EGRESS));
    }

    /// What reaches a guest whatever its groups say.
    static List<NftRule> providerIngress() {
        var rules = new ArrayList<NftRule>();
        for (int type : new int[] {MLD_QUERY, ROUTER_ADVERTISEMENT, NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT}) {
            rules.add(rule().family(EtherType.IPV6)
                    .icmpType(IpProtocol.ICMPV6, type)
                    .pass(INET, TO_GUEST));
        }
        rules.add(rule().udp(DHCP_SERVER, DHCP_CLIENT).pass(INET, TO_GUEST));
        rules.add(rule().udp(DHCPV6_SERVER, DHCPV6_CLIENT).pass(INET, TO_GUEST));
        return rules;
    }
}
