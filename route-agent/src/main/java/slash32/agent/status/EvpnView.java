package slash32.agent.status;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The best path to a route of EVPN.
///
/// @param type 1 to 5 (RFC 7432 §7, RFC 9136 §3)
/// @param route what tells it from others of its type and distinguisher: a MAC and its address, a VTEP, a prefix
/// @param vni or another label; {@link #NO_VNI} where the route has none
/// @param targets route targets
/// @param sequence how often the MAC has moved
/// @param sticky the MAC must not move
/// @param learnedFrom the peer whose path won; null for our own
/// @param imported a segment of this node has it
public record EvpnView(
        int type,
        String route,
        String distinguisher,
        int vni,
        String nextHop,
        List<String> targets,
        long sequence,
        boolean sticky,
        @Nullable String learnedFrom,
        boolean imported) {
    public static final int NO_VNI = -1;

    public EvpnView {
        targets = List.copyOf(targets);
    }
}
