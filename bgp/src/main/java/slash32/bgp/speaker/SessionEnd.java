package slash32.bgp.speaker;

import slash32.net.Bytes;

/// Why a session is no longer Established.
public sealed interface SessionEnd {
    /// We ended it with this NOTIFICATION, the whole message.
    record NotificationSent(Bytes message) implements SessionEnd {}

    /// The peer ended it with this NOTIFICATION.
    record NotificationReceived(Bytes message) implements SessionEnd {}

    /// The connection broke, or the peer closed it without a word.
    record ConnectionLost() implements SessionEnd {}

    /// We closed it without a word.
    record ClosedSilently() implements SessionEnd {}
}
