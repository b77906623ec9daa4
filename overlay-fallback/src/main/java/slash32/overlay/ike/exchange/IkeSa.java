package slash32.overlay.ike.exchange;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.overlay.ike.crypto.IkeKeys;
import slash32.overlay.ike.wire.Header;
import slash32.overlay.ike.wire.Message;
import slash32.overlay.ike.wire.MessageDecoder.Decoded;
import slash32.overlay.ike.wire.MessageEncoder;
import slash32.overlay.ike.wire.NotifyType;
import slash32.overlay.ike.wire.Payload;
import slash32.overlay.ike.wire.Proposal;

/// One IKE SA: its windows of one message each way, its retransmissions, and who answers what (RFC 7296 §2.1 to §2.4).
final class IkeSa {
    enum Phase {
        /// Nobody has proven who it is.
        OPENING,
        ESTABLISHED,
        /// We have asked the peer to delete it, or will.
        CLOSING,
        CLOSED
    }

    final IkeNode node;
    final boolean initiator;
    final long localSpi;
    final Handshake handshake;
    final Children children;
    final IkeRekey rekey;
    final Keepalive keepalive = new Keepalive(this);
    final long begunNanos;

    long remoteSpi;
    long establishedNanos = Long.MAX_VALUE;
    /// Others with the peer that were established until then go, once it has answered here; {@link Long#MIN_VALUE} for
    /// none.
    long replacesUntilNanos = Long.MIN_VALUE;
    /// This node began the first of the IKE SAs of which this one is the last.
    boolean begunHere;
    /// It lost against another that both ends began at once, or another takes its place.
    boolean leaving;
    /// When it goes without a word: the peer should have deleted it, and may not know it.
    long abandonedNanos = Long.MAX_VALUE;
    Path path;
    Phase phase = Phase.OPENING;
    boolean natted;
    boolean peerNatted;

    @Nullable
    IkeKeys keys;

    @Nullable
    PeerConfig peer;

    private @Nullable Sealing sealing;
    private final Deque<Task> queue = new ArrayDeque<>();
    private final List<Later> later = new ArrayList<>();
    private @Nullable Request pending;
    private int nextRequestId;
    private int expectedRequestId;
    private List<byte[]> lastResponse = List.of();
    private long lastHeardNanos;

    /// A request that waits for its answer.
    private static final class Request {
        final Task task;
        final int id;
        final List<byte[]> datagrams;
        int sent = 1;
        long deadlineNanos;
        /// What is sent in its place when it is due to be repeated; empty for itself.
        List<Payload> instead = List.of();

        Request(Task task, int id, List<byte[]> datagrams) {
            this.task = task;
            this.id = id;
            this.datagrams = datagrams;
        }
    }

    private record Later(long atNanos, Task task) {}

    IkeSa(IkeNode node, boolean initiator, long remoteSpi, Path path, long nowNanos) {
        this.node = node;
        this.initiator = initiator;
        this.remoteSpi = remoteSpi;
        this.path = path;
        localSpi = node.newSpi();
        begunHere = initiator;
        begunNanos = nowNanos;
        lastHeardNanos = nowNanos;
        handshake = new Handshake(this);
        children = new Children(this);
        rekey = new IkeRekey(this);
    }

    long initiatorSpi() {
        return initiator ? localSpi : remoteSpi;
    }

    long responderSpi() {
        return initiator ? remoteSpi : localSpi;
    }

    void secure(IkeKeys agreed, boolean fragments) {
        keys = agreed;
        sealing = new Sealing(agreed, initiator, fragments);
    }

    IkeKeys keys() {
        if (keys == null) {
            throw new IllegalStateException("no keys yet");
        }
        return keys;
    }

    PeerConfig peer() {
        if (peer == null) {
            throw new IllegalStateException("no peer yet");
        }
        return peer;
    }

    boolean isOpen() {
        return phase == Phase.OPENING || phase == Phase.ESTABLISHED;
    }

    boolean encapsulated() {
        return natted || peerNatted || node.config.forceEncapsulation();
    }

