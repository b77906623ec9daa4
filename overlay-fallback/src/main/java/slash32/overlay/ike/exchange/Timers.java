package slash32.overlay.ike.exchange;

import java.time.Duration;

/// How long this node waits.
///
/// @param retransmit until a request is sent again; each time 1.8 times as long
/// @param tries of one request; then the IKE SA is lost
/// @param ikeLife after which a new IKE SA takes the place of an old one
/// @param childLife the same of a Child SA
/// @param idle after this long without a word from the peer it is asked whether it is there
/// @param linger how long a replaced Child SA still receives
/// @param halfOpen how long a peer that began may take to prove who it is
public record Timers(
        Duration retransmit,
        int tries,
        Duration ikeLife,
        Duration childLife,
        Duration idle,
        Duration linger,
        Duration halfOpen) {
    public static final Timers DEFAULT = new Timers(
            Duration.ofSeconds(1),
            6,
            Duration.ofHours(4),
            Duration.ofHours(1),
            Duration.ofSeconds(30),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));

    private static final double BACKOFF = 1.8;

    long retransmitNanos(int sent) {
        return (long) (retransmit.toNanos() * Math.pow(BACKOFF, sent - 1));
    }

    /// After which a request of a peer with timers like ours was answered, or the peer is lost.
    long patienceNanos() {
        return 3 * retransmitNanos(tries);
    }
}
