package slash32.agent.config;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.bgp.exabgp.ApiVersion;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// A helper process as ExaBGP's users have them: it reads events on its standard input and writes commands on its
/// standard output.
///
/// @param name of the process, for logs
/// @param run its program, an absolute path, and what that is given
/// @param user whom it runs as; null for whom we run as
/// @param api version of the JSON that it reads
/// @param neighbors whose events it hears; empty for all
/// @param receive which events it hears
/// @param allowedPrefixes what it may announce: these, and what is in them
/// @param maxRoutes that it may announce at a time
/// @param ack each command is answered by "done" or "error"
/// @param respawn started again when it has ended
public record ProcessConfig(
        String name,
        List<String> run,
        @Nullable String user,
        ApiVersion api,
        Set<IpAddress> neighbors,
        Set<HelperEvent> receive,
        List<Prefix> allowedPrefixes,
        int maxRoutes,
        boolean ack,
        boolean respawn) {
    static final int DEFAULT_MAX_ROUTES = 1_000;

    /// What a process may hear of, as ExaBGP's words.
    public enum HelperEvent {
        /// A session's "connected", "up" and "down".
        STATE,
        /// The peer's OPEN.
        OPEN,
        /// An UPDATE from the peer.
        UPDATE,
        /// The NOTIFICATION that ended a session.
        NOTIFICATION,
        /// A KEEPALIVE from the peer.
        KEEPALIVE,
        /// A ROUTE-REFRESH from the peer.
        REFRESH
    }

    public ProcessConfig {
        run = List.copyOf(run);
        neighbors = Set.copyOf(neighbors);
        receive = Set.copyOf(receive);
        allowedPrefixes = List.copyOf(allowedPrefixes);
    }

    /// True if it may announce {@code prefix}.
    public boolean allows(Prefix prefix) {
        return allowedPrefixes.stream().anyMatch(allowed -> allowed.covers(prefix));
    }
}