    // Requests of ours

    void enqueue(Task task, long nowNanos) {
        queue.add(task);
        pump(nowNanos);
    }

    /// Does it after a while: at once would meet the same TEMPORARY_FAILURE (RFC 7296 §2.25).
    void enqueueLater(Task task, long atNanos) {
        later.add(new Later(atNanos, task));
    }

    /// Whether one that is on its way or waits is of {@code kind}.
    boolean isBusyWith(Class<? extends Task> kind) {
        return kind.isInstance(current()) || queue.stream().anyMatch(kind::isInstance);
    }

    /// The task whose answer is awaited.
    @Nullable
    Task current() {
        return pending == null ? null : pending.task;
    }

    /// Gives up all that was to be asked but what is on its way.
    void dropQueue() {
        queue.clear();
        later.clear();
    }

    private void pump(long nowNanos) {
        while (pending == null && !queue.isEmpty() && phase != Phase.CLOSED && !rekey.isBeingReplaced()) {
            Task task = queue.remove();
            Optional<List<Payload>> payloads = task.request(nowNanos);
            if (payloads.isPresent()) {
                send(task, nextRequestId, payloads.get(), nowNanos);
            }
        }
    }

    /// IKE_SA_INIT once more with a cookie or another key exchange: the message id stays 0 (RFC 7296 §2.6).
    ///
    /// If it was repeated, not before it would be again: a whole answer to one of these may be on its way, and AUTH
    /// has to be of the one that was answered.
    void sendAgain(Task task, List<Payload> payloads, long nowNanos) {
        if (pending != null && pending.sent > 1) {
            pending.instead = payloads;
        } else {
            send(task, 0, payloads, nowNanos);
        }
    }

    private void send(Task task, int id, List<Payload> payloads, long nowNanos) {
        var header = new Header(initiatorSpi(), responderSpi(), task.exchange(), initiator, false, id);
        List<byte[]> datagrams = sealing == null
                ? List.of(handshake.sentInit(MessageEncoder.encode(header, payloads)))
                : sealing.seal(header, payloads);
        var request = new Request(task, id, datagrams);
        request.deadlineNanos = nowNanos + node.config.timers().retransmitNanos(1);
        pending = request;
        nextRequestId = id + 1;
        transmit(datagrams);
    }

    private void transmit(List<byte[]> datagrams) {
        datagrams.forEach(datagram -> node.emit(new Action.Send(path, Bytes.copyOf(datagram))));
    }

    // What arrives

    void received(Path from, Message outer, byte[] datagram, long nowNanos) {
        Header header = outer.header();
        if (sealing == null) {
            if (header.response() && header.exchange() == Header.IKE_SA_INIT && pending != null && pending.id == 0) {
                Request request = pending;
                handshake.answeredInit(outer, datagram, request.task, nowNanos);
                pump(nowNanos);
            }
            return;
        }
        switch (sealing.open(outer, datagram)) {
            case Sealing.Opened.Refused() -> node.count(IkeNode.Counter.NOT_AUTHENTIC);
            case Sealing.Opened.Part(int number) -> {
                heard(from, header, nowNanos);
                if (!header.response() && header.messageId() == expectedRequestId - 1 && number == 1) {
                    transmit(lastResponse);
                }
            }
            case Sealing.Opened.Whole(Decoded inner, boolean repeat) -> {
                heard(from, header, nowNanos);
                if (header.response()) {
                    response(header, inner, nowNanos);
                } else {
                    request(header, inner, repeat, nowNanos);
                }
            }
        }
    }

    /// An authentic message: a sign of life, and where the peer is now if it is behind a NAT (RFC 7296 §2.23).
    private void heard(Path from, Header header, long nowNanos) {
        lastHeardNanos = nowNanos;
        boolean fresh = header.response()
                ? pending != null && header.messageId() == pending.id
                : header.messageId() == expectedRequestId;
        boolean opening = phase == Phase.OPENING && !initiator;
        if (fresh && (opening || follows())) {
            follow(from, nowNanos);
        }
        if (phase != Phase.CLOSED) {
            rekey.successorSpoke(nowNanos);
        }
    }

