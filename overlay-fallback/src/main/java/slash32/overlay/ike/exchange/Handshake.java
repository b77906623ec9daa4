package slash32.overlay.ike.exchange;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.security.PublicKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.overlay.ike.crypto.IkeKeys;
import slash32.overlay.ike.crypto.KeyExchangeMethod;
import slash32.overlay.ike.crypto.KeyOffer;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.crypto.SignatureScheme;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;

/// The first two exchanges, either side (RFC 7296 §1.2).
final class Handshake {
    static final int NONCE_BYTES = 32;
    private static final int MOST_RETRIES = 3;

    private final IkeSa sa;
    private Bytes nonceI = Bytes.EMPTY;
    private Bytes nonceR = Bytes.EMPTY;
    private byte[] ownInit = {};
    private byte[] peerInit = {};
    private List<Integer> peerHashes = List.of();
    private @Nullable String failure;
    private List<Bytes> certificates = List.of();
    private List<Bytes> shown = List.of();
    private Duration trustedFor = Duration.ZERO;
    boolean fragments;

    Handshake(IkeSa sa) {
        this.sa = sa;
    }

    /// What stays when an IKE SA replaces another.
    void inherit(Handshake old) {
        fragments = old.fragments;
        nonceI = old.nonceI;
        certificates = old.certificates;
        shown = old.shown;
    }

    /// What the peer proved itself with, its own first; empty before it did.
    List<Bytes> certificates() {
        return certificates;
    }

    /// What this node proved itself with.
    List<Bytes> shown() {
        return shown;
    }

    /// For how long, when the peer did it, its certificates were still good.
    Duration trustedFor() {
        return trustedFor;
    }

    byte[] sentInit(byte[] message) {
        ownInit = message;
        return message;
    }

    /// Lowest first, to be compared in a collision of two first exchanges.
    Bytes nonceOfInitiator() {
        return nonceI;
    }

    // Initiator

    void begin(PeerConfig peer, long nowNanos) {
        sa.peer = peer;
        sa.enqueue(new Init(sa.node.config.keyExchanges().getFirst()), nowNanos);
    }

    /// IKE_SA_INIT.
    private final class Init implements Task {
        private KeyOffer offer;
        private Bytes cookie = Bytes.EMPTY;
        private int retries;

        Init(KeyExchangeMethod method) {
            offer = method.offer(sa.node.random);
        }

        @Override
        public int exchange() {
            return Header.IKE_SA_INIT;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            nonceI = sa.node.nonce();
            return Optional.of(payloads());
        }

        private List<Payload> payloads() {
            var payloads = new ArrayList<Payload>();
            if (cookie.length() > 0) {
                payloads.add(Payload.Notify.of(NotifyType.COOKIE, cookie));
            }
            payloads.add(Proposals.offerIke(sa.node.config, Bytes.EMPTY));
            payloads.add(new Payload.KeyExchange(offer.method().code(), offer.value()));
            payloads.add(new Payload.Nonce(nonceI));
            payloads.addAll(common(0));
            return payloads;
        }

        /// Not reached: its answer is not encrypted and comes through {@link Handshake#answeredInit}.
        @Override
        public void answered(Message response, long nowNanos) {
            throw new IllegalStateException("an encrypted IKE_SA_INIT");
        }

        /// RFC 7296 §2.6, §1.3; nobody has signed this, so that it is done a few times only.
        private boolean again(Message response, long nowNanos) {
            Optional<Bytes> asked = response.notification(NotifyType.COOKIE);
            Optional<KeyExchangeMethod> other = response.notification(NotifyType.INVALID_KE_PAYLOAD)
                    .filter(body -> body.length() == 2)
                    .flatMap(body -> KeyExchangeMethod.of(body.unsignedAt(0) << 8 | body.unsignedAt(1)))
                    .filter(method -> sa.node.config.keyExchanges().contains(method) && method != offer.method());
            if ((asked.isEmpty() && other.isEmpty()) || ++retries > MOST_RETRIES) {
                return false;
            }
            asked.ifPresent(value -> cookie = value);
            other.ifPresent(method -> offer = method.offer(sa.node.random));
            sa.sendAgain(this, payloads(), nowNanos);
            return true;
        }

