package slash32.overlay.ike.exchange;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.overlay.ike.crypto.IkeKeys;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.KeyOffer;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;
import slash32.overlay.ike.wire.Proposal;
import slash32.overlay.ike.wire.TrafficSelector;

/// The Child SAs of one IKE SA: made, replaced and deleted by either side (RFC 7296 §1.3, §1.4, §2.8, §2.25.1).
///
/// Make before break: who answers receives on the new SA before its answer leaves; who asked sends on it when it
/// has the answer, and then deletes the old one, which is when the other side sends on the new one too.
final class Children {
    /// Of one IKE SA; a peer that wants more is mad.
    private static final int MOST = 16;

    private static final Comparator<Bytes> UNSIGNED =
            (one, other) -> Arrays.compareUnsigned(one.toArray(), other.toArray());

    private final IkeSa sa;
    private final List<Child> live = new ArrayList<>();
    private final List<Lingering> lingering = new ArrayList<>();
    private final List<ChildSa> outboundAfterAnswer = new ArrayList<>();
    private final List<ChildSa> freshAfterAnswer = new ArrayList<>();

    /// One in force.
    private static final class Child {
        final ChildSa sa;
        final long madeNanos;
        long rekeyAtNanos;
        /// Until then the peer, who asked for it, may not have our answer and not know it.
        long unknownUntilNanos = Long.MIN_VALUE;
        /// The peer receives on it.
        boolean shared;
        /// We have asked for its replacement, or will.
        boolean rekeying;
        /// We have asked for its end, or will.
        boolean condemned;
        /// What the peer made to replace it, and the lower nonce of that exchange (RFC 7296 §2.8.1).
        @Nullable
        Child rival;

        Bytes rivalNonce = Bytes.EMPTY;

        Child(ChildSa sa, boolean shared, long nowNanos) {
            this.sa = sa;
            this.shared = shared;
            madeNanos = nowNanos;
        }

        boolean stays() {
            return shared && !condemned;
        }
    }

    private record Lingering(ChildSa sa, long untilNanos) {}

    Children(IkeSa sa) {
        this.sa = sa;
    }

    static Bytes lower(Bytes one, Bytes other) {
        return UNSIGNED.compare(one, other) <= 0 ? one : other;
    }

    static boolean isLower(Bytes one, Bytes other) {
        return UNSIGNED.compare(one, other) < 0;
    }

    List<ChildSa> all() {
        return live.stream().map(child -> child.sa).toList();
    }

    // Asking for one

    /// What we ask for, in IKE_AUTH or CREATE_CHILD_SA.
    final class Wanted {
        private final int spi;
        private final PeerConfig peer;
        private final boolean ownKeyExchange;

        Wanted(PeerConfig peer, boolean ownKeyExchange) {
            this.peer = peer;
            this.ownKeyExchange = ownKeyExchange;
            spi = sa.node.newChildSpi();
        }

        List<Payload> offer() {
            return offer(List.of());
        }

        /// The payloads of the request.
        ///
        /// @param afterSa nonce and key exchange, if it is not of IKE_AUTH
        List<Payload> offer(List<Payload> afterSa) {
            var payloads = new ArrayList<Payload>();
            payloads.add(Proposals.offerEsp(sa.node.config, spi, ownKeyExchange));
            payloads.addAll(afterSa);
            payloads.add(new Payload.TrafficSelectors(true, peer.local()));
            payloads.add(new Payload.TrafficSelectors(false, peer.remote()));
            if (peer.transport()) {
                payloads.add(Payload.Notify.of(NotifyType.USE_TRANSPORT_MODE));
            }
            return payloads;
        }

        /// Makes the SA of an answer that agrees. One of IKE_AUTH is used at once.
        void answered(Message response, Bytes nonces, @Nullable Secret secret, long nowNanos) {
            Child child = made(response, nonces, secret, nowNanos);
            if (child != null) {
                sa.node.useOutbound(child.sa);
            }
        }