    /// Who is behind a NAT itself follows nobody: one packet of an attacker could lead it away (RFC 7296 §2.23).
    private boolean follows() {
        return peerNatted && !natted;
    }

    private void follow(Path to, long nowNanos) {
        if (!path.equals(to)) {
            path = to;
            children.follow(nowNanos);
        }
    }

    /// ESP of a Child SA came from there: asks the peer for another Child SA. Until its answer comes, which says where
    /// it really is, nothing else goes there.
    void espHeard(IpAddress from, int port, long nowNanos) {
        if (phase == Phase.ESTABLISHED && follows()) {
            follow(new Path(path.local(), path.localPort(), from, port), nowNanos);
        }
    }

    /// A packet of a Child SA is a sign of life as good as a message (RFC 7296 §2.4): a kernel goes on while its IKE is
    /// started anew. Who is behind a NAT asks nonetheless, or the NAT forgets it.
    void alive(long nowNanos) {
        if (natted) {
            return;
        }
        lastHeardNanos = nowNanos;
        if (pending != null && pending.task instanceof Probe) {
            pending.sent = 1;
        }
    }

    private void response(Header header, Decoded inner, long nowNanos) {
        Request request = pending;
        if (request == null || header.messageId() != request.id || header.exchange() != request.task.exchange()) {
            return; // of a request that was answered before
        }
        if (!(inner instanceof Decoded.Accepted(Message message))) {
            close("an answer of the peer is malformed");
            return;
        }
        pending = null;
        request.task.answered(message, nowNanos);
        pump(nowNanos);
    }

    private void request(Header header, Decoded inner, boolean repeat, long nowNanos) {
        if (header.messageId() == expectedRequestId - 1) {
            if (repeat) {
                transmit(lastResponse);
            }
            return;
        }
        if (header.messageId() != expectedRequestId || phase == Phase.CLOSED) {
            return; // outside of the window, or all is said
        }
        expectedRequestId++;
        children.peerIsCurrent();
        List<Payload> answer = inner instanceof Decoded.Accepted(Message message)
                ? answer(message, nowNanos)
                : List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        if (sealing != null) {
            lastResponse = sealing.seal(header.answer(), answer);
            transmit(lastResponse);
        }
        if (!(inner instanceof Decoded.Accepted)) {
            close("a request of the peer is malformed"); // RFC 7296 §2.21.3
        }
        handshake.afterAnswer();
        children.afterAnswer();
        rekey.afterAnswer();
        pump(nowNanos);
    }

    private List<Payload> answer(Message request, long nowNanos) {
        Optional<Payload.Notify> unsupported = request.unsupported();
        if (unsupported.isPresent()) {
            return List.of(unsupported.get());
        }
        int exchange = request.header().exchange();
        if (exchange == Header.IKE_AUTH) {
            return handshake.answerAuth(request, nowNanos);
        }
        if (phase != Phase.OPENING && exchange == Header.CREATE_CHILD_SA) {
            return answerCreate(request, nowNanos);
        }
        return exchange == Header.INFORMATIONAL && (phase != Phase.OPENING || isRefusedLater(request))
                ? answerInformational(request, nowNanos)
                : List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
    }

    /// The peer has agreed to this SA, and ends it before its agreement arrives here.
    private boolean isRefusedLater(Message request) {
        return initiator && request.all(Payload.Delete.class).anyMatch(delete -> delete.protocol() == Proposal.IKE);
    }

    private List<Payload> answerCreate(Message request, long nowNanos) {
        rekey.successorUsed(nowNanos);
        Optional<Payload.SecurityAssociation> offer = request.first(Payload.SecurityAssociation.class);
        if (offer.isEmpty() || offer.get().proposals().isEmpty()) {
            return List.of(Payload.Notify.of(NotifyType.INVALID_SYNTAX));
        }
        boolean ike = offer.get().proposals().getFirst().protocol() == Proposal.IKE;
        return ike ? rekey.answer(request, offer.get(), nowNanos) : children.answer(request, offer.get(), nowNanos);
    }

