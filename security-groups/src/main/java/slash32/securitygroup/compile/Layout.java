package slash32.securitygroup.compile;

import java.util.List;
import java.util.Set;
import slash32.net.InterfaceName;
import slash32.netlink.netfilter.Family;
import slash32.netlink.netfilter.TableId;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;

/// The names of what is in our tables.
public final class Layout {
    public static final TableId INET = new TableId(Family.INET, "slash32");
    public static final TableId ARP = new TableId(Family.ARP, "slash32");
    /// Beside the others where anybody may change those; see {@link RulesetCompiler#backstop}.
    public static final TableId BACKSTOP = new TableId(Family.INET, "slash32_backstop");

    /// Of the ports of segments' bridges; not the table of the bridges' own guard, which is another module's.
    public static final TableId BRIDGE = new TableId(Family.BRIDGE, "slash32_groups");

    /// Those of every {@link Plane}.
    public static final List<TableId> TABLES = List.of(INET, ARP, BRIDGE);

    /// Before conntrack, so that nothing forged makes an entry there.
    static final int PRIORITY_RAW = -300;

    /// After the backstop.
    static final int PRIORITY_STAMP = 2;

    static final int PRIORITY_FILTER = 0;

    /// With room for the backstop between it and others' filters.
    static final int PRIORITY_FORWARD = PRIORITY_FILTER - 2;

    /// After what is judged for guests, and after the backstop.
    static final int PRIORITY_PROTECT = PRIORITY_FILTER + 2;

    static final String PREROUTING = "prerouting";
    static final String FORWARD = "forward";
    static final String FORWARD_TO = "forward_to";
    static final String INPUT = "input";
    static final String OUTPUT = "output";
    static final String GUARDED = "guarded";
    static final String HOST_SERVICES = "host_services";
    static final String SEGMENT_SERVICES = "segment_services";
    static final String FROM_OPEN = "from_open";
    static final String TO_OPEN = "to_open";
    static final String FROM_STATEFUL = "from_stateful";
    static final String FROM_STATELESS = "from_stateless";
    static final String FROM_GUEST = "from_guest";
    static final String TO_STATEFUL = "to_stateful";
    static final String TO_STATELESS = "to_stateless";
    static final String TO_GUEST = "to_guest";
    static final String FROM_ANSWERS = "from_answers";
    static final String TO_ANSWERS = "to_answers";
    static final String OUTPUT_STAMP = "output_stamp";

    /// From a segment's bridge to its conntrack zone.
    static final String ZONES = "zones";

    /// What the gateway of a segment answers for, by the segment's bridge.
    static final String GATEWAYS_4 = "gateways_4";

    static final String GATEWAYS_6 = "gateways_6";
    static final Set<String> GATEWAY_SETS = Set.of(GATEWAYS_4, GATEWAYS_6);

    /// The one mark of flows that the rules of now let pass; see {@link RulesetCompiler}.
    public static final String FRESH = "fresh";

    /// What flows are marked with: {@link #FRESH}, or before it changed a moment ago.
    public static final String STAMP = "stamp";

    /// The chains that go through an endpoint's groups.
    static final String EACH_OUT = "egress";

    static final String EACH_IN = "ingress";

    /// The chains that look a packet up among the rules of all groups.
    static final String RULES_OUT = "egress_rules";

    static final String RULES_IN = "ingress_rules";

    /// The chains that go through an endpoint's groups for what it answers, and for what answers it.
    static final String ANSWERS_OUT = "answers_out";

    static final String ANSWERS_IN = "answers_in";

    /// The chains that look up what a packet answers.
    static final String FLOWS_OUT = "egress_flows";

    static final String FLOWS_IN = "ingress_flows";

    /// Ends the names of the chains that look up what only some groups have ({@link #ODD}).
    static final String ODD_OF = "_odd";

    static final Set<String> LOOKUP_CHAINS = Set.of(
            EACH_OUT,
            EACH_IN,
            RULES_OUT,
            RULES_OUT + ODD_OF,
            RULES_IN,
            RULES_IN + ODD_OF,
            ANSWERS_OUT,
            ANSWERS_IN,
            FLOWS_OUT,
            FLOWS_OUT + ODD_OF,
            FLOWS_IN,
            FLOWS_IN + ODD_OF);

    /// The interfaces of all endpoints.
    public static final String GUESTS = "guests";

    static final String GUARD = "guard";
    static final String FROM_ENDPOINT = "from_endpoint";
    static final String TO_ENDPOINT = "to_endpoint";
    static final String TO_HOST = "to_host";

    /// Of every endpoint, its kind decides what becomes of its packets: blocked unless it is in another set.
    static final String STATEFUL = "stateful";

    static final String STATELESS = "stateless";
    static final String OPEN = "open";

