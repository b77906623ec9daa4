package slash32.overlay.vxlan;

import static slash32.overlay.vxlan.FrameRule.when;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.NumberRange;
import slash32.netlink.netfilter.Expression.Payload.Header;
import slash32.netlink.netfilter.Family;
import slash32.netlink.netfilter.Hook;
import slash32.netlink.netfilter.JudgedMark;
import slash32.netlink.netfilter.NftChain;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.PacketLimit;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.TableId;
import slash32.overlay.evpn.FrameRules;
import slash32.overlay.evpn.Port;
import slash32.overlay.evpn.Segment;

/// What frames of segments' guests have to be, as a table of family bridge whose rules never change: ports and VXLAN
/// devices are elements of its sets.
///
/// ```
/// prerouting  a port's frame: no BPDU, from its MAC, in its VLANs, from its addresses, not too much broadcast
/// input       what is for the segment's gateway; nothing else of a segment is for the host
/// arrived     the same as judged, of what is for the gateway
/// forward     what a VXLAN device would send to all: as the segment's flooding says; no tags to ports with groups
/// judged      IP from and to ports with groups: only what their rules judged (docs/adr/0032)
/// output      the same of what the host itself sends, which stays on it
/// ```
final class GuardRules {
    static final TableId TABLE = new TableId(Family.BRIDGE, "slash32");

    private static final String PORTS = "ports";
    private static final String MACS = "macs";
    private static final String SOURCES_4 = "sources_4";
    private static final String SOURCES_6 = "sources_6";
    private static final String ANY_SOURCE = "any_source";
    private static final String VLANS = "vlans";
    private static final String ANY_VLAN = "any_vlan";
    private static final String STORM = "storm";
    /// Ports with security groups.
    private static final String GROUPED = "grouped";
    /// Ports of segments with a gateway, and what that answers for.
    private static final String ROUTED = "routed";
    private static final String GATEWAYS_4 = "gateways_4";
    private static final String GATEWAYS_6 = "gateways_6";

    private static final String UPLINKS = "uplinks";
    private static final String QUIET = "quiet";
    private static final String ONLY_QUESTIONS = "only_questions";

    static final List<NftSet> SETS = List.of(
            names(PORTS),
            set(MACS, Field.INTERFACE_NAME, Field.ETHERNET_ADDRESS),
            set(SOURCES_4, Field.INTERFACE_NAME, Field.IPV4_ADDRESS),
            set(SOURCES_6, Field.INTERFACE_NAME, Field.IPV6_ADDRESS),
            names(ANY_SOURCE),
            set(VLANS, Field.INTERFACE_NAME, Field.PORT),
            names(ANY_VLAN),
            new NftSet(TABLE, STORM, new SetType(List.of(Field.INTERFACE_NAME), SetType.Content.LIMITED)),
            names(GROUPED),
            names(ROUTED),
            set(GATEWAYS_4, Field.INTERFACE_NAME, Field.IPV4_ADDRESS),
            set(GATEWAYS_6, Field.INTERFACE_NAME, Field.IPV6_ADDRESS),
            names(UPLINKS),
            names(QUIET),
            names(ONLY_QUESTIONS));

    private static final String ARP = "0806";
    private static final String IPV4 = "0800";
    private static final String IPV6 = "86dd";
    private static final String UDP = "11";
    private static final String ICMPV6 = "3a";
    private static final String ROUTER_SOLICITATION = "85";
    private static final String SOLICITATION = "87";
    private static final String ADVERTISEMENT = "88";
    private static final String LINK_LOCAL_MASK = "ffc0";
    private static final String LINK_LOCAL = "fe80";
    private static final String UNSPECIFIED_6 = "00".repeat(16);
    private static final String BRIDGES_MASK = "fffffffffff0";
    private static final String BRIDGES = "0180c2000000";
    private static final String GATEWAY = MacAddress.GATEWAY.toString().replace(":", "");
    private static final int RAW = -300;
    /// After the rules of groups.
    private static final int FILTER = 0;

    static final Map<NftChain, List<NftRule>> CHAINS = chains();

    private GuardRules() {}

    private static NftSet names(String name) {
        return set(name, Field.INTERFACE_NAME);
    }

    private static NftSet set(String name, Field... key) {
        return new NftSet(TABLE, name, SetType.setOf(key));
    }