    private List<Payload> answerInformational(Message request, long nowNanos) {
        var answer = new ArrayList<Payload>();
        for (Payload.Delete delete : request.all(Payload.Delete.class).toList()) {
            if (delete.protocol() == Proposal.IKE) {
                rekey.deletedByPeer(nowNanos);
                return List.of();
            }
            rekey.successorUsed(nowNanos);
            children.deletedByPeer(delete, nowNanos).ifPresent(answer::add);
        }
        request.error().ifPresent(error -> rekey.failedByPeer(error));
        return answer;
    }

    // The end

    /// The SA is over at once, with all that hangs on it.
    void close(String why) {
        if (phase == Phase.CLOSED) {
            return;
        }
        phase = Phase.CLOSED;
        pending = null;
        dropQueue();
        children.removeAll();
        node.closed(this, why);
    }

    /// The same for an SA that lost against another of both ends: who began it deletes it, once the other has carried
    /// its Child SA over. Only one end may have seen that there are two, so that the other deletes it in the end.
    void deleteSoon(long nowNanos) {
        leaving = true;
        Timers timers = node.config.timers();
        long wait = initiator ? timers.retransmitNanos(1) : timers.halfOpen().toNanos();
        enqueueLater(new Farewell(wait), nowNanos + wait);
    }

    /// The same where a later proof of who both are takes the place of this one: who began that deletes this.
    void replaced(long nowNanos) {
        leaving = true;
        enqueue(new Farewell(node.config.timers().retransmitNanos(1)), nowNanos);
    }

    private final class Farewell implements Task {
        private final long waitNanos;

        Farewell(long waitNanos) {
            this.waitNanos = waitNanos;
        }

        @Override
        public int exchange() {
            return Header.INFORMATIONAL;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            switch (node.besides(IkeSa.this)) {
                case NOBODY -> leaving = false;
                case SILENT -> enqueueLater(this, nowNanos + waitNanos);
                case CARRYING -> {
                    children.yieldOutbound();
                    delete(nowNanos);
                }
            }
            return Optional.empty();
        }

        @Override
        public void answered(Message response, long nowNanos) {}
    }

    /// The peer began anew: nothing more is said here. What its kernel still sends on the Child SAs, which outlived the
    /// process that had keyed them, is received for a while.
    void supersede(long nowNanos) {
        phase = Phase.CLOSING;
        pending = null;
        dropQueue();
        children.retireAll(nowNanos);
        abandonedNanos = nowNanos + node.config.timers().linger().toNanos();
    }

    /// The peer is trusted no more: nothing is sent to it or taken from it while it is told so.
    void distrust(String why, long nowNanos) {
        node.count(IkeNode.Counter.NOT_TRUSTED);
        children.removeAll();
        handshake.distrusted(why);
        delete(nowNanos);
    }

    /// Asks the peer to delete the SA, after what is on its way.
    void delete(long nowNanos) {
        if (!isOpen()) {
            return;
        }
        phase = Phase.CLOSING;
        dropQueue();
        enqueue(new DeleteIke(), nowNanos);
    }

    private final class DeleteIke implements Task {
        @Override
        public int exchange() {
            return Header.INFORMATIONAL;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            return Optional.of(List.of(new Payload.Delete(Proposal.IKE, List.of())));
        }

        @Override
        public void answered(Message response, long nowNanos) {
            node.bequeath(IkeSa.this, nowNanos);
            close("deleted");
        }
    }

    /// Shows the peer that what it agreed to here is here, and then takes the place of others.
    void replaceOthers(long untilNanos, long nowNanos) {
        replacesUntilNanos = untilNanos;
        enqueue(new Confirm(), nowNanos);
    }

    private final class Confirm implements Task {
        @Override
        public int exchange() {
            return Header.INFORMATIONAL;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            return Optional.of(List.of());
        }

