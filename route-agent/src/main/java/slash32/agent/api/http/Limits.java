package slash32.agent.api.http;

import java.time.Duration;

/// What one client can take from the server.
///
/// @param connections at once; more are answered 503 as they come
/// @param connectionsOfOne of them by one client: a user of this host, or an address
/// @param request from its first byte to its last
/// @param idle between requests
/// @param write for the client to take a chunk
public record Limits(int connections, int connectionsOfOne, Duration request, Duration idle, Duration write) {
    public static final Limits DEFAULT =
            new Limits(4096, 2048, Duration.ofSeconds(10), Duration.ofMinutes(1), Duration.ofSeconds(10));

    /// For guests: each may open a few connections, and all together enough for a host full of them.
    public static final Limits GUESTS =
            new Limits(4096, 8, Duration.ofSeconds(10), Duration.ofSeconds(10), Duration.ofSeconds(10));
}