        /// Makes the SA if both agree.
        ///
        /// @return the SA, received on already; null if the peer refused or answered what was not asked
        private @Nullable Child made(Message response, Bytes nonces, @Nullable Secret secret, long nowNanos) {
            Optional<Proposals.EspSuite> suite = response.first(Payload.SecurityAssociation.class)
                    .flatMap(chosen -> Proposals.chooseEsp(sa.node.config, chosen, 0));
            List<TrafficSelector> local = ChildAgreement.narrowed(peer.local(), response, true);
            List<TrafficSelector> remote = ChildAgreement.narrowed(peer.remote(), response, false);
            if (suite.isEmpty() || local.isEmpty() || remote.isEmpty() || (secret == null) == ownKeyExchange) {
                sa.node.emit(new Action.ChildRefused(
                        peer.identity(),
                        response.error().map(Payload.Notify::notification).orElse(0)));
                return null;
            }
            IkeKeys.EspKeys keys = ChildAgreement.keys(sa, suite.get(), nonces, secret);
            return install(
                    new ChildSa(
                            peer.identity(),
                            spi,
                            Proposals.spi32(suite.get().spi()),
                            keys.fromResponder(),
                            keys.fromInitiator(),
                            suite.get().esn(),
                            peer.transport() && response.has(NotifyType.USE_TRANSPORT_MODE),
                            sa.encapsulated(),
                            local,
                            remote,
                            sa.path),
                    true,
                    nowNanos);
        }
    }

    Wanted want(PeerConfig peer, boolean ownKeyExchange) {
        return new Wanted(peer, ownKeyExchange);
    }

    private Child install(ChildSa made, boolean shared, long nowNanos) {
        var child = new Child(made, shared, nowNanos);
        child.rekeyAtNanos =
                nowNanos + sa.node.rekeyAfter(sa.node.config.timers().childLife(), sa.initiator);
        live.add(child);
        sa.node.emit(new Action.InstallInbound(made));
        return child;
    }

    /// CREATE_CHILD_SA: a new one, or one in place of another.
    private final class Create implements Task {
        private final @Nullable Child old;
        private KeyExchangeMethod method = sa.node.config.keyExchanges().getFirst();
        private Bytes nonce = Bytes.EMPTY;
        private @Nullable KeyOffer offer;
        private @Nullable Wanted wanted;

        Create(@Nullable Child old) {
            this.old = old;
        }

        @Override
        public int exchange() {
            return Header.CREATE_CHILD_SA;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            if (!sa.isOpen() || (old != null && (!live.contains(old) || old.rival != null || old.condemned))) {
                return Optional.empty();
            }
            nonce = sa.node.nonce();
            KeyOffer begun = method.offer(sa.node.random);
            Wanted asked = want(sa.peer(), true);
            offer = begun;
            wanted = asked;
            var payloads = new ArrayList<Payload>();
            if (old != null) {
                Bytes spi = Proposals.bytes(old.sa.inboundSpi());
                payloads.add(new Payload.Notify(Proposal.ESP, spi, NotifyType.REKEY_SA, Bytes.EMPTY));
            }
            payloads.addAll(asked.offer(
                    List.of(new Payload.Nonce(nonce), new Payload.KeyExchange(method.code(), begun.value()))));
            return Optional.of(payloads);
        }

        @Override
        public void answered(Message response, long nowNanos) {
            Optional<Payload.Notify> error = response.error();
            if (error.isPresent()) {
                refused(error.get(), nowNanos);
                return;
            }
            Optional<Bytes> peerNonce = response.first(Payload.Nonce.class).map(Payload.Nonce::value);
            Optional<Secret> secret = response.first(Payload.KeyExchange.class)
                    .filter(answer -> answer.method() == method.code())
                    .flatMap(answer -> offer == null ? Optional.empty() : offer.secret(answer.value()));
            if (peerNonce.isEmpty() || wanted == null) {
                sa.close("an answer of the peer has no nonce");
                return;
            }
            Bytes nonces = Handshake.concat(nonce, peerNonce.get());
            Child made = wanted.made(response, nonces, secret.orElse(null), nowNanos);
            if (made != null) {
                settle(made, lower(nonce, peerNonce.get()), nowNanos);
            } else {
                again(nowNanos);
            }
        }

