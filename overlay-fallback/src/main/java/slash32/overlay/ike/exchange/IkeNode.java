package slash32.overlay.ike.exchange;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;

/// All IKE SAs of this node: demultiplexing, cookies, and one SA where both ends began at once.
///
/// Feed it what arrives, ask for what is wanted, and come back at {@link #nextDeadlineNanos}; after each, do what
/// {@link #actions} gives. Owned by one thread.
public final class IkeNode {
    /// What was refused, for metrics.
    public enum Counter {
        /// No IKE message, or one of another version.
        NOT_IKE,
        /// Of no SA that we have.
        UNKNOWN_SPI,
        /// Its integrity check value is wrong.
        NOT_AUTHENTIC,
        /// Certificate, identity or signature.
        NOT_TRUSTED,
        /// An IKE_SA_INIT that asks for something else, or an answer to ours that makes no sense.
        REFUSED_INIT,
        COOKIE_ASKED,
        /// Too many that began and have not proven who they are, though they have cookies.
        HALF_OPEN_FULL,
        /// A peer and this node did not prove themselves anew.
        NOT_RENEWED
    }

    private static final Comparator<IkeSa> STAYS_LONGER = Comparator.comparing(
                    (IkeSa sa) -> sa.phase == IkeSa.Phase.ESTABLISHED && !sa.leaving)
            .thenComparingLong(sa -> sa.establishedNanos);

    NodeConfig config;
    final SecureRandom random;

    private final Cookies cookies;
    private final Reauthentication reauthentication = new Reauthentication(this);
    private final Map<Long, IkeSa> bySpi = new LinkedHashMap<>();
    /// Deleted by the peer: a repeated request still gets its answer, or the peer would wait in vain.
    private final Map<Long, Departed> departed = new LinkedHashMap<>();

    private final HalfOpen halfOpen = new HalfOpen();
    private final Set<Integer> childSpis = new HashSet<>();
    private final Map<Identity, PeerConfig> peers = new HashMap<>();
    private final Map<Identity, ChildSa> outbound = new HashMap<>();
    private final Map<Counter, Long> counters = new EnumMap<>(Counter.class);
    private List<Action> actions = new ArrayList<>();

    private record Departed(IkeSa sa, long untilNanos) {}

    /// A node without peers.
    public IkeNode(NodeConfig config, SecureRandom random, long nowNanos) {
        this.config = config;
        this.random = random;
        cookies = new Cookies(random, nowNanos);
    }

    // What is wanted

    /// Lets a peer in, which has to prove this identity, and says what it may have.
    public void configure(PeerConfig peer) {
        forget(peer.identity());
        peers.put(peer.identity(), peer);
        halfOpen.peerAt(peer.path().remote(), true);
    }

    private void forget(Identity peer) {
        PeerConfig old = peers.remove(peer);
        if (old != null) {
            halfOpen.peerAt(old.path().remote(), false);
        }
    }

    /// Proves itself with other certificates, soon to the peers that there are too, and judges those of peers anew. SAs
    /// of peers that are trusted no more end at once, others stay.
    ///
    /// @param judge of peers that were let in; {@code verifier} is of those that come
    public void identify(Credentials credentials, Verifier verifier, Verifier judge, long nowNanos) {
        config = config.with(credentials, verifier);
        for (IkeSa sa : List.copyOf(bySpi.values())) {
            if (sa.phase == IkeSa.Phase.ESTABLISHED) {
                switch (judge.verify(sa.peer().identity(), sa.handshake.certificates())) {
                    case Verifier.Verdict.Refused(String why) -> sa.distrust(why, nowNanos);
                    case Verifier.Verdict.Trusted(var _, Duration left) -> {
                        if (newest(sa.peer().identity()).equals(Optional.of(sa))) {
                            reauthentication.judged(sa, left, nowNanos);
                        }
                    }
                }
            }
        }
    }

