package slash32.agent.status;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;

/// A configured BGP peer.
///
/// @param address :: for a peer that is known by an interface and is not there
/// @param link the interface of a peer that is known by one; null for others
/// @param state of its session, in RFC 4271's words: Idle, Connect, Active, OpenSent, OpenConfirm, Established
/// @param since when the session came into this state
/// @param lastError why it last left Established or could not get there; null if it never had a reason
/// @param bfd null if it is not configured
/// @param transitions how often the session came to Established since start
public record PeerView(
        IpAddress address,
        @Nullable InterfaceName link,
        Asn asn,
        String state,
        Instant since,
        @Nullable String lastError,
        @Nullable BfdView bfd,
        long transitions,
        Traffic traffic,
        List<Family> families) {
    public static final String ESTABLISHED = "Established";

    public PeerView {
        families = List.copyOf(families);
    }

    /// The address, with the interface of one that is of a link.
    public String name() {
        return link == null ? address.toString() : address + "%" + link;
    }

    public boolean isEstablished() {
        return state.equals(ESTABLISHED);
    }

    /// What went over the peer's connections since start.
    public record Traffic(
            long messagesReceived, long messagesSent, long updatesReceived, long updatesSent, long untargetedRoutes) {}

    /// Prefixes exchanged in one address family.
    ///
    /// @param name as in the config: {@code ipv4-unicast}
    /// @param inSync the peer's End-of-RIB was seen since the session came up
    public record Family(String name, long received, long advertised, boolean inSync) {}
}
