package slash32.bgp.speaker;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.ImportFilter;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.Fate;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.TableSize;

/// One Established session: on what terms UPDATEs come, and how they become {@link PeerRoutes}. On thread {@code bgp}.
final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final long connection;
    private final SessionTerms terms;
    private final EstablishedSession view;
    private final IpAddress peer;
    private final UpdateDecoder decoder;
    private final @Nullable LinkNextHop linkNextHop;
    private final PeerRoutes routes;
    private ImportFilter filter;
    private @Nullable SessionEnd end;
    private boolean faultLogged;

    /// @param view the session, for those who watch
    Exchange(
            long connection,
            SessionTerms terms,
            EstablishedSession view,
            PeerConfig peer,
            ImportFilter filter,
            PeerRoutes routes) {
        this.connection = connection;
        this.terms = terms;
        this.view = view;
        this.filter = filter;
        this.routes = routes;
        this.peer = peer.address();
        decoder = new UpdateDecoder(terms.wire());
        InterfaceIndex link = peer.link();
        linkNextHop = link == null ? null : new LinkNextHop(link);
    }

    long connection() {
        return connection;
    }

    SessionTerms terms() {
        return terms;
    }

    /// What is kept to know attributes again.
    TableSize attributes() {
        return new TableSize("attributes", decoder.cachedBlocks(), decoder.cachedBytes());
    }

    EstablishedSession view() {
        return view;
    }

    void filter(ImportFilter other) {
        filter = other;
    }

    Update decode(byte[] bytes, int from, int to) {
        return decoder.decode(bytes, from, to);
    }

    /// Takes what {@code update} says, which does not reset the session, into the peer's routes.
    void take(Update update) {
        if (update.fate() == Fate.TREAT_AS_WITHDRAW && !faultLogged) {
            faultLogged = true; // the counter says how many; a line for each would be the peer's to write
            LOG.warn("peer={} event=update-treated-as-withdraw reason=\"{}\"", peer, update.faults());
        }
        update.withdrawn().forEach(routes::withdraw);
        update.announced().forEach(announcement -> announce(announcement.prefixes(), announcement.attributes()));
    }

    private void announce(NlriSlice slice, @Nullable PathAttributes attributes) {
        PathAttributes usable = attributes == null ? null : LinkNextHop.received(linkNextHop, attributes);
        if (attributes == null) {
            routes.withdraw(slice);
        } else if (usable == null) {
            routes.reject(slice);
        } else {
            filter.pass(slice, usable, routes);
        }
    }

    /// A NOTIFICATION went over the session's connection.
    void ends(SessionEnd why) {
        end = why;
    }

    /// The connection broke; why it did was said before, if it was.
    void broke() {
        if (end == null) {
            end = new SessionEnd.ConnectionLost();
        }
    }

    /// Why the session is no longer Established.
    SessionEnd end() {
        return end == null ? new SessionEnd.ClosedSilently() : end;
    }
}