    /// Begins an IKE SA with a configured peer, unless one is there or on its way from here.
    ///
    /// @throws IllegalArgumentException if it is not configured
    public void connect(Identity peer, long nowNanos) {
        PeerConfig config = configured(peer).orElseThrow(() -> new IllegalArgumentException("no peer " + peer));
        if (with(peer).stream().noneMatch(IkeSa::isOpen)) {
            begin(config, nowNanos);
        }
    }

    private void begin(PeerConfig peer, long nowNanos) {
        var sa = new IkeSa(this, true, 0, peer.path(), nowNanos);
        register(sa);
        sa.handshake.begin(peer, nowNanos);
    }

    /// Has a peer and this node prove themselves to each other anew before the time, by an IKE SA beside the one
    /// that is there; none is begun without one, or while another is on its way from here.
    public void reauthenticate(Identity peer, long nowNanos) {
        boolean underway = with(peer).stream().anyMatch(sa -> sa.phase == IkeSa.Phase.OPENING);
        if (isEstablished(peer) && !underway) {
            configured(peer).ifPresent(config -> begin(config, nowNanos));
        }
    }

    /// Ends all with a peer, and lets it in no more.
    public void disconnect(Identity peer, long nowNanos) {
        forget(peer);
        release(peer, nowNanos);
    }

    /// Ends all with a peer, which may begin again.
    public void release(Identity peer, long nowNanos) {
        with(peer).forEach(sa -> sa.delete(nowNanos));
    }

    /// Replaces a peer's IKE SA before its time.
    public void rekeyIke(Identity peer, long nowNanos) {
        with(peer).forEach(sa -> sa.rekey.start(nowNanos));
    }

    /// Replaces a Child SA before its time, because of what was sent on it.
    public void rekeyChild(int inboundSpi, long nowNanos) {
        List.copyOf(bySpi.values()).forEach(sa -> sa.children.rekey(inboundSpi, nowNanos));
    }

    // What arrives

    /// An authentic ESP packet, the newest of its Child SA, came from elsewhere than those before it.
    public void espHeard(int inboundSpi, IpAddress from, int port, long nowNanos) {
        for (IkeSa sa : List.copyOf(bySpi.values())) {
            if (sa.children.all().stream().anyMatch(child -> child.inboundSpi() == inboundSpi)) {
                sa.espHeard(from, port, nowNanos);
            }
        }
    }

    /// New authentic packets came on these Child SAs.
    public void alive(Set<Integer> inboundSpis, long nowNanos) {
        for (IkeSa sa : bySpi.values()) {
            if (sa.children.all().stream().anyMatch(child -> inboundSpis.contains(child.inboundSpi()))) {
                sa.children.heard(inboundSpis);
                sa.alive(nowNanos);
            }
        }
    }

    /// Takes a datagram, without the non-ESP marker of port 4500.
    public void received(Path path, byte[] datagram, long nowNanos) {
        switch (MessageDecoder.decode(ByteBuffer.wrap(datagram))) {
            case Decoded.Accepted(Message message) -> accepted(path, message, datagram, nowNanos);
            case Decoded.OtherVersion(int major, Header header) -> {
                count(Counter.NOT_IKE);
                if (major > 2 && !header.response()) { // RFC 7296 §2.5
                    answerUnsecured(path, header, Payload.Notify.of(NotifyType.INVALID_MAJOR_VERSION));
                }
            }
            case Decoded.Malformed _, Decoded.NotIke _ -> count(Counter.NOT_IKE);
        }
    }

    private void accepted(Path path, Message message, byte[] datagram, long nowNanos) {
        Header header = message.header();
        if (header.exchange() == Header.IKE_SA_INIT && !header.response()) {
            if (header.responderSpi() == 0 && header.fromInitiator() && header.messageId() == 0) {
                begun(path, message, datagram, nowNanos);
            }
            return;
        }
        long own = header.fromInitiator() ? header.responderSpi() : header.initiatorSpi();
        Departed gone = departed.get(own);
        IkeSa sa = gone == null ? bySpi.get(own) : gone.sa;
        boolean first = header.exchange() == Header.IKE_SA_INIT;
        if (sa == null
                || sa.initiator == header.fromInitiator()
                || (!first && sa.remoteSpi != (sa.initiator ? header.responderSpi() : header.initiatorSpi()))) {
            count(Counter.UNKNOWN_SPI);
            return;
        }
        sa.received(path, message, datagram, nowNanos);
    }