        Optional<Secret> secret(Payload.KeyExchange answer) {
            return answer.method() == offer.method().code() ? offer.secret(answer.value()) : Optional.empty();
        }
    }

    /// Takes the answer to IKE_SA_INIT. What is wrong with it is not acted on: it may be anybody's (RFC 7296 §2.21.1).
    void answeredInit(Message response, byte[] datagram, Task task, long nowNanos) {
        if (!(task instanceof Init init) || init.again(response, nowNanos)) {
            return;
        }
        Optional<Payload.SecurityAssociation> chosen = response.first(Payload.SecurityAssociation.class);
        Optional<Payload.KeyExchange> exchange = response.first(Payload.KeyExchange.class);
        Optional<Payload.Nonce> nonce = response.first(Payload.Nonce.class);
        if (chosen.isEmpty()
                || exchange.isEmpty()
                || nonce.isEmpty()
                || response.header().responderSpi() == 0) {
            sa.node.count(IkeNode.Counter.REFUSED_INIT);
            return;
        }
        Optional<Proposals.IkeSuite> suite =
                Proposals.chooseIke(sa.node.config, chosen.get(), exchange.get().method());
        Optional<Secret> secret = init.secret(exchange.get());
        if (suite.isEmpty() || secret.isEmpty()) {
            sa.node.count(IkeNode.Counter.REFUSED_INIT);
            return;
        }
        sa.remoteSpi = response.header().responderSpi();
        nonceR = nonce.get().value();
        peerInit = datagram;
        agree(response, suite.get(), secret.get());
        if (response.notification(NotifyType.NAT_DETECTION_SOURCE_IP).isPresent()) {
            sa.path = sa.path.floated();
        }
        sa.initDone();
        sa.enqueue(new Auth(), nowNanos);
    }

    private void agree(Message peers, Proposals.IkeSuite suite, Secret secret) {
        fragments = peers.has(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED);
        peerHashes =
                hashes(peers.notification(NotifyType.SIGNATURE_HASH_ALGORITHMS).orElse(Bytes.EMPTY));
        NatDetection.detect(sa, peers);
        var exchange = new IkeKeys.Exchange(nonces(), sa.initiatorSpi(), sa.responderSpi());
        sa.secure(IkeKeys.first(suite.prf(), exchange, secret, suite.cipherKeyBytes()), fragments);
    }

    private Bytes nonces() {
        return concat(nonceI, nonceR);
    }

    static Bytes concat(Bytes first, Bytes second) {
        return Bytes.copyOf(ByteBuffer.allocate(first.length() + second.length())
                .put(first.toArray())
                .put(second.toArray())
                .array());
    }

    private static List<Integer> hashes(Bytes body) {
        var hashes = new ArrayList<Integer>();
        for (int i = 0; i + 1 < body.length(); i += 2) {
            hashes.add(body.unsignedAt(i) << 8 | body.unsignedAt(i + 1));
        }
        return hashes;
    }

    /// What both sides say in IKE_SA_INIT.
    private List<Payload> common(long responderSpi) {
        var hashes = new ByteArrayOutputStream();
        for (int hash : SignatureScheme.hashes()) {
            hashes.write(0);
            hashes.write(hash);
        }
        var payloads = new ArrayList<Payload>(NatDetection.notifications(sa, responderSpi));
        payloads.add(Payload.Notify.of(NotifyType.IKEV2_FRAGMENTATION_SUPPORTED));
        payloads.add(Payload.Notify.of(NotifyType.SIGNATURE_HASH_ALGORITHMS, Bytes.copyOf(hashes.toByteArray())));
        return payloads;
    }

    /// IKE_AUTH with the first Child SA.
    private final class Auth implements Task {
        private Children.@Nullable Wanted wanted;

        @Override
        public int exchange() {
            return Header.IKE_AUTH;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            PeerConfig peer = sa.peer();
            Children.Wanted child = sa.children.want(peer, false);
            wanted = child;
            var payloads = new ArrayList<Payload>(proof());
            payloads.add(2, new Payload.Identification(false, peer.identity()));
            if (sa.node.isFirst(sa)) {
                payloads.add(Payload.Notify.of(NotifyType.INITIAL_CONTACT));
            }
            payloads.addAll(child.offer());
            return Optional.of(payloads);
        }

