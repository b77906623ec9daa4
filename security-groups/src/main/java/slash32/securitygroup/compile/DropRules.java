package slash32.securitygroup.compile;

import static slash32.securitygroup.compile.Layout.FROM_COUNTERS;
import static slash32.securitygroup.compile.Layout.HOST_COUNTERS;
import static slash32.securitygroup.compile.Layout.INET;
import static slash32.securitygroup.compile.Layout.SAMPLED;
import static slash32.securitygroup.compile.Layout.SPOOFED_COUNTERS;
import static slash32.securitygroup.compile.Layout.TO_COUNTERS;
import static slash32.securitygroup.compile.Statements.rule;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.netlink.netfilter.NftRule;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.PacketLimit;
import slash32.netlink.netfilter.SetType;
import slash32.netlink.netfilter.SetType.Content;
import slash32.netlink.netfilter.SetType.Field;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.netfilter.Verdict;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;

/// Where packets end: a chain for each reason, which counts them, for the endpoint and in all, and logs some.
///
/// A flood costs a few log messages: an endpoint has {@link #OF_ENDPOINT}, and each reason {@link #OF_REASON}.
public final class DropRules {
    /// The group of the kernel's packet log that some of the dropped packets are copied to.
    public static final int LOG_GROUP = 5332;

    /// Of a packet, what is copied: IPv6 with a few extension headers, up to the ports.
    public static final int COPY_BYTES = 128;

    static final PacketLimit OF_ENDPOINT = new PacketLimit(10, 20, false);
    private static final PacketLimit OF_REASON = new PacketLimit(200, 200, false);

    private DropRules() {}

    /// In which tables packets are dropped for this reason.
    public static List<TableId> tables(Drop drop) {
        return switch (drop.reason()) {
            case SPOOFED -> Plane.ROUTED.tables();
            case NO_ENDPOINT -> drop.direction() == Direction.EGRESS ? Plane.ROUTED.tables() : List.of(INET);
            case INVALID, NO_RULE, ENDED, ROUTER_GUARD, DHCP_GUARD, NOT_IN_FORCE -> List.of(INET, Layout.BRIDGE);
            case TO_HOST, PACKET_RATE, CONNECTION_RATE, HOST_RULES -> List.of(INET);
        };
    }

    /// Goes where packets are dropped for this reason.
    static Verdict because(DropReason reason, Direction direction) {
        return new Verdict.Goto(Layout.dropChain(new Drop(reason, direction)));
    }

    /// The chains of one table.
    ///
    /// @param sampled whether the kernel can log packets
    static void add(Fragment.Builder fragment, TableId table, boolean sampled) {
        if (sampled) {
            fragment.set(new NftSet(table, SAMPLED, new SetType(List.of(Field.INTERFACE_NAME), Content.LIMITED)));
        }
        for (Drop drop : Drop.ALL) {
            if (tables(drop).contains(table)) {
                fragment.regular(table, Layout.dropChain(drop), rules(table, drop, sampled));
            }
        }
    }

    private static List<NftRule> rules(TableId table, Drop drop, boolean sampled) {
        String chain = Layout.dropChain(drop);
        boolean from = drop.direction() == Direction.EGRESS;
        var rules = new ArrayList<NftRule>();
        String counters = counters(drop);
        if (counters != null) {
            rules.add((from ? rule().countByInput(counters) : rule().countByOutput(counters)).rule(table, chain));
        }
        if (sampled) {
            boolean ofEndpoint = drop.reason() != DropReason.NO_ENDPOINT && drop.reason() != DropReason.HOST_RULES;
            Statements some = !ofEndpoint
                    ? rule().limit(OF_ENDPOINT)
                    : (from ? rule().inputIn(SAMPLED) : rule().outputIn(SAMPLED)).limit(OF_REASON);
            rules.add(some.log(LOG_GROUP, drop.mark(), COPY_BYTES).rule(table, chain));
        }
        rules.add(rule().count().drop(table, chain));
        return rules;
    }

    /// The map to the endpoint's own counter.
    private static @Nullable String counters(Drop drop) {
        return switch (drop.reason()) {
            case NO_ENDPOINT, NOT_IN_FORCE, PACKET_RATE, CONNECTION_RATE, HOST_RULES -> null;
            case SPOOFED -> SPOOFED_COUNTERS;
            case TO_HOST -> HOST_COUNTERS;
            case ROUTER_GUARD, DHCP_GUARD -> FROM_COUNTERS;
            case INVALID, NO_RULE, ENDED -> drop.direction() == Direction.EGRESS ? FROM_COUNTERS : TO_COUNTERS;
        };
    }
}
