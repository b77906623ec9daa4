package slash32.overlay.ike.exchange;

import java.util.List;
import java.util.Optional;
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

/// How one IKE SA is replaced by another, by either side or both at once (RFC 7296 §2.8.2, §2.18, §2.25.2).
final class IkeRekey {
    private final IkeSa sa;
    private long atNanos = Long.MAX_VALUE;
    private boolean asked;

    /// What the peer made in place of this one, which is used when the peer deletes this one.
    private @Nullable IkeSa rival;

    private Bytes rivalNonce = Bytes.EMPTY;
    private long rivalOverdueNanos = Long.MAX_VALUE;

    /// What this one was made in place of, until it has that one's Child SAs.
    private @Nullable IkeSa predecessor;

    private @Nullable String over;

    IkeRekey(IkeSa sa) {
        this.sa = sa;
    }

    void schedule(long nowNanos) {
        atNanos = nowNanos + sa.node.rekeyAfter(sa.node.config.timers().ikeLife(), sa.initiator);
    }

    /// Either side's rekeying of this IKE SA has begun.
    boolean isUnderway() {
        return rival != null || sa.current() instanceof Rekey;
    }

    /// Nothing may be asked on this SA any more, but its own end.
    boolean isBeingReplaced() {
        return rival != null && sa.isOpen();
    }

    /// It has nothing yet, and will have what the one has whose place it takes: its wish to leave too.
    boolean isHeirApparent() {
        return predecessor != null;
    }

    void start(long nowNanos) {
        if (sa.phase == IkeSa.Phase.ESTABLISHED && !asked && rival == null && predecessor == null) {
            asked = true;
            sa.enqueue(new Rekey(), nowNanos);
        }
    }

    private final class Rekey implements Task {
        private KeyExchangeMethod method = sa.node.config.keyExchanges().getFirst();
        private Bytes nonce = Bytes.EMPTY;
        private @Nullable KeyOffer offer;
        private @Nullable IkeSa successor;

        @Override
        public int exchange() {
            return Header.CREATE_CHILD_SA;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            if (!sa.isOpen() || rival != null) {
                return Optional.empty();
            }
            nonce = sa.node.nonce();
            KeyOffer begun = method.offer(sa.node.random);
            IkeSa made = new IkeSa(sa.node, true, 0, sa.path, nowNanos);
            offer = begun;
            successor = made;
            return Optional.of(List.of(
                    Proposals.offerIke(sa.node.config, Proposals.bytes(made.localSpi)),
                    new Payload.Nonce(nonce),
                    new Payload.KeyExchange(method.code(), begun.value())));
        }

        @Override
        public void answered(Message response, long nowNanos) {
            Optional<Payload.Notify> error = response.error();
            Optional<Payload.Nonce> peerNonce = response.first(Payload.Nonce.class);
            Optional<Payload.KeyExchange> exchange = response.first(Payload.KeyExchange.class);
            Optional<Proposals.IkeSuite> suite = response.first(Payload.SecurityAssociation.class)
                    .flatMap(chosen -> Proposals.chooseIke(sa.node.config, chosen, method.code()))
                    .filter(chosen -> chosen.spi().length() == 8);
            Optional<Secret> secret = exchange.filter(answer -> answer.method() == method.code())
                    .flatMap(answer -> offer == null ? Optional.empty() : offer.secret(answer.value()));
            IkeSa made = successor;
            if (error.isPresent() || peerNonce.isEmpty() || suite.isEmpty() || secret.isEmpty() || made == null) {
                refused(error, nowNanos);
                return;
            }
            made.remoteSpi = Proposals.spi64(suite.get().spi());
            Bytes nonces = Handshake.concat(nonce, peerNonce.get().value());
            begin(made, suite.get(), nonces, secret.get(), nowNanos);
            boolean lost = rival != null
                    && Children.isLower(Children.lower(nonce, peerNonce.get().value()), rivalNonce);
            if (lost) {
                made.delete(nowNanos);
                return;
            }
            if (rival != null) {
                rival.rekey.predecessor = null;
                rival.abandonedNanos =
                        nowNanos + sa.node.config.timers().halfOpen().toNanos();
                rival = null;
            }
            rivalOverdueNanos = Long.MAX_VALUE;
            made.children.take(sa.children, nowNanos);
            sa.delete(nowNanos);
        }

        private void refused(Optional<Payload.Notify> error, long nowNanos) {
            Optional<KeyExchangeMethod> other = error.filter(one -> one.notification() == NotifyType.INVALID_KE_PAYLOAD
                            && one.body().length() == 2)
                    .flatMap(one -> KeyExchangeMethod.of(
                            one.body().unsignedAt(0) << 8 | one.body().unsignedAt(1)))
                    .filter(one ->
                            one != method && sa.node.config.keyExchanges().contains(one));
            if (other.isPresent()) {
                method = other.get();
                sa.enqueue(this, nowNanos);
            } else {
                sa.enqueueLater(this, nowNanos + sa.node.shortWhile());
            }
        }
    }