        @Override
        public void answered(Message response, long nowNanos) {
            Optional<Payload.Notify> error = response.error();
            Optional<Payload.Authentication> auth = response.first(Payload.Authentication.class);
            if (auth.isEmpty()) {
                sa.close("the peer refused: "
                        + error.map(one -> "" + one.notification()).orElse("no AUTH"));
                return;
            }
            String refusal = verify(response, auth.get());
            if (refusal != null) {
                sa.node.count(IkeNode.Counter.NOT_TRUSTED);
                failure = refusal;
                sa.delete(nowNanos);
                return;
            }
            established(nowNanos);
            if (wanted != null) {
                wanted.answered(response, nonces(), null, nowNanos);
            }
            if (!sa.node.isFirst(sa)) {
                sa.replaceOthers(sa.begunNanos, nowNanos);
            }
        }
    }

    /// IDi or IDr, certificates, CERTREQ and AUTH of ours, in the order of RFC 7296 §1.2.
    private List<Payload> proof() {
        Credentials own = sa.node.config.credentials();
        shown = own.certificates();
        var payloads = new ArrayList<Payload>();
        payloads.add(new Payload.Identification(sa.initiator, own.identity()));
        own.certificates()
                .forEach(one -> payloads.add(new Payload.Certificate(Payload.Certificate.X509_SIGNATURE, one)));
        if (sa.initiator) {
            payloads.add(new Payload.CertificateRequest(Payload.Certificate.X509_SIGNATURE, own.authorities()));
        }
        SignatureScheme scheme = own.schemes().stream()
                .filter(one -> peerHashes.contains(one.hash()))
                .findFirst()
                .orElse(own.schemes().getFirst());
        Bytes signature = scheme.sign(own.key(), signed(sa.initiator, ownInit, own.identity()));
        payloads.add(new Payload.Authentication(Payload.Authentication.DIGITAL_SIGNATURE, signature));
        return payloads;
    }

    /// The octets that AUTH covers (RFC 7296 §2.15).
    private byte[] signed(boolean ofInitiator, byte[] init, Identity identity) {
        byte[] mac = sa.keys().identityMac(ofInitiator, MessageEncoder.identityBody(identity));
        Bytes nonce = ofInitiator ? nonceR : nonceI;
        return ByteBuffer.allocate(init.length + nonce.length() + mac.length)
                .put(init)
                .put(nonce.toArray())
                .put(mac)
                .array();
    }

    /// Judges the peer's proof.
    ///
    /// @return why the peer is not who it has to be, or null
    private @Nullable String verify(Message proof, Payload.Authentication auth) {
        Optional<Identity> claimed = proof.all(Payload.Identification.class)
                .filter(id -> id.ofInitiator() != sa.initiator)
                .map(Payload.Identification::identity)
                .findFirst();
        if (claimed.isEmpty()) {
            return "no identity";
        }
        if (sa.peer != null && !sa.peer.identity().equals(claimed.get())) {
            return "it is " + claimed.get() + ", not " + sa.peer.identity();
        }
        if (auth.method() != Payload.Authentication.DIGITAL_SIGNATURE) {
            return "authentication method " + auth.method();
        }
        List<Bytes> chain = proof.all(Payload.Certificate.class)
                .filter(one -> one.encoding() == Payload.Certificate.X509_SIGNATURE)
                .map(Payload.Certificate::value)
                .toList();
        return switch (sa.node.config.verifier().verify(claimed.get(), chain)) {
            case Verifier.Verdict.Refused(String why) -> why;
            case Verifier.Verdict.Trusted(PublicKey key, Duration left) -> {
                certificates = chain;
                trustedFor = left;
                yield SignatureScheme.verify(key, auth.value(), signed(!sa.initiator, peerInit, claimed.get()))
                        ? null
                        : "the signature is wrong";
            }
        };
    }

    private void established(long nowNanos) {
        sa.phase = IkeSa.Phase.ESTABLISHED;
        sa.rekey.schedule(nowNanos);
        sa.keepalive.begin(nowNanos);
        sa.node.established(sa, nowNanos);
    }

    // Responder

