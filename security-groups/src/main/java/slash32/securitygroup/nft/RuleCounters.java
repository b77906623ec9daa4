package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.Prefix;
import slash32.netlink.netfilter.Counts;
import slash32.netlink.netfilter.NftSet;
import slash32.netlink.netfilter.Nftables;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.KernelException;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.Direction;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.compile.GroupRules;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.Plane;
import slash32.securitygroup.compile.Shape;

/// Reads how often each rule of a group let something pass: the first packets of flows, and of stateless groups all.
/// Costs the elements of that group, not what else there is. Where two rules of a group let the same pass, it counts
/// for the first of them that is looked up, or for both where they share a block of ports. Changes nothing, and has
/// a socket of its own, so that any thread may have one; not thread-safe.
public final class RuleCounters implements AutoCloseable {
    private final NetlinkSocket socket;

    /// @param socket that is closed with the reader
    RuleCounters(NetlinkSocket socket) {
        this.socket = socket;
    }

    /// Opens a reader in the calling thread's network namespace.
    public static RuleCounters open() throws IOException {
        return new RuleCounters(NetlinkSocket.open(NetlinkProtocol.NETFILTER));
    }

    /// What was counted since the rule was first in force, by its id and in the group's order; zero for a rule that is
    /// not in the kernel.
    ///
    /// @param prefixes see {@link GroupRules#group}
    public Map<String, Counts> read(SecurityGroup group, Function<GroupId, Collection<Prefix>> prefixes)
            throws IOException {
        var naming = new HashMap<String, Counts>();
        for (Direction direction : namingMembers(group.rules())) {
            for (Plane plane : Plane.values()) {
                ChainCounts.read(socket, plane.table(), Layout.groupChain(group.id(), direction))
                        .forEach((rule, counts) -> naming.merge(rule, counts, Counts::plus));
            }
        }
        var counts = new LinkedHashMap<String, Counts>();
        for (Rule rule : group.rules()) {
            Counts sum = naming.getOrDefault(rule.id(), Counts.ZERO);
            for (Shape.Entry entry : GroupRules.entries(group.id(), rule, prefixes)) {
                for (Plane plane : Plane.values()) {
                    sum = sum.plus(read(plane.table(), entry));
                }
            }
            counts.put(rule.id(), sum);
        }
        return counts;
    }

    private static Set<Direction> namingMembers(List<Rule> rules) {
        return rules.stream()
                .filter(rule -> rule.remote() instanceof Remote.Members)
                .map(Rule::direction)
                .collect(Collectors.toCollection(() -> EnumSet.noneOf(Direction.class)));
    }

    private Counts read(TableId table, Shape.Entry entry) throws IOException {
        Counts[] found = {Counts.ZERO};
        try {
            socket.get(Nftables.getElement(table, entry.set(), entry.element()), message -> {
                @Nullable Counts counts = NftSet.parseCounts(message);
                if (counts != null) {
                    found[0] = counts;
                }
            });
        } catch (KernelException e) {
            ChainCounts.throwUnlessAbsent(e);
        }
        return found[0];
    }

    @Override
    public void close() {
        socket.close();
    }
}
