package slash32.bgp.speaker;

import org.jspecify.annotations.Nullable;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.SessionState;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;

/// Hears what passes between us and our peers, and what is made of it. Called on thread {@code bgp}; must only enqueue.
///
/// Whoever does not care for something leaves its method out.
public interface SessionMonitor {
    /// The session is Established, or was so when the monitor came.
    default void up(EstablishedSession session) {}

    /// It is no more. What follows of its routes' going is not told one by one.
    default void down(EstablishedSession session, SessionEnd why) {}

    /// Any change of a session's state.
    default void changed(PeerConfig peer, SessionState before, SessionState now) {}

    /// An UPDATE came, which is {@code bytes[from, to)} with its header; the octets are the monitor's only while it is
    /// called.
    default void received(EstablishedSession session, Update update, byte[] bytes, int from, int to) {}

    /// A KEEPALIVE or a ROUTE-REFRESH came, as {@link #received} has it.
    default void heard(EstablishedSession session, byte[] bytes, int from, int to) {}

    /// The peer's routes of {@code family} are being announced anew (RFC 7313 §4), and have all been once {@code over}.
    default void refreshed(EstablishedSession session, AddressFamily family, boolean over) {}

    /// An UPDATE was written to the peer: the whole message.
    default void sent(EstablishedSession session, byte[] update) {}

    /// What import left of a path of the session's peer changed; null attributes if it is gone.
    default void held(
            EstablishedSession session,
            AddressFamily family,
            int pathId,
            long high,
            long low,
            int length,
            @Nullable PathAttributes attributes) {}

    /// Best paths changed.
    default void best(RibDelta delta) {}
}