    /// Answers IKE_SA_INIT; the node has checked the cookie.
    ///
    /// @return the notification to send instead if it can't be
    Optional<Payload.Notify> answerInit(Message request, byte[] datagram) {
        Optional<Payload.Notify> unsupported = request.unsupported();
        if (unsupported.isPresent()) {
            return unsupported;
        }
        Optional<Payload.SecurityAssociation> offer = request.first(Payload.SecurityAssociation.class);
        Optional<Payload.KeyExchange> exchange = request.first(Payload.KeyExchange.class);
        Optional<Payload.Nonce> nonce = request.first(Payload.Nonce.class);
        if (offer.isEmpty() || exchange.isEmpty() || nonce.isEmpty()) {
            return Optional.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        Optional<Proposals.IkeSuite> suite =
                Proposals.chooseIke(sa.node.config, offer.get(), exchange.get().method());
        if (suite.isEmpty()) {
            return Optional.of(Payload.Notify.of(NotifyType.NO_PROPOSAL_CHOSEN));
        }
        KeyExchangeMethod method = suite.get().method();
        if (method.code() != exchange.get().method()) {
            return Optional.of(invalidKe(method));
        }
        Optional<KeyExchangeMethod.Answer> answer = method.answer(exchange.get().value(), sa.node.random);
        if (answer.isEmpty()) {
            return Optional.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        nonceI = nonce.get().value();
        nonceR = sa.node.nonce();
        peerInit = datagram;
        var payloads = new ArrayList<Payload>();
        payloads.add(suite.get().answer(Bytes.EMPTY));
        payloads.add(new Payload.KeyExchange(method.code(), answer.get().value()));
        payloads.add(new Payload.Nonce(nonceR));
        payloads.addAll(common(sa.localSpi));
        payloads.add(new Payload.CertificateRequest(
                Payload.Certificate.X509_SIGNATURE, sa.node.config.credentials().authorities()));
        payloads.add(Payload.Notify.of(NotifyType.CHILDLESS_IKEV2_SUPPORTED));
        var header = new Header(sa.remoteSpi, sa.localSpi, Header.IKE_SA_INIT, false, true, 0);
        sa.answerInit(sentInit(MessageEncoder.encode(header, payloads)));
        agree(request, suite.get(), answer.get().secret());
        return Optional.empty();
    }

    static Payload.Notify invalidKe(KeyExchangeMethod wanted) {
        return Payload.Notify.of(NotifyType.INVALID_KE_PAYLOAD, Bytes.copyOf(new byte[] {
            (byte) (wanted.code() >>> 8), (byte) wanted.code()
        }));
    }

    List<Payload> answerAuth(Message request, long nowNanos) {
        if (sa.phase != IkeSa.Phase.OPENING || sa.initiator) {
            return List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        Optional<Payload.Authentication> auth = request.first(Payload.Authentication.class);
        String refusal = auth.isEmpty() ? "no AUTH" : verify(request, auth.get());
        Optional<PeerConfig> configured =
                request.first(Payload.Identification.class).flatMap(id -> sa.node.configured(id.identity()));
        if (refusal == null && configured.isEmpty()) {
            refusal = "no such peer is configured";
        }
        if (refusal != null) {
            sa.node.count(IkeNode.Counter.NOT_TRUSTED);
            failure = refusal;
            return List.of(Payload.Notify.of(NotifyType.AUTHENTICATION_FAILED));
        }
        sa.peer = configured.orElseThrow();
        var payloads = new ArrayList<Payload>(proof());
        if (request.has(NotifyType.INITIAL_CONTACT)) {
            sa.node.initialContact(sa, nowNanos);
        }
        established(nowNanos);
        if (request.first(Payload.SecurityAssociation.class).isPresent()) {
            payloads.addAll(sa.children.answerFirst(request, nonces(), nowNanos));
        }
        return payloads;
    }

    /// The SA goes only when the refusal is on its way.
    void afterAnswer() {
        if (failure != null && sa.phase == IkeSa.Phase.OPENING) {
            sa.close(failure);
        }
    }

    /// The peer was trusted, and is no more.
    void distrusted(String why) {
        failure = why;
    }

    /// Why the peer was not trusted, if that is so.
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }
}
