package slash32.overlay.ike.exchange;

import java.util.List;
import java.util.Optional;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.Payload;

/// One request of ours and what its answer means. One is on its way at a time, the others wait (RFC 7296 §2.3).
interface Task {
    int exchange();

    /// Its payloads when its turn has come; nothing if it is not needed any more.
    Optional<List<Payload>> request(long nowNanos);

    void answered(Message response, long nowNanos);
}