    /// A peer begins (RFC 7296 §1.2, §2.6).
    private void begun(Path path, Message message, byte[] datagram, long nowNanos) {
        Header header = message.header();
        Optional<HalfOpen.Opening> known = halfOpen.at(path, header.initiatorSpi());
        if (known.isPresent()) {
            if (known.get().firstMessage().equals(Bytes.copyOf(datagram))) {
                known.get().sa().repeatInit();
            }
            return;
        }
        Bytes nonce =
                message.first(Payload.Nonce.class).map(Payload.Nonce::value).orElse(Bytes.EMPTY);
        HalfOpen.Verdict verdict = halfOpen.judge(path.remote(), config.cookiesFrom(), false);
        if (verdict == HalfOpen.Verdict.COOKIE_FIRST) {
            Bytes cookie = message.notification(NotifyType.COOKIE).orElse(Bytes.EMPTY);
            if (!cookies.isOurs(cookie, nonce, path.remote(), header.initiatorSpi())) {
                count(Counter.COOKIE_ASKED);
                Bytes fresh = cookies.cookie(nonce, path.remote(), header.initiatorSpi(), nowNanos);
                answerUnsecured(path, header, Payload.Notify.of(NotifyType.COOKIE, fresh));
                return;
            }
            verdict = halfOpen.judge(path.remote(), config.cookiesFrom(), true);
        }
        if (verdict == HalfOpen.Verdict.FULL) {
            count(Counter.HALF_OPEN_FULL);
            return;
        }
        var sa = new IkeSa(this, false, header.initiatorSpi(), path, nowNanos);
        Optional<Payload.Notify> refusal = sa.handshake.answerInit(message, datagram);
        if (refusal.isPresent()) {
            count(Counter.REFUSED_INIT);
            answerUnsecured(path, header, refusal.get());
            return;
        }
        register(sa);
        halfOpen.add(sa, Bytes.copyOf(datagram));
    }

    private void answerUnsecured(Path path, Header header, Payload.Notify notify) {
        emit(new Action.Send(path, Bytes.copyOf(MessageEncoder.encode(header.answer(), List.of(notify)))));
    }

    // Time

    /// Does what is due.
    public void expire(long nowNanos) {
        departed.values().removeIf(gone -> gone.untilNanos <= nowNanos);
        for (IkeSa sa : List.copyOf(bySpi.values())) {
            if (sa.nextDeadlineNanos() <= nowNanos) {
                sa.expire(nowNanos);
            }
        }
        reauthentication.expire(nowNanos);
    }