        /// Of two replacements the one whose exchange had the lowest of the four nonces goes, by who made it; the
        /// other's maker deletes what was replaced (RFC 7296 §2.8.1).
        private void settle(Child made, Bytes ownNonce, long nowNanos) {
            if (old != null && old.rival != null && isLower(ownNonce, old.rivalNonce)) {
                condemn(made, nowNanos);
                return;
            }
            sa.node.useOutbound(made.sa);
            if (old != null && live.contains(old)) {
                condemn(old, nowNanos);
            }
        }

        private void refused(Payload.Notify error, long nowNanos) {
            switch (error.notification()) {
                case NotifyType.CHILD_SA_NOT_FOUND -> {
                    if (old != null && live.remove(old)) {
                        sa.node.remove(old.sa);
                    }
                    if (live.isEmpty()) {
                        sa.enqueue(new Create(null), nowNanos);
                    }
                }
                case NotifyType.INVALID_KE_PAYLOAD -> {
                    Optional<KeyExchangeMethod> other = Optional.of(error.body())
                            .filter(body -> body.length() == 2)
                            .flatMap(body -> KeyExchangeMethod.of(body.unsignedAt(0) << 8 | body.unsignedAt(1)))
                            .filter(one -> one != method
                                    && sa.node.config.keyExchanges().contains(one));
                    if (other.isPresent()) {
                        method = other.get();
                        sa.enqueue(this, nowNanos);
                    } else {
                        again(nowNanos);
                    }
                }
                case NotifyType.TEMPORARY_FAILURE -> again(nowNanos);
                default -> {
                    sa.node.emit(new Action.ChildRefused(sa.peer().identity(), error.notification()));
                    again(nowNanos);
                }
            }
        }

        private void again(long nowNanos) {
            sa.enqueueLater(this, nowNanos + sa.node.shortWhile());
        }
    }

    void create(long nowNanos) {
        sa.enqueue(new Create(null), nowNanos);
    }

    /// Replaces the one that receives with {@code inboundSpi}, if it is of this IKE SA, as soon as that can be.
    void rekey(int inboundSpi, long nowNanos) {
        for (Child child : List.copyOf(live)) {
            if (child.sa.inboundSpi() == inboundSpi) {
                child.rekeyAtNanos = Math.min(child.rekeyAtNanos, nowNanos);
                replace(child, nowNanos);
            }
        }
    }

    /// Replaces those that lead to where the peer was before it moved. One that was made just now waits, or somebody
    /// who copies packets could have us do nothing else.
    void follow(long nowNanos) {
        long rest = sa.node.config.timers().retransmitNanos(1);
        for (Child child : live) {
            if (!child.sa.path().equals(sa.path)) {
                child.rekeyAtNanos = Math.min(child.rekeyAtNanos, Math.max(nowNanos, child.madeNanos + rest));
            }
        }
    }

    private void replace(Child child, long nowNanos) {
        if (!child.rekeying && !child.condemned && child.rival == null && child.unknownUntilNanos <= nowNanos) {
            child.rekeying = true;
            sa.enqueue(new Create(child), nowNanos);
        }
    }

    private void condemn(Child child, long nowNanos) {
        child.condemned = true;
        sa.enqueue(new Delete(child), nowNanos);
    }

    /// INFORMATIONAL with the end of one.
    private final class Delete implements Task {
        private final Child child;

        Delete(Child child) {
            this.child = child;
        }

        @Override
        public int exchange() {
            return Header.INFORMATIONAL;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            return live.contains(child)
                    ? Optional.of(
                            List.of(new Payload.Delete(Proposal.ESP, List.of(Proposals.bytes(child.sa.inboundSpi())))))
                    : Optional.empty();
        }

        @Override
        public void answered(Message response, long nowNanos) {
            retire(child, nowNanos);
        }
    }

    /// Packets that were on their way still come for a while.
    private void retire(Child child, long nowNanos) {
        if (live.remove(child)) {
            lingering.add(new Lingering(
                    child.sa, nowNanos + sa.node.config.timers().linger().toNanos()));
        }
    }