    private static Map<NftChain, List<NftRule>> chains() {
        var chains = new LinkedHashMap<NftChain, List<NftRule>>();
        // in this order none refers to one that is not there yet
        add(chains, "questions", null, questions("questions"));
        add(chains, "neighbors", null, neighbors("neighbors"));
        add(chains, "ipv6", null, ipv6("ipv6"));
        add(chains, "ipv4", null, ipv4("ipv4"));
        add(chains, "arp_address", null, arpAddress("arp_address"));
        add(chains, "arp", null, arp("arp"));
        add(chains, "to_gateway", null, toGateway("to_gateway"));
        add(chains, "tagged", null, tagged("tagged"));
        add(chains, "own_mac", null, ownMac("own_mac"));
        add(chains, "from_port", null, fromPort("from_port"));
        add(chains, "for_host", null, forHost("for_host"));
        add(chains, "flood_question", null, floodQuestion("flood_question"));
        add(chains, "flood", null, flood("flood"));
        add(chains, "from_grouped", null, judged("from_grouped", JudgedMark.FROM_GUEST));
        add(chains, "to_grouped", null, judged("to_grouped", JudgedMark.TO_GUEST));
        add(chains, "prerouting", new Hook(Hook.Point.PREROUTING, RAW), prerouting("prerouting"));
        add(chains, "input", new Hook(Hook.Point.INPUT, RAW), input("input"));
        add(chains, "forward", new Hook(Hook.Point.FORWARD, RAW), forward("forward"));
        add(
                chains,
                "judged",
                new Hook(Hook.Point.FORWARD, FILTER),
                List.of(
                        when().inputIn(GROUPED).jump("from_grouped", "judged"),
                        when().outputIn(GROUPED).jump("to_grouped", "judged")));
        add(
                chains,
                "arrived",
                new Hook(Hook.Point.INPUT, FILTER),
                List.of(when().inputIn(GROUPED).jump("from_grouped", "arrived")));
        add(
                chains,
                "output",
                new Hook(Hook.Point.OUTPUT, FILTER),
                List.of(
                        when().outputIn(UPLINKS).drop("output"),
                        when().outputIn(GROUPED).jump("to_grouped", "output")));
        return chains;
    }

    private static void add(
            Map<NftChain, List<NftRule>> chains, String name, @Nullable Hook hook, List<NftRule> rules) {
        chains.put(new NftChain(TABLE, name, hook), rules);
    }

    private static List<NftRule> judged(String chain, int bit) {
        return List.of(
                when().protocol(IPV4).without(bit).count(FrameCount.UNJUDGED).drop(chain),
                when().protocol(IPV6).without(bit).count(FrameCount.UNJUDGED).drop(chain),
                when().clear(bit).rule(chain));
    }

    private static List<NftRule> prerouting(String chain) {
        return List.of(when().inputIn(PORTS).goTo("from_port", chain));
    }

    private static List<NftRule> fromPort(String chain) {
        return List.of(
                when().masked(Header.LINK, 0, BRIDGES_MASK, BRIDGES)
                        .count(FrameCount.BPDU)
                        .drop(chain),
                when().inputAnd(Header.LINK, 6, 6, MACS).goTo("own_mac", chain),
                when().count(FrameCount.SPOOFED_MAC).drop(chain));
    }

    private static List<NftRule> ownMac(String chain) {
        return List.of(
                when().multicast().inputIn(STORM).count(FrameCount.STORM).drop(chain),
                when().bytes(Header.LINK, 0, GATEWAY).goTo("to_gateway", chain),
                when().etherType("8100").goTo("tagged", chain),
                when().etherType("88a8").goTo("tagged", chain),
                when().inputIn(ANY_SOURCE).goTo("questions", chain),
                when().etherType(ARP).goTo("arp", chain),
                when().etherType(IPV4).goTo("ipv4", chain),
                when().etherType(IPV6).goTo("ipv6", chain));
    }

    /// Only what comes from an address of the port's gets as far as conntrack: there it is in one zone with all that is
    /// routed. A port whose addresses nobody stated has no gateway.
    private static List<NftRule> toGateway(String chain) {
        return List.of(
                when().inputIn(ROUTED).etherType(ARP).goTo("arp", chain),
                when().inputIn(ROUTED)
                        .etherType(IPV4)
                        .inputAnd(Header.NETWORK, 12, 4, SOURCES_4)
                        .accept(chain),
                when().inputIn(ROUTED)
                        .etherType(IPV6)
                        .inputAnd(Header.NETWORK, 8, 16, SOURCES_6)
                        .goTo("neighbors", chain),
                when().inputIn(ROUTED)
                        .etherType(IPV6)
                        .masked(Header.NETWORK, 8, LINK_LOCAL_MASK, LINK_LOCAL)
                        .transport(ICMPV6)
                        .goTo("neighbors", chain),
                when().inputIn(ROUTED).count(FrameCount.SPOOFED_ADDRESS).drop(chain),
                when().drop(chain));
    }

