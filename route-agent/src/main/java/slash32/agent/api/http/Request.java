package slash32.agent.api.http;

import java.util.List;
import java.util.Map;
import slash32.net.Bytes;

/// A whole request.
///
/// @param method in capitals; HEAD reads as GET
/// @param target path and query as they were sent
/// @param path decoded, from the first slash, one element per segment
/// @param query decoded parameters in their order
/// @param headers by their names in lower case
public record Request(
        String method,
        String target,
        List<String> path,
        Map<String, List<String>> query,
        Map<String, List<String>> headers,
        Bytes body) {
    public Request {
        path = List.copyOf(path);
        query = Map.copyOf(query);
        headers = Map.copyOf(headers);
    }

    /// The Accept header; empty if absent.
    public String accept() {
        return headers.getOrDefault("accept", List.of("")).getFirst();
    }

    /// True if the client asks for plain text and not for JSON.
    public boolean wantsText() {
        return accept().startsWith("text/plain");
    }
}