    /// Nothing is sent on these any more.
    void retireAll(long nowNanos) {
        List<Child> all = List.copyOf(live);
        all.forEach(child -> retire(child, nowNanos));
        all.forEach(child -> sa.node.outboundIsOver(child.sa, false));
    }

    /// Receives on those of another IKE SA with the peer for a while, which nothing is sent on any more.
    void bury(Children others, long nowNanos) {
        others.retireAll(nowNanos);
        lingering.addAll(others.lingering);
        others.lingering.clear();
    }

    // Answering

    /// The peer asks for something new: it has all answers to what it asked before.
    void peerIsCurrent() {
        live.forEach(child -> {
            child.unknownUntilNanos = Long.MIN_VALUE;
            child.shared = true;
        });
    }

    /// New authentic packets came on these.
    void heard(Set<Integer> inboundSpis) {
        for (Child child : live) {
            child.shared |= inboundSpis.contains(child.sa.inboundSpi());
        }
    }

    /// One that can be sent on in place of another.
    ///
    /// @param stays one that the peer is known to receive on, and not on its way out
    Optional<ChildSa> besides(ChildSa other, boolean stays) {
        return live.stream()
                .filter(child -> child.stays() || !stays)
                .map(child -> child.sa)
                .filter(one -> !one.equals(other))
                .findFirst();
    }

    /// There is one that the peer is known to receive on, and not on its way out.
    boolean isCarrying() {
        return live.stream().anyMatch(Child::stays);
    }

    List<Payload> answerFirst(Message request, Bytes nonces, long nowNanos) {
        Payload.SecurityAssociation offer =
                request.first(Payload.SecurityAssociation.class).orElseThrow();
        return switch (ChildAgreement.on(
                sa, request, offer, sa.peer().local(), sa.peer().remote())) {
            case ChildAgreement.No(Payload.Notify why) -> List.of(why);
            case ChildAgreement.Yes agreed -> {
                Child child = install(agreed.child(nonces), false, nowNanos);
                freshAfterAnswer.add(child.sa);
                yield agreed.payloads(List.of());
            }
        };
    }