    /// What is in a tag is the tenant's own network. VLAN 0 is no VLAN: hosts take it as untagged (IEEE 802.1Q).
    /// Groups are about what is untagged, so that ports with groups have no tags.
    private static List<NftRule> tagged(String chain) {
        return List.of(
                when().inputIn(GROUPED).count(FrameCount.VLAN).drop(chain),
                when().masked(Header.LINK, 14, "0fff", "0000")
                        .count(FrameCount.VLAN)
                        .drop(chain),
                when().inputIn(ANY_VLAN).accept(chain),
                when().etherType("8100").inputAndVlan(VLANS).accept(chain),
                when().count(FrameCount.VLAN).drop(chain));
    }

    /// The sender's MAC is the port's, like the frame's, and then its address; 0.0.0.0 probes for one (RFC 5227 §1.1).
    private static List<NftRule> arp(String chain) {
        return List.of(
                when().inputAnd(Header.NETWORK, 8, 6, MACS).goTo("arp_address", chain),
                when().count(FrameCount.SPOOFED_ADDRESS).drop(chain));
    }

    private static List<NftRule> arpAddress(String chain) {
        return List.of(
                when().inputAnd(Header.NETWORK, 14, 4, SOURCES_4).goTo("questions", chain),
                when().bytes(Header.NETWORK, 14, "00000000").goTo("questions", chain),
                when().count(FrameCount.SPOOFED_ADDRESS).drop(chain));
    }

    private static List<NftRule> ipv4(String chain) {
        return List.of(
                when().inputAnd(Header.NETWORK, 12, 4, SOURCES_4).accept(chain),
                when().bytes(Header.NETWORK, 12, "00000000")
                        .transport(UDP)
                        .bytes(Header.TRANSPORT, 0, "00440043") // DHCP, of a client
                        .accept(chain),
                when().count(FrameCount.SPOOFED_ADDRESS).drop(chain));
    }

    /// A guest makes up its link-local address (RFC 7217), and looks whether it is free before it has one.
    private static List<NftRule> ipv6(String chain) {
        return List.of(
                when().inputAnd(Header.NETWORK, 8, 16, SOURCES_6).goTo("neighbors", chain),
                when().masked(Header.NETWORK, 8, LINK_LOCAL_MASK, LINK_LOCAL).goTo("neighbors", chain),
                when().bytes(Header.NETWORK, 8, UNSPECIFIED_6).transport(ICMPV6).goTo("neighbors", chain),
                when().count(FrameCount.SPOOFED_ADDRESS).drop(chain));
    }

