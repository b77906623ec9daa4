package slash32.overlay.ike.exchange;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// IKE SAs that others began and in which they have not proven who they are: all that a stranger can have this node
/// remember (RFC 7296 §2.6).
///
/// Addresses that peers are configured at have places of their own, so that strangers who do receive where they say
/// they are, even at many addresses, keep no peer out. Nor does who says to be a peer's address: without a cookie
/// it gets few of its places.
final class HalfOpen {
    /// Of strangers, as a multiple of those from which cookies are asked for.
    private static final int STRANGERS_FACTOR = 10;

    /// From one address without a cookie: one that began, forgot it, and begins again.
    private static final int MOST_UNASKED = 2;

    /// From one address: of each peer that is configured there, or of all strangers there.
    private static final int MOST_EACH = 8;

    private final Map<Began, Opening> openings = new HashMap<>();
    /// How many of {@link #openings} are from an address.
    private final Map<IpAddress, Integer> from = new HashMap<>();

    private final Map<IpAddress, Integer> peersAt = new HashMap<>();
    private int strangers;

    private record Began(IpAddress remote, int port, long initiatorSpi) {}

    /// @param stranger when it began
    record Opening(IkeSa sa, Bytes firstMessage, boolean stranger) {}

    /// What becomes of one more beginning.
    enum Verdict {
        WELCOME,
        COOKIE_FIRST,
        FULL
    }

    /// One more peer is configured at an address, or one less.
    void peerAt(IpAddress address, boolean there) {
        count(peersAt, address, there ? 1 : -1);
    }

    private static void count(Map<IpAddress, Integer> counts, IpAddress of, int by) {
        int now = counts.getOrDefault(of, 0) + by;
        if (now == 0) {
            counts.remove(of);
        } else {
            counts.put(of, now);
        }
    }

    /// The one that a message with this SPI began.
    Optional<Opening> at(Path path, long initiatorSpi) {
        return Optional.ofNullable(openings.get(new Began(path.remote(), path.remotePort(), initiatorSpi)));
    }

    /// @param cookiesFrom as many half-open ones; beyond, cookies are asked for
    /// @param cookie this message has one of ours
    Verdict judge(IpAddress remote, int cookiesFrom, boolean cookie) {
        int its = from.getOrDefault(remote, 0);
        if (!cookie && (openings.size() >= cookiesFrom || its >= MOST_UNASKED)) {
            return Verdict.COOKIE_FIRST;
        }
        int peers = peersAt.getOrDefault(remote, 0);
        boolean full =
                peers == 0 ? its >= MOST_EACH || strangers >= STRANGERS_FACTOR * cookiesFrom : its >= MOST_EACH * peers;
        return full ? Verdict.FULL : Verdict.WELCOME;
    }

    void add(IkeSa sa, Bytes firstMessage) {
        Path path = sa.path;
        boolean stranger = !peersAt.containsKey(path.remote());
        openings.put(
                new Began(path.remote(), path.remotePort(), sa.remoteSpi), new Opening(sa, firstMessage, stranger));
        count(from, path.remote(), 1);
        strangers += stranger ? 1 : 0;
    }

    /// It has proven who it is, or is over.
    void remove(IkeSa sa) {
        openings.entrySet().stream()
                .filter(entry -> entry.getValue().sa == sa)
                .map(Map.Entry::getKey)
                .findFirst()
                .ifPresent(this::remove);
    }

    private void remove(Began began) {
        Opening gone = openings.remove(began);
        if (gone != null) {
            count(from, began.remote, -1);
            strangers -= gone.stranger ? 1 : 0;
        }
    }
}