    List<Payload> answer(Message request, Payload.SecurityAssociation offer, long nowNanos) {
        if (!sa.isOpen() || sa.rekey.isUnderway()) {
            return List.of(Payload.Notify.of(NotifyType.TEMPORARY_FAILURE));
        }
        Optional<Payload.Nonce> peerNonce = request.first(Payload.Nonce.class);
        if (peerNonce.isEmpty()) {
            return List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        Optional<Payload.Notify> rekeyed = request.all(Payload.Notify.class)
                .filter(notify -> notify.notification() == NotifyType.REKEY_SA)
                .findFirst();
        Child old = null;
        if (rekeyed.isPresent()) {
            old = byOutbound(rekeyed.get().spi());
            if (old == null) {
                return List.of(new Payload.Notify(
                        Proposal.ESP, rekeyed.get().spi(), NotifyType.CHILD_SA_NOT_FOUND, Bytes.EMPTY));
            }
            if (old.condemned || old.rival != null) {
                return List.of(Payload.Notify.of(NotifyType.TEMPORARY_FAILURE));
            }
        } else if (live.size() >= MOST) {
            return List.of(Payload.Notify.of(NotifyType.NO_ADDITIONAL_SAS));
        }
        List<TrafficSelector> local = old == null ? sa.peer().local() : old.sa.local();
        List<TrafficSelector> remote = old == null ? sa.peer().remote() : old.sa.remote();
        return switch (ChildAgreement.on(sa, request, offer, local, remote)) {
            case ChildAgreement.No(Payload.Notify why) -> List.of(why);
            case ChildAgreement.Yes agreed -> {
                Bytes nonce = sa.node.nonce();
                Child made =
                        install(agreed.child(Handshake.concat(peerNonce.get().value(), nonce)), false, nowNanos);
                made.unknownUntilNanos = nowNanos + sa.node.config.timers().patienceNanos();
                if (old == null) {
                    freshAfterAnswer.add(made.sa);
                } else {
                    old.rival = made;
                    old.rivalNonce = lower(nonce, peerNonce.get().value());
                }
                yield agreed.payloads(List.of(new Payload.Nonce(nonce)));
            }
        };
    }

    private @Nullable Child byOutbound(Bytes spi) {
        return live.stream()
                .filter(child -> Proposals.bytes(child.sa.outboundSpi()).equals(spi))
                .findFirst()
                .orElse(null);
    }

    /// The peer receives no more on these (RFC 7296 §1.4.1). One that both sides delete at once is not named again.
    Optional<Payload> deletedByPeer(Payload.Delete delete, long nowNanos) {
        var own = new ArrayList<Bytes>();
        for (Bytes spi : delete.protocol() == Proposal.ESP ? delete.spis() : List.<Bytes>of()) {
            Child child = byOutbound(spi);
            if (child == null) {
                continue;
            }
            if (!child.condemned) {
                own.add(Proposals.bytes(child.sa.inboundSpi()));
            }
            Child rival = child.rival;
            boolean replaced = rival != null && live.contains(rival);
            if (rival != null && replaced && sa.node.sendsOn(child.sa)) { // else we are further than this rival
                outboundAfterAnswer.add(rival.sa);
            }
            retire(child, nowNanos);
            sa.node.outboundIsOver(child.sa, replaced);
        }
        return own.isEmpty() ? Optional.empty() : Optional.of(new Payload.Delete(Proposal.ESP, own));
    }

    /// Sends on what the peer can receive on now, the answer having left.
    void afterAnswer() {
        List<ChildSa> now = List.copyOf(outboundAfterAnswer);
        outboundAfterAnswer.clear();
        now.forEach(sa.node::useOutbound);
        freshAfterAnswer.forEach(sa.node::useOutboundIfNone);
        freshAfterAnswer.clear();
    }

    /// Sends on these no more, if there is another.
    void yieldOutbound() {
        live.forEach(child -> sa.node.outboundIsOver(child.sa, false));
    }

    // Moving and ending

    /// Inherits all of an IKE SA that this one replaces (RFC 7296 §2.18).
    void take(Children others, long nowNanos) {
        List<Child> moved = List.copyOf(others.live);
        boolean wanted = others.sa.isBusyWith(Create.class) && moved.isEmpty();
        live.addAll(moved);
        lingering.addAll(others.lingering);
        others.live.clear();
        others.lingering.clear();
        others.sa.dropQueue();
        for (Child child : moved) {
            child.rekeying = false;
            if (child.condemned) {
                condemn(child, nowNanos);
            }
        }
        if (wanted) {
            create(nowNanos);
        }
        if (others.sa.replacesUntilNanos != Long.MIN_VALUE) {
            sa.replaceOthers(others.sa.replacesUntilNanos, nowNanos);
        }
        if (others.sa.leaving) {
            sa.deleteSoon(nowNanos);
        }
    }

    /// Whether a request about a Child SA is on its way (RFC 7296 §2.25.2).
    boolean isAsking() {
        return sa.current() instanceof Create || sa.current() instanceof Delete;
    }

    void removeAll() {
        lingering.forEach(one -> sa.node.remove(one.sa));
        lingering.clear();
        List<Child> all = List.copyOf(live);
        live.clear();
        all.forEach(child -> sa.node.remove(child.sa));
    }

    void expire(long nowNanos) {
        for (Lingering one : List.copyOf(lingering)) {
            if (one.untilNanos <= nowNanos) {
                lingering.remove(one);
                sa.node.remove(one.sa);
            }
        }
        for (Child child : List.copyOf(live)) {
            if (sa.isOpen() && child.rekeyAtNanos <= nowNanos) {
                replace(child, nowNanos);
            }
        }
    }

    long nextDeadlineNanos() {
        long next = Long.MAX_VALUE;
        for (Lingering one : lingering) {
            next = Math.min(next, one.untilNanos);
        }
        for (Child child : live) {
            if (sa.isOpen() && !child.rekeying && !child.condemned && child.rival == null) {
                next = Math.min(next, Math.max(child.rekeyAtNanos, child.unknownUntilNanos));
            }
        }
        return next;
    }
}