    static final String PAIRS = "pairs";
    static final String SPOOFED_COUNTERS = "spoofed";
    static final String HOST_COUNTERS = "host_dropped";
    static final String FROM_COUNTERS = "from_dropped";
    static final String TO_COUNTERS = "to_dropped";
    static final String MACS = "macs";

    /// The interfaces of endpoints, each for as many packets as are logged.
    static final String SAMPLED = "sampled";

    static final String SOURCES_4 = "sources_4";
    static final String SOURCES_6 = "sources_6";

    /// The interfaces of endpoints with limits, each found by what is beyond its own.
    static final String PACKETS_FROM = "packets_from";

    static final String PACKETS_TO = "packets_to";
    static final String CONNECTIONS_FROM = "connections_from";
    static final String CONNECTIONS_TO = "connections_to";
    static final Set<String> LIMIT_SETS = Set.of(PACKETS_FROM, PACKETS_TO, CONNECTIONS_FROM, CONNECTIONS_TO);

    /// The sets and maps whose keys begin with an interface's name.
    static final Set<String> ENDPOINT_SETS = Set.of(
            GUESTS,
            STATEFUL,
            STATELESS,
            OPEN,
            PAIRS,
            SPOOFED_COUNTERS,
            HOST_COUNTERS,
            FROM_COUNTERS,
            TO_COUNTERS,
            SAMPLED,
            MACS,
            SOURCES_4,
            SOURCES_6);

    /// The groups that an endpoint here is in.
    static final String GROUPS = "groups";

    /// From a group to its chain of rules that name members.
    static final String OUT_MEMBERS = "out_members";

    static final String IN_MEMBERS = "in_members";

    /// The groups with rules whose shape is not a usual one.
    static final String ODD = "odd";

    static final Set<String> GROUP_SETS = Set.of(GROUPS, OUT_MEMBERS, IN_MEMBERS, ODD);

    /// Prefix of the maps from an interface to its first, second … group.
    static final String GROUP_AT = "group_";

    /// The base chain of what reaches the host itself and is no guest's.
    static final String PROTECT_HOST = "protect_host";

    /// The underlay addresses of nodes that the host takes tunnels' packets from.
    static final String NODES_4 = "nodes_4";

    static final String NODES_6 = "nodes_6";
    static final Set<String> NODE_SETS = Set.of(NODES_4, NODES_6);

    /// The base chains of endpoints' limits.
    static final String LIMIT_FROM = "limit_from";

    static final String LIMIT_TO = "limit_to";
    static final String LIMIT_CONNECTIONS = "limit_connections";
    static final Set<String> LIMIT_CHAINS = Set.of(LIMIT_FROM, LIMIT_TO, LIMIT_CONNECTIONS);

    /// Prefixes of an endpoint's counters, and of its chain.
    static final String FROM = "from_";

    static final String TO = "to_";
    static final String GUARD_OF = "guard_";
    static final String SPOOFED = "spoofed_";
    static final String HOST = "host_";

    static final String EGRESS = "egress_";
    static final String INGRESS = "ingress_";
    static final List<String> GROUP_CHAINS = List.of(EGRESS, INGRESS);
    static final String MEMBERS = "members_";
    static final String SEGMENT_MEMBERS = "segment_members_";

    private static final String DROP = "drop_";

    static final int INTERFACE_NAME_BYTES = 16;

    private Layout() {}

    /// The set of a group's addresses of one family.
    static String memberSet(GroupId group, EtherType family) {
        return MEMBERS + group + ofFamily(family);
    }

    /// The set of a group's addresses of one family that are members in one segment alone, by its bridge.
    static String segmentMemberSet(GroupId group, EtherType family) {
        return SEGMENT_MEMBERS + group + ofFamily(family);
    }

    private static String ofFamily(EtherType family) {
        return family == EtherType.IPV4 ? "_4" : "_6";
    }

    /// The chain of those of a group's rules in one direction that name members.
    public static String groupChain(GroupId group, Direction direction) {
        return (direction == Direction.INGRESS ? INGRESS : EGRESS) + group;
    }

    /// The chain that ends packets for one reason.
    public static String dropChain(Drop drop) {
        return DROP + drop.toString().replace('-', '_').replace(' ', '_');
    }

    /// Counts what a guest sent under another's address or MAC; in both tables.
    public static String spoofedCounter(InterfaceName device) {
        return SPOOFED + device;
    }

    /// Counts what a guest sent to the host and may not.
    public static String hostCounter(InterfaceName device) {
        return HOST + device;
    }

    /// Counts what a guest sent and its groups do not allow.
    public static String fromCounter(InterfaceName device) {
        return FROM + device;
    }

    /// Counts what was sent to a guest and its groups do not allow.
    public static String toCounter(InterfaceName device) {
        return TO + device;
    }
}
