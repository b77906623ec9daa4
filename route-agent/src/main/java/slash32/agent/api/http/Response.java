package slash32.agent.api.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import slash32.net.Bytes;

/// What a request is answered.
public sealed interface Response {
    String JSON = "application/json";
    String TEXT = "text/plain; charset=utf-8";

    int status();

    String contentType();

    /// A body that is in memory.
    ///
    /// @param headers beside Content-Type and Content-Length
    record Whole(int status, String contentType, Bytes body, Map<String, String> headers) implements Response {
        public Whole {
            headers = Map.copyOf(headers);
        }

        /// The same, and worth another try after a second.
        public Whole later() {
            var more = new HashMap<>(headers);
            more.put("Retry-After", "1");
            return new Whole(status, contentType, body, more);
        }
    }

    /// A body that is written bit by bit.
    record Streamed(int status, String contentType, Body body) implements Response {}

    /// Writes a body; each flush goes out as a chunk, and waits until the client took it.
    @FunctionalInterface
    interface Body {
        /// Writes all of it.
        ///
        /// @throws IOException if the client is gone or takes nothing for too long
        /// @throws InterruptedException if the client is gone
        void writeTo(OutputStream out) throws IOException, InterruptedException;
    }

    static Whole of(int status, String contentType, String body) {
        return new Whole(status, contentType, Bytes.copyOf(body.getBytes(StandardCharsets.UTF_8)), Map.of());
    }

    static Whole empty(int status) {
        return new Whole(status, "", Bytes.EMPTY, Map.of());
    }
}