    private static List<NftRule> neighbors(String chain) {
        return List.of(
                when().transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, ADVERTISEMENT)
                        .inputAnd(Header.TRANSPORT, 8, 16, SOURCES_6)
                        .accept(chain),
                when().transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, ADVERTISEMENT)
                        .masked(Header.TRANSPORT, 8, LINK_LOCAL_MASK, LINK_LOCAL)
                        .accept(chain),
                when().transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, ADVERTISEMENT)
                        .count(FrameCount.SPOOFED_ADDRESS)
                        .drop(chain),
                when().transport(ICMPV6).goTo("questions", chain));
    }

    private static List<NftRule> questions(String chain) {
        return List.of(
                when().multicast()
                        .etherType(ARP)
                        .bytes(Header.NETWORK, 6, "0001")
                        .count(FrameCount.QUESTIONS)
                        .accept(chain),
                when().multicast()
                        .etherType(IPV6)
                        .transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, SOLICITATION)
                        .count(FrameCount.QUESTIONS)
                        .accept(chain));
    }

    /// The host takes part in no segment but as its gateway: without this it would answer guests for every address of
    /// its own.
    private static List<NftRule> input(String chain) {
        return List.of(
                when().inputIn(PORTS)
                        .masked(Header.LINK, 0, BRIDGES_MASK, BRIDGES)
                        .count(FrameCount.BPDU)
                        .drop(chain),
                when().inputIn(ROUTED).goTo("for_host", chain),
                when().inputIn(PORTS).drop(chain),
                when().inputIn(UPLINKS).drop(chain));
    }

    private static List<NftRule> forHost(String chain) {
        return List.of(
                when().etherType(ARP)
                        .inputAnd(Header.NETWORK, 24, 4, GATEWAYS_4)
                        .accept(chain),
                when().etherType(ARP).drop(chain),
                when().etherType(IPV6)
                        .transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, SOLICITATION)
                        .inputAnd(Header.TRANSPORT, 8, 16, GATEWAYS_6)
                        .accept(chain),
                when().etherType(IPV6)
                        .transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, SOLICITATION)
                        .drop(chain),
                when().multicast()
                        .etherType(IPV6)
                        .transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, ROUTER_SOLICITATION)
                        .accept(chain),
                when().bytes(Header.LINK, 0, GATEWAY).accept(chain),
                when().drop(chain));
    }

    private static List<NftRule> forward(String chain) {
        return List.of(
                when().outputIn(GROUPED)
                        .etherType("8100")
                        .count(FrameCount.VLAN)
                        .drop(chain),
                when().outputIn(GROUPED)
                        .etherType("88a8")
                        .count(FrameCount.VLAN)
                        .drop(chain),
                when().multicast().outputIn(UPLINKS).goTo("flood", chain));
    }

    private static List<NftRule> flood(String chain) {
        return List.of(
                when().etherType(ARP).goTo("flood_question", chain),
                when().etherType(IPV6)
                        .transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, SOLICITATION)
                        .goTo("flood_question", chain),
                when().etherType(IPV6)
                        .transport(ICMPV6)
                        .bytes(Header.TRANSPORT, 0, ADVERTISEMENT)
                        .goTo("flood_question", chain),
                when().outputIn(ONLY_QUESTIONS).count(FrameCount.SUPPRESSED).drop(chain),
                when().outputIn(QUIET).count(FrameCount.SUPPRESSED).drop(chain),
                when().count(FrameCount.FLOODED).accept(chain));
    }

    /// Also what a guest says of itself without being asked.
    private static List<NftRule> floodQuestion(String chain) {
        return List.of(
                when().etherType(ARP)
                        .bytes(Header.NETWORK, 6, "0001")
                        .count(FrameCount.UNANSWERED)
                        .rule(chain),
                when().etherType(IPV6)
                        .bytes(Header.TRANSPORT, 0, SOLICITATION)
                        .count(FrameCount.UNANSWERED)
                        .rule(chain),
                when().outputIn(QUIET).count(FrameCount.SUPPRESSED).drop(chain),
                when().count(FrameCount.FLOODED).accept(chain));
    }

    /// An element and the set that it is in.
    record Placed(String set, SetElement element) {
        /// Whose it is.
        InterfaceName device() {
            byte[] key = element.key().toArray();
            int length = 0;
            while (length < FrameRule.AFTER_NAME && key[length] != 0) {
                length++;
            }
            return new InterfaceName(new String(key, 0, length, StandardCharsets.UTF_8));
        }
    }

    /// What a guest's interface may send.
    static Set<Placed> ofPort(Port port, Segment segment) {
        FrameRules rules = segment.frames();
        var placed = new HashSet<Placed>();
        InterfaceName device = port.device();
        placed.add(in(PORTS, device));
        placed.add(in(MACS, device, port.mac().toArray()));
        for (IpAddress address : port.addresses()) {
            placed.add(in(address.isIpv4() ? SOURCES_4 : SOURCES_6, device, address.toArray()));
        }
        if (port.grouped()) {
            placed.add(in(GROUPED, device));
        }
        if (port.addresses().isEmpty()) {
            placed.add(in(ANY_SOURCE, device));
        }
        if (segment.gateway().isThere()) {
            placed.add(in(ROUTED, device));
        }
        for (IpAddress address : segment.gateway().own()) {
            placed.add(in(address.isIpv4() ? GATEWAYS_4 : GATEWAYS_6, device, address.toArray()));
        }
        if (rules.takesAnyVlan()) {
            placed.add(in(ANY_VLAN, device));
        } else {
            for (NumberRange range : rules.vlans()) {
                for (int vlan = range.first(); vlan <= range.last(); vlan++) {
                    placed.add(in(VLANS, device, new byte[] {(byte) (vlan >>> 8), (byte) vlan}));
                }
            }
        }
        Integer most = rules.multicastPerSecond();
        if (most != null) {
            var limit = new SetElement.Value.Limited(new PacketLimit(most, most, true));
            placed.add(new Placed(STORM, new SetElement(key(device), limit)));
        }
        return placed;
    }

    /// What a segment's VXLAN device may be given to send to all.
    static Set<Placed> ofUplink(InterfaceName device, Segment.Flooding flooding) {
        Stream<Placed> limited = switch (flooding) {
            case NONE -> Stream.of(in(QUIET, device));
            case ARP -> Stream.of(in(ONLY_QUESTIONS, device));
            case FULL -> Stream.empty();
        };
        return new HashSet<>(
                Stream.concat(Stream.of(in(UPLINKS, device)), limited).toList());
    }

    private static Placed in(String set, InterfaceName device, byte... second) {
        return new Placed(set, SetElement.of(key(device, second)));
    }

    private static Bytes key(InterfaceName device, byte... second) {
        int padded = (second.length + 3) & ~3;
        byte[] name = device.value().getBytes(StandardCharsets.UTF_8);
        byte[] key = Arrays.copyOf(name, FrameRule.AFTER_NAME + padded);
        System.arraycopy(second, 0, key, FrameRule.AFTER_NAME, second.length);
        return Bytes.copyOf(key);
    }
}
