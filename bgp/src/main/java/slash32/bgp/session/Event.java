package slash32.bgp.session;

import slash32.bgp.wire.Message;

/// What happens to a session. A connection is known by the number that its shell gave it.
public sealed interface Event {
    /// RFC 4271 §8.1.2 events 1 and 3.
    record Start() implements Event {}

    /// RFC 4271 §8.1.2 events 2 and 8: ends everything with this Cease and stays down.
    record Stop(Message.Notification cease) implements Event {}

    /// A TCP connection is up (events 16 and 17).
    ///
    /// @param dialed by us, after {@link Action.Dial} with this number
    record Connected(long connection, boolean dialed) implements Event {}

    /// The dial with this number failed (event 18).
    record DialFailed(long connection, String reason) implements Event {}

    /// The connection is gone (event 18).
    record Closed(long connection, String reason) implements Event {}

    /// A well-formed message other than UPDATE (events 19, 25, 26).
    record Received(long connection, Message message) implements Event {}

    /// A well-formed or at most treat-as-withdraw UPDATE (event 27), or any other sign of life in Established.
    record UpdateReceived(long connection) implements Event {}

    /// Octets that end the session (events 21, 22, 28).
    record Malformed(long connection, Message.Notification notification) implements Event {}

    /// BFD says that the peer can't be reached (RFC 5882 §4): its connections end at once.
    ///
    /// @param keepsRoutes the peer may only be restarting (RFC 5882 §4.3): its routes may then stay
    record PathDown(String reason, boolean keepsRoutes) implements Event {}

    /// A message of an {@link Action.Send} has left for the kernel: the peer still takes what we send (RFC 9687 §4.3).
    record Written(long connection) implements Event {}

    /// We end the session for a reason of ours, with this NOTIFICATION, and make no other before {@code pauseNanos}
    /// are over; {@link #FOR_GOOD} for not before the next Start.
    record Fault(long connection, Message.Notification notification, long pauseNanos) implements Event {}

    long FOR_GOOD = Long.MAX_VALUE;

    /// {@link SessionMachine#nextDeadlineNanos} has come.
    record DeadlineReached() implements Event {}
}