    /// When to call {@link #expire} next; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        long next = LongStream.concat(
                        bySpi.values().stream().mapToLong(IkeSa::nextDeadlineNanos),
                        departed.values().stream().mapToLong(Departed::untilNanos))
                .min()
                .orElse(Long.MAX_VALUE);
        return Math.min(next, reauthentication.nextDeadlineNanos());
    }

    /// What is to be done since the last time this was asked.
    public List<Action> actions() {
        List<Action> done = actions;
        actions = new ArrayList<>();
        return done;
    }

    // For status

    public Map<Counter, Long> counters() {
        return Map.copyOf(counters);
    }

    /// Whether a peer has proven who it is and is still there.
    public boolean isEstablished(Identity peer) {
        return with(peer).stream().anyMatch(sa -> sa.phase == IkeSa.Phase.ESTABLISHED);
    }

    /// What a peer proved itself with last, its own certificate first; empty if it is not there.
    public List<Bytes> certificates(Identity peer) {
        return newest(peer).map(sa -> sa.handshake.certificates()).orElse(List.of());
    }

    private Optional<IkeSa> newest(Identity peer) {
        return with(peer).stream()
                .filter(sa -> sa.phase == IkeSa.Phase.ESTABLISHED)
                .max(Comparator.comparingLong(sa -> sa.establishedNanos));
    }

    /// IKE SAs with a peer, of all phases.
    public int ikeSas(Identity peer) {
        return with(peer).size();
    }

    /// IKE SAs of all peers, those too that have not proven who they are.
    public int ikeSas() {
        return bySpi.size();
    }

    /// Child SAs of a peer that are not on their way out.
    public List<ChildSa> childSas(Identity peer) {
        return with(peer).stream().flatMap(sa -> sa.children.all().stream()).toList();
    }

    // For the SAs

    void emit(Action action) {
        actions.add(action);
    }

    void count(Counter counter) {
        counters.merge(counter, 1L, Long::sum);
    }

    void register(IkeSa sa) {
        bySpi.put(sa.localSpi, sa);
    }

    long newSpi() {
        long spi = random.nextLong();
        return spi == 0 || bySpi.containsKey(spi) ? newSpi() : spi;
    }

    /// Above those that RFC 4303 §2.1 reserves.
    int newChildSpi() {
        int spi = random.nextInt();
        return Integer.compareUnsigned(spi, 256) < 0 || !childSpis.add(spi) ? newChildSpi() : spi;
    }

    Bytes nonce() {
        byte[] nonce = new byte[Handshake.NONCE_BYTES];
        random.nextBytes(nonce);
        return Bytes.copyOf(nonce);
    }

    /// Who began the IKE SA replaces first, and no two nodes at the same time.
    long rekeyAfter(Duration life, boolean initiator) {
        double share = initiator ? 0.8 + 0.1 * random.nextDouble() : 0.95 + 0.05 * random.nextDouble();
        return (long) (life.toNanos() * share);
    }

    /// Before a refused request is made again.
    long shortWhile() {
        return config.timers().retransmit().toNanos() * (2 + random.nextInt(1_000) / 500);
    }

    Optional<PeerConfig> configured(Identity peer) {
        return Optional.ofNullable(peers.get(peer));
    }

    List<IkeSa> with(Identity peer) {
        return bySpi.values().stream()
                .filter(sa -> sa.peer != null && sa.peer.identity().equals(peer))
                .toList();
    }

    /// No other IKE SA with this peer is up (RFC 7296 §2.4).
    boolean isFirst(IkeSa sa) {
        return with(sa.peer().identity()).stream()
                .noneMatch(other -> other != sa && other.phase == IkeSa.Phase.ESTABLISHED);
    }

    /// The peer has forgotten all older SAs (RFC 7296 §2.4), but one of ours that began meanwhile.
    void initialContact(IkeSa sa, long nowNanos) {
        for (IkeSa other : with(sa.peer().identity())) {
            if (other != sa && other.phase == IkeSa.Phase.ESTABLISHED && !overlap(sa, other)) {
                other.supersede(nowNanos);
            }
        }
    }

    /// Both ends began at about the same time.
    private static boolean overlap(IkeSa one, IkeSa other) {
        return one.begunHere != other.begunHere
                && one.begunNanos < other.establishedNanos
                && other.begunNanos < one.establishedNanos;
    }

    void established(IkeSa sa, long nowNanos) {
        sa.establishedNanos = nowNanos;
        halfOpen.remove(sa);
        emit(new Action.Established(sa.peer().identity(), sa.path));
        reauthentication.proven(sa, nowNanos);
        for (IkeSa other : with(sa.peer().identity())) {
            if (other != sa && other.phase == IkeSa.Phase.ESTABLISHED && overlap(sa, other)) {
                IkeSa loser = Children.isLower(sa.handshake.nonceOfInitiator(), other.handshake.nonceOfInitiator())
                        ? sa
                        : other;
                loser.deleteSoon(nowNanos);
            }
        }
    }

    /// Who began {@code sa} after others were there deletes those, as soon as it carries their traffic.
    void replaceOlder(IkeSa sa, long nowNanos) {
        for (IkeSa other : with(sa.peer().identity())) {
            if (other != sa
                    && other.phase == IkeSa.Phase.ESTABLISHED
                    && !other.leaving
                    && !other.rekey.isHeirApparent()
                    && other.establishedNanos <= sa.replacesUntilNanos) {
                other.replaced(nowNanos);
            }
        }
    }

    /// Has another IKE SA with the peer receive for a while what is on its way on the Child SAs of one that is over.
    void bequeath(IkeSa sa, long nowNanos) {
        if (sa.peer != null) {
            with(sa.peer.identity()).stream()
                    .filter(other -> other != sa
                            && other.phase == IkeSa.Phase.ESTABLISHED
                            && !other.children.all().isEmpty())
                    .max(STAYS_LONGER)
                    .ifPresent(heir -> heir.children.bury(sa.children, nowNanos));
        }
    }

    /// What there is with a peer besides an IKE SA that is to go.
    enum Besides {
        NOBODY,
        /// Another, without a Child SA that both ends are known to have.
        SILENT,
        CARRYING
    }

    Besides besides(IkeSa sa) {
        List<IkeSa> others = with(sa.peer().identity()).stream()
                .filter(other -> other != sa && other.phase == IkeSa.Phase.ESTABLISHED && !other.leaving)
                .toList();
        if (others.isEmpty()) {
            return Besides.NOBODY;
        }
        return others.stream().anyMatch(other -> other.children.isCarrying()) ? Besides.CARRYING : Besides.SILENT;
    }

    void deletedByPeer(IkeSa sa, long nowNanos) {
        bequeath(sa, nowNanos);
        departed.put(
                sa.localSpi,
                new Departed(sa, nowNanos + config.timers().halfOpen().toNanos()));
    }

    void closed(IkeSa sa, String why) {
        bySpi.remove(sa.localSpi);
        halfOpen.remove(sa);
        if (sa.peer == null) {
            return;
        }
        Identity peer = sa.peer.identity();
        String reason = sa.handshake.failure().orElse(why);
        if (with(peer).stream().noneMatch(IkeSa::isOpen)) {
            reauthentication.lost(peer);
            emit(new Action.Lost(peer, reason));
        } else if (sa.establishedNanos == Long.MAX_VALUE && isEstablished(peer)) {
            count(Counter.NOT_RENEWED);
            emit(new Action.NotRenewed(peer, reason));
        }
    }

    void useOutbound(ChildSa child) {
        outbound.put(child.peer(), child);
        emit(new Action.UseOutbound(child));
    }

    boolean sendsOn(ChildSa child) {
        return child.equals(outbound.get(child.peer()));
    }

    /// Who answers does not know when the peer has the answer: an SA that works is better.
    void useOutboundIfNone(ChildSa child) {
        if (!outbound.containsKey(child.peer())) {
            useOutbound(child);
        }
    }

    /// The peer receives no more on {@code child}: if it is what we send on, another takes its place.
    void outboundIsOver(ChildSa child, boolean replaced) {
        if (!replaced && outbound.remove(child.peer(), child)) {
            List<IkeSa> its =
                    with(child.peer()).stream().sorted(STAYS_LONGER.reversed()).toList();
            inPlaceOf(child, its, true).or(() -> inPlaceOf(child, its, false)).ifPresent(this::useOutbound);
        }
    }

    private static Optional<ChildSa> inPlaceOf(ChildSa child, List<IkeSa> its, boolean stays) {
        return its.stream()
                .flatMap(sa -> sa.children.besides(child, stays).stream())
                .findFirst();
    }

    void remove(ChildSa child) {
        outboundIsOver(child, false);
        childSpis.remove(child.inboundSpi());
        emit(new Action.Remove(child));
    }

    /// Its IKE SAs, for people.
    @Override
    public String toString() {
        return bySpi.values().toString();
    }
}