        @Override
        public void answered(Message response, long nowNanos) {
            node.replaceOlder(IkeSa.this, nowNanos);
            replacesUntilNanos = Long.MIN_VALUE;
        }
    }

    /// Asks whether the peer is there (RFC 7296 §2.4).
    private static final class Probe implements Task {
        @Override
        public int exchange() {
            return Header.INFORMATIONAL;
        }

        @Override
        public Optional<List<Payload>> request(long nowNanos) {
            return Optional.of(List.of());
        }

        @Override
        public void answered(Message response, long nowNanos) {}
    }

    // Time

    void expire(long nowNanos) {
        if (phase == Phase.OPENING
                && !initiator
                && begunNanos + node.config.timers().halfOpen().toNanos() <= nowNanos) {
            close("the peer never proved who it is");
            return;
        }
        if (abandonedNanos <= nowNanos) {
            close("lost against another");
            return;
        }
        if (pending != null && pending.deadlineNanos <= nowNanos) {
            if (pending.sent >= node.config.timers().tries()) {
                close("the peer does not answer");
                return;
            }
            repeat(pending, nowNanos);
        }
        for (Later one : List.copyOf(later)) {
            if (one.atNanos <= nowNanos) {
                later.remove(one);
                queue.add(one.task);
            }
        }
        children.expire(nowNanos);
        rekey.expire(nowNanos);
        keepalive.expire(nowNanos);
        if (phase == Phase.ESTABLISHED
                && pending == null
                && queue.isEmpty()
                && lastHeardNanos + node.config.timers().idle().toNanos() <= nowNanos) {
            queue.add(new Probe());
        }
        pump(nowNanos);
    }

    private void repeat(Request request, long nowNanos) {
        if (!request.instead.isEmpty()) {
            send(request.task, request.id, request.instead, nowNanos);
            return;
        }
        request.sent++;
        request.deadlineNanos = nowNanos + node.config.timers().retransmitNanos(request.sent);
        transmit(request.datagrams);
    }

    long nextDeadlineNanos() {
        long next = Math.min(abandonedNanos, Math.min(children.nextDeadlineNanos(), rekey.nextDeadlineNanos()));
        next = Math.min(next, keepalive.nextDeadlineNanos());
        if (phase == Phase.OPENING && !initiator) {
            next = Math.min(next, begunNanos + node.config.timers().halfOpen().toNanos());
        }
        if (pending != null) {
            next = Math.min(next, pending.deadlineNanos);
        } else if (phase == Phase.ESTABLISHED && queue.isEmpty()) {
            next = Math.min(next, lastHeardNanos + node.config.timers().idle().toNanos());
        }
        for (Later one : later) {
            next = Math.min(next, one.atNanos);
        }
        return next;
    }

    /// Sends the answer to IKE_SA_INIT, which is repeated as it was (RFC 7296 §2.1).
    void answerInit(byte[] datagram) {
        expectedRequestId = 1;
        lastResponse = List.of(datagram);
        transmit(lastResponse);
    }

    void repeatInit() {
        if (expectedRequestId == 1) {
            transmit(lastResponse);
        }
    }

    /// IKE_SA_INIT was answered: its request is over, IKE_AUTH is next.
    void initDone() {
        pending = null;
    }

    /// A new SA of a rekeying begins with message id 0 each way (RFC 7296 §2.18).
    void beginSecured(IkeKeys agreed, PeerConfig of, IkeSa old) {
        secure(agreed, old.handshake.fragments);
        handshake.inherit(old.handshake);
        begunHere = old.begunHere;
        peer = of;
        natted = old.natted;
        peerNatted = old.peerNatted;
        keepalive.take(old.keepalive);
        establishedNanos = old.establishedNanos; // the same peer, the same proof
        phase = Phase.ESTABLISHED;
    }

    @Override
    public String toString() {
        return "%016x/%016x %s %s %s"
                .formatted(localSpi, remoteSpi, initiator ? "initiator" : "responder", phase, path);
    }
}