    private void begin(IkeSa made, Proposals.IkeSuite suite, Bytes nonces, Secret secret, long nowNanos) {
        var exchange = new IkeKeys.Exchange(nonces, made.initiatorSpi(), made.responderSpi());
        IkeKeys keys = sa.keys().rekeyed(suite.prf(), exchange, secret, suite.cipherKeyBytes());
        made.beginSecured(keys, sa.peer(), sa);
        made.rekey.schedule(nowNanos);
        sa.node.register(made);
    }

    List<Payload> answer(Message request, Payload.SecurityAssociation offer, long nowNanos) {
        if (!sa.isOpen() || rival != null || sa.children.isAsking()) {
            return List.of(Payload.Notify.of(NotifyType.TEMPORARY_FAILURE));
        }
        Optional<Payload.Nonce> peerNonce = request.first(Payload.Nonce.class);
        Optional<Payload.KeyExchange> offered = request.first(Payload.KeyExchange.class);
        if (peerNonce.isEmpty() || offered.isEmpty()) {
            return List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        Optional<Proposals.IkeSuite> suite = Proposals.chooseIke(
                        sa.node.config, offer, offered.get().method())
                .filter(chosen -> chosen.spi().length() == 8);
        if (suite.isEmpty()) {
            return List.of(Payload.Notify.of(NotifyType.NO_PROPOSAL_CHOSEN));
        }
        KeyExchangeMethod method = suite.get().method();
        if (method.code() != offered.get().method()) {
            return List.of(Handshake.invalidKe(method));
        }
        Optional<KeyExchangeMethod.Answer> answer = method.answer(offered.get().value(), sa.node.random);
        if (answer.isEmpty()) {
            return List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        Bytes nonce = sa.node.nonce();
        IkeSa made = new IkeSa(sa.node, false, Proposals.spi64(suite.get().spi()), sa.path, nowNanos);
        Bytes nonces = Handshake.concat(peerNonce.get().value(), nonce);
        begin(made, suite.get(), nonces, answer.get().secret(), nowNanos);
        made.rekey.predecessor = sa;
        rival = made;
        rivalNonce = Children.lower(nonce, peerNonce.get().value());
        rivalOverdueNanos = nowNanos
                + 4
                        * sa.node
                                .config
                                .timers()
                                .retransmitNanos(sa.node.config.timers().tries());
        return List.of(
                suite.get().answer(Proposals.bytes(made.localSpi)),
                new Payload.Nonce(nonce),
                new Payload.KeyExchange(method.code(), answer.get().value()));
    }

    /// The peer asks on this SA: it has the Child SAs there by now, unless which of two SAs is to stay is still open.
    void successorSpoke(long nowNanos) {
        if (predecessor != null && !(predecessor.current() instanceof Rekey)) {
            predecessor.rekey.adopt(nowNanos);
        }
    }

    /// The peer makes or deletes a Child SA on this SA: it is the one that stays.
    void successorUsed(long nowNanos) {
        if (predecessor != null) {
            predecessor.rekey.adopt(nowNanos);
        }
    }

    private void adopt(long nowNanos) {
        IkeSa to = rival;
        if (to != null && to.isOpen() && to.rekey.predecessor == sa) {
            to.rekey.predecessor = null;
            to.children.take(sa.children, nowNanos);
        }
    }

    void deletedByPeer(long nowNanos) {
        adopt(nowNanos);
        over = "deleted by the peer";
        sa.node.deletedByPeer(sa, nowNanos);
    }

    void failedByPeer(Payload.Notify error) {
        if (error.notification() == NotifyType.AUTHENTICATION_FAILED) {
            over = "the peer refused: " + error.notification();
        }
    }

    /// The SA goes only when the answer is on its way.
    void afterAnswer() {
        if (over != null) {
            sa.close(over);
        }
    }

    void expire(long nowNanos) {
        if (rivalOverdueNanos <= nowNanos && rival != null) {
            adopt(nowNanos);
            rivalOverdueNanos = Long.MAX_VALUE;
            sa.delete(nowNanos); // what the peer should have done
        }
        if (atNanos <= nowNanos) {
            start(nowNanos);
        }
    }

    long nextDeadlineNanos() {
        long next = sa.phase == IkeSa.Phase.ESTABLISHED && !asked && rival == null && predecessor == null
                ? atNanos
                : Long.MAX_VALUE;
        return rival == null ? next : Math.min(next, rivalOverdueNanos);
    }
}
