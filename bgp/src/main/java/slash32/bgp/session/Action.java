package slash32.bgp.session;

import slash32.bgp.wire.Message;

/// What a session wants done, in this order.
public sealed interface Action {
    /// Dial the peer; answer with {@link Event.Connected} or {@link Event.DialFailed} of this number.
    record Dial(long connection) implements Action {}

    record Send(long connection, Message message) implements Action {}

    /// Close the connection once what was sent is out; no event is wanted for it.
    record Close(long connection) implements Action {}

    /// The session is Established on this connection.
    record Up(long connection, SessionTerms terms) implements Action {}

    /// The session was Established and is no longer.
    ///
    /// @param keepsRoutes the peer may be restarting: its routes may stay for a while (RFC 4724 §4.2, RFC 8538 §4)
    record Down(String reason, boolean keepsRoutes) implements Action {}

    /// For the log and the status.
    record Changed(SessionState from, SessionState to, String reason) implements Action {}
}
