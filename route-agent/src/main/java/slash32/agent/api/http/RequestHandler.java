package slash32.agent.api.http;

import java.util.List;

/// Answers requests, each on its own virtual thread.
public interface RequestHandler {
    /// How many bytes of body a request may have; more is answered 413 without reading them.
    int bodyLimitBytes(String method, List<String> path);

    /// Answers {@code request}; may block.
    ///
    /// @throws InterruptedException if the client is gone
    Response handle(Request request) throws InterruptedException;

    /// The answer that goes with a status which the server itself decides on.
    Response.Whole refused(int status, String detail);
}
