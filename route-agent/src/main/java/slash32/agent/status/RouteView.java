package slash32.agent.status;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.securitygroup.GroupId;

/// The best path to a prefix.
///
/// @param path where it leads
/// @param localPref LOCAL_PREF
/// @param groups of the address, from large communities or the endpoint
/// @param fib whether the kernel has it; null where none is meant to, on a route reflector
public record RouteView(
        Prefix prefix,
        Path path,
        long localPref,
        List<GroupId> groups,
        @Nullable Fib fib) {
    public RouteView {
        groups = List.copyOf(groups);
    }

    /// Where a route leads.
    public sealed interface Path {
        /// To an endpoint of this host.
        record Local(InterfaceName device) implements Path {}

        /// To another node.
        ///
        /// @param learnedFrom the peer whose path won
        record Remote(IpAddress nextHop, IpAddress learnedFrom) implements Path {}
    }

    /// Whether the kernel has a route.
    ///
    /// @param state True, or Waiting (next hop's site unknown), or Failed
    /// @param reason for people if the state isn't True; null if it is
    public record Fib(ConditionState state, @Nullable String reason) {
        public static final Fib INSTALLED = new Fib(ConditionState.TRUE, null);
    }
}
