package slash32.agent.api.http;

import java.util.List;
import java.util.Map;
import slash32.net.Bytes;

/// A whole request.
///
/// @param method in capitals; HEAD reads as GET
/// @param path decoded, from the first slash, one element per segment
/// @param query decoded parameters in their order
/// @param accept the Accept header; empty if absent
public record Request(String method, List<String> path, Map<String, List<String>> query, String accept, Bytes body) {
    public Request {
        path = List.copyOf(path);
        query = Map.copyOf(query);
    }

    /// True if the client asks for plain text and not for JSON.
    public boolean wantsText() {
        return accept.startsWith("text/plain");
    }
}
