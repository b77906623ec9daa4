package slash32.bgp.speaker;

import io.netty.channel.Channel;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.net.Ipv6Address;

/// The ways by which the peer of one Established session is told of routes: one for all families but those of which
/// the peer says what it wants (RFC 4684), another for these. On thread {@code bgp}.
final class OutQueues {
    /// RFC 4684 §6: an upper bound of the wait for the memberships' End-of-RIB.
    private static final int MEMBERSHIPS_SECONDS = 60;

    private final Speaker speaker;
    private final UpdateGroups groups;
    private final int number;
    private final SessionTerms terms;
    private final Set<AddressFamily> chosenFamilies;
    private final ExportFilter.@Nullable NextHopSelf self;
    private PeerConfig peer;
    private final OutQueue main;
    /// Null if the peer does not say what it wants.
    private final @Nullable OutQueue chosen;

    /// The peer is told everything from now on.
    ///
    /// @param number the peer's
    OutQueues(
            Speaker speaker,
            int number,
            PeerConfig peer,
            Channel channel,
            SessionTerms terms,
            OutQueue.Listener listener) {
        this.speaker = speaker;
        this.groups = speaker.groups();
        this.number = number;
        this.peer = peer;
        this.terms = terms;
        self = self(peer, channel, terms);
        Set<AddressFamily> all = terms.wire().families();
        chosenFamilies = all.contains(AddressFamily.RT_CONSTRAIN)
                ? all.stream().filter(AddressFamily::isTargeted).collect(Collectors.toUnmodifiableSet())
                : Set.of();
        Recipient told = recipient();
        main = new OutQueue(channel, number, told.terms().families(), listener);
        groups.join(main, told);
        chosen = chosenFamilies.isEmpty() ? null : new OutQueue(channel, number, chosenFamilies, listener);
        if (chosen != null) {
            joinChosen(chosen);
        }
    }

    /// What the peer wants so far is told at once; but it is not all before the peer has said all that it wants, for
    /// which it has its time (RFC 4684 §6).
    private void joinChosen(OutQueue way) {
        way.holdEndOfRib();
        groups.join(way, choosing());
        var _ = speaker.loop().schedule(() -> endOfMemberships(way), MEMBERSHIPS_SECONDS, TimeUnit.SECONDS);
    }

    /// The peer has said all that it wants.
    void endOfMemberships() {
        if (chosen != null) {
            endOfMemberships(chosen);
        }
    }

    private void endOfMemberships(OutQueue way) {
        way.releaseEndOfRib();
        groups.drain();
    }

    private static ExportFilter.@Nullable NextHopSelf self(PeerConfig peer, Channel channel, SessionTerms terms) {
        return peer.link() != null
                        && channel.localAddress() instanceof InetSocketAddress local
                        && SocketAddresses.of(local.getAddress()) instanceof Ipv6Address own
                ? new ExportFilter.NextHopSelf(
                        own.withoutLink(), terms.wire().extendedNextHops().contains(AddressFamily.IPV4_UNICAST))
                : null;
    }

    private Recipient recipient() {
        Set<AddressFamily> unchosen = new HashSet<>(terms.wire().families());
        unchosen.removeAll(chosenFamilies);
        return recipient(unchosen, null);
    }

    private Recipient choosing() {
        return recipient(chosenFamilies, speaker.memberships().of(number));
    }

    private Recipient recipient(Set<AddressFamily> families, @Nullable WantedTargets wanted) {
        return new Recipient(
                peer.kind(speaker.asn()),
                terms.longLived() != null,
                terms.wire().with(families),
                sender(),
                peer.options().exportPolicy(),
                wanted);
    }

    private ExportFilter.Sender sender() {
        return new ExportFilter.Sender(
                speaker.asn(),
                peer.asn(),
                peer.options().session().role(),
                self,
                speaker.isNamed(peer.address()) ? peer.address() : null);
    }

    /// The peer is configured otherwise; {@link #refilter} tells it what differs.
    void configure(PeerConfig other) {
        peer = other;
    }

    /// What the peer may be told is decided by something else now.
    void refilter() {
        groups.refilter(main, recipient());
        if (chosen != null) {
            groups.refilter(chosen, choosing());
        }
    }

    /// The peer wants other routes.
    void wants(WantedTargets wanted) {
        if (chosen != null) {
            groups.retarget(chosen, wanted);
        }
    }

    /// False if the peer may be told nothing (RFC 8212: with an external peer and no policy, nothing goes out).
    boolean isOpen() {
        return !new ExportFilter(sender(), peer.options().exportPolicy()).isClosed();
    }

    /// The peer asked to be told everything of {@code family} again (RFC 2918 §4).
    void refresh(AddressFamily family) {
        if (isOpen()) {
            groups.refresh(way(family), family, terms.enhancedRefresh());
        }
    }

    private OutQueue way(AddressFamily family) {
        return chosen != null && family.isTargeted() ? chosen : main;
    }

    /// How many prefixes of {@code family} the peer knows.
    int advertised(AddressFamily family) {
        return groups.advertised(way(family), family);
    }

    /// See {@link Monitoring#tell}.
    int tellAgain(int from, Consumer<byte[]> updates) {
        int next = from < UpdateGroups.TOLD_MAX ? groups.tellAgain(main, from, updates) : -1;
        if (next >= 0 || chosen == null) {
            return next;
        }
        next = groups.tellAgain(chosen, Math.max(0, from - UpdateGroups.TOLD_MAX), updates);
        return next < 0 ? -1 : UpdateGroups.TOLD_MAX + next;
    }

    /// Runs {@code waiter} once the peer has been told everything, or its session has ended.
    void whenWritten(Runnable waiter) {
        groups.whenWritten(main, waiter);
    }

    /// The session has ended.
    void leave() {
        Stream.of(main, chosen).filter(Objects::nonNull).forEach(groups::leave);
    }
}
