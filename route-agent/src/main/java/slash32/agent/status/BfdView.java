package slash32.agent.status;

import java.time.Duration;
import java.time.Instant;

/// BFD with a peer.
///
/// @param state in RFC 5880's words: AdminDown, Down, Init, Up
/// @param since when it came into this state
/// @param reason why it came into this state
/// @param remoteState what the peer last said of itself
/// @param interval between our packets
/// @param detectionTime of silence that is the peer's loss; zero if it was never heard
/// @param lost times the peer was lost since start
public record BfdView(
        String state,
        Instant since,
        String reason,
        String remoteState,
        Duration interval,
        Duration detectionTime,
        long packetsReceived,
        long packetsSent,
        long lost) {
    public static final String UP = "Up";

    public boolean isUp() {
        return state.equals(UP);
    }
}
