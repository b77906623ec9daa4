package slash32.agent.api.http;

import java.util.List;

/// Answers requests, each on its own virtual thread.
public interface RequestHandler {
    /// Judges a request by its head, on the event loop: must not block.
    Admission admit(String method, List<String> path);

    /// Answers {@code request}; may block.
    ///
    /// @throws InterruptedException if the client is gone
    Response handle(Request request) throws InterruptedException;

    /// The answer that goes with a status which the server itself decides on.
    Response.Whole refused(int status, String detail);
}
