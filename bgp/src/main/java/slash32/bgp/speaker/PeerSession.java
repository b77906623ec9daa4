package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.Acceptance;
import slash32.bgp.rib.Contender;
import slash32.bgp.rib.LocRib;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.session.Action;
import slash32.bgp.session.Event;
import slash32.bgp.session.SessionConfig;
import slash32.bgp.session.SessionMachine;
import slash32.bgp.session.SessionState;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Fate;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageDecoder;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Prefix;

/// The shell of one peer's session: carries octets and time to its machine, and its actions out. On thread {@code
/// bgp}.
final class PeerSession {
    private static final Logger LOG = LoggerFactory.getLogger(PeerSession.class);

    private final Speaker speaker;
    private final PeerConfig config;
    private final int number;
    private final SessionMachine machine;
    private final Map<Long, Channel> channels = new HashMap<>();
    private final Map<Channel, Long> numbers = new HashMap<>();
    private final Set<AddressFamily> ended = new HashSet<>();
    private final Map<AddressFamily, RibDelta.Builder> deltas = new HashMap<>();
    private final AdjRibOut adjRibOut = new AdjRibOut();

    private @Nullable ScheduledFuture<?> timer;
    private long timerAt = Long.MAX_VALUE;
    private @Nullable ScheduledFuture<?> staleTimer;
    private long established = -1;
    private @Nullable SessionTerms terms;
    private @Nullable UpdateDecoder decoder;
    private Instant since = Instant.now();
    private String reason = "configured";
    private long messagesReceived;
    private long messagesSent;
    private long updatesReceived;
    private long updatesSent;
    private long discarded;
    private long treatedAsWithdraw;
    private long rejectedPaths;
    private long flaps;

    PeerSession(Speaker speaker, SpeakerConfig own, PeerConfig config, int number) {
        this.speaker = speaker;
        this.config = config;
        this.number = number;
        var session = new SessionConfig(
                own.asn(),
                config.asn(),
                own.identifier(),
                config.holdSeconds(),
                config.families(),
                config.gracefulRestartSeconds(),
                config.passive());
        machine = new SessionMachine(session, own.restarted(), speaker::jitter);
        config.families().forEach(family -> deltas.put(family, new RibDelta.Builder(family)));
    }

    PeerConfig config() {
        return config;
    }

    boolean isEstablished() {
        return machine.state() == SessionState.ESTABLISHED;
    }

    /// True if its routes of {@code family} are complete, or it does not speak the family.
    ///
    /// @param patienceOver a peer that need not send End-of-RIB, since it has no graceful restart, has had its time
    boolean hasEnded(AddressFamily family, boolean patienceOver) {
        return terms == null
                || !terms.wire().families().contains(family)
                || ended.contains(family)
                || (patienceOver && terms.gracefulRestart() == null);
    }

    void restartOver() {
        machine.restartOver();
    }

    void start() {
        perform(new Event.Start());
    }

    void stop(Message.Notification cease) {
        perform(new Event.Stop(cease));
        if (timer != null) {
            timer.cancel(false);
        }
        endStaleness();
    }

    /// Closes without a word, so that a peer with graceful restart keeps our routes.
    void abandon() {
        if (timer != null) {
            timer.cancel(false);
        }
        for (Channel channel : channels.values()) {
            var _ = channel.close();
        }
    }

    /// The peer connected to us.
    void accepted(Channel channel) {
        long connection = machine.newConnection();
        attach(connection, channel);
        perform(new Event.Connected(connection, false));
    }

    void dialed(long connection, Channel channel) {
        attach(connection, channel);
        perform(new Event.Connected(connection, true));
    }

    void dialFailed(long connection, String why) {
        perform(new Event.DialFailed(connection, why));
    }

    private void attach(long connection, Channel channel) {
        channels.put(connection, channel);
        numbers.put(channel, connection);
    }

    void closed(Channel channel, String why) {
        Long connection = numbers.remove(channel);
        if (connection != null) {
            channels.remove(connection);
            perform(new Event.Closed(connection, why));
        }
    }

    /// Takes every whole message out of {@code buffer}.
    void received(Channel channel, ReceiveBuffer buffer) {
        Long connection = numbers.get(channel);
        while (connection != null && numbers.containsKey(channel)) {
            switch (buffer.next()) {
                case Framer.Frame.Incomplete() -> {
                    flushDeltas();
                    return;
                }
                case Framer.Frame.Malformed(Message.Notification why) -> {
                    flushDeltas();
                    perform(new Event.Malformed(connection, why));
                    return;
                }
                case Framer.Frame.Whole(int type, int length) -> {
                    int from = buffer.position() + Framer.HEADER_BYTES;
                    int to = buffer.position() + length;
                    buffer.consume(length);
                    messagesReceived++;
                    if (type == Message.UPDATE) {
                        update(connection, buffer.bytes(), from, to);
                    } else {
                        message(connection, MessageDecoder.decode(type, buffer.bytes(), from, to));
                    }
                }
            }
        }
        flushDeltas();
    }

    private void message(long connection, MessageDecoder.Decoded decoded) {
        flushDeltas();
        switch (decoded) {
            case MessageDecoder.Decoded.Refused(Message.Notification why) ->
                perform(new Event.Malformed(connection, why));
            case MessageDecoder.Decoded.Accepted(Message message) -> {
                perform(new Event.Received(connection, message));
                if (message instanceof Message.RouteRefresh(AddressFamily family, int subtype)
                        && subtype == 0
                        && connection == established) {
                    adjRibOut.forget(family);
                    var _ = advertise(speaker.originated().keySet());
                    endOfRib(family);
                }
            }
        }
    }

    private void update(long connection, byte[] bytes, int from, int to) {
        if (connection != established || decoder == null) {
            perform(new Event.UpdateReceived(connection));
            return;
        }
        updatesReceived++;
        Update update = decoder.decode(bytes, from, to);
        switch (update.fate()) {
            case ACCEPT -> {}
            case ATTRIBUTE_DISCARD -> discarded++;
            case TREAT_AS_WITHDRAW -> treatedAsWithdraw++;
            case SESSION_RESET -> {
                flushDeltas();
                perform(new Event.Malformed(connection, update.notification()));
                return;
            }
        }
        if (update.fate() == Fate.TREAT_AS_WITHDRAW) {
            LOG.warn("peer={} event=update-treated-as-withdraw reason=\"{}\"", config.address(), update.faults());
        }
        update.withdrawn().forEach(this::withdraw);
        update.announced().forEach(slice -> announce(slice, update.attributes()));
        perform(new Event.UpdateReceived(connection));
        if (update.endOfRib() != null) {
            endOfRibReceived(update.endOfRib());
        }
    }

    private void announce(NlriSlice slice, @Nullable PathAttributes attributes) {
        boolean accepted = attributes != null
                && Acceptance.of(
                                attributes,
                                speaker.asn(),
                                speaker.identifier(),
                                config.asn().equals(speaker.asn()))
                        == Acceptance.ACCEPTED;
        if (attributes == null || !accepted) {
            rejectedPaths += attributes == null ? 0 : 1;
            withdraw(slice);
            return;
        }
        LocRib rib = speaker.rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        slice.forEach((high, low, length) -> rib.announce(number, high, low, length, attributes, delta));
    }

    private void withdraw(NlriSlice slice) {
        LocRib rib = speaker.rib(slice.family());
        RibDelta.Builder delta = delta(slice.family());
        slice.forEach((high, low, length) -> rib.withdraw(number, high, low, length, delta));
    }

    private RibDelta.Builder delta(AddressFamily family) {
        return deltas.computeIfAbsent(family, RibDelta.Builder::new);
    }

    private void flushDeltas() {
        for (RibDelta.Builder delta : deltas.values()) {
            if (delta.size() > 0) {
                speaker.changed(delta.build());
            }
        }
    }

    private void endOfRibReceived(AddressFamily family) {
        LOG.info("peer={} event=end-of-rib family={}", config.address(), family);
        speaker.rib(family).sweep(number, delta(family));
        flushDeltas();
        ended.add(family);
        speaker.considerInSync();
    }

    private void perform(Event event) {
        for (Action action : machine.on(event, System.nanoTime())) {
            switch (action) {
                case Action.Dial(long connection) -> speaker.dial(this, connection);
                case Action.Send(long connection, Message message) -> {
                    var _ = send(connection, MessageEncoder.encode(message));
                }
                case Action.Close(long connection) -> close(connection);
                case Action.Up(long connection, SessionTerms agreed) -> up(connection, agreed);
                case Action.Down(String _, boolean keepsRoutes) -> down(keepsRoutes);
                case Action.Changed(SessionState before, SessionState now, String why) -> changed(before, now, why);
            }
        }
        armTimer();
    }

    private void armTimer() {
        long at = machine.nextDeadlineNanos();
        if (at == timerAt && timer != null && !timer.isDone()) {
            return;
        }
        if (timer != null && at > timerAt && !timer.isDone()) {
            return; // it fires early, finds nothing due and is armed again: cheaper than moving it for each message
        }
        if (timer != null) {
            timer.cancel(false);
        }
        timerAt = at;
        timer = at == Long.MAX_VALUE
                ? null
                : speaker.loop().schedule(this::deadline, Math.max(0, at - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void deadline() {
        timer = null;
        perform(new Event.DeadlineReached());
    }

    private @Nullable ChannelFuture send(long connection, byte[] message) {
        Channel channel = channels.get(connection);
        if (channel == null) {
            return null;
        }
        messagesSent++;
        return channel.writeAndFlush(Unpooled.wrappedBuffer(message));
    }

    private void close(long connection) {
        Channel channel = channels.remove(connection);
        if (channel != null) {
            numbers.remove(channel);
            var _ = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else {
            speaker.cancelDial(this, connection);
        }
    }

    private void up(long connection, SessionTerms agreed) {
        established = connection;
        terms = agreed;
        decoder = new UpdateDecoder(agreed.wire());
        ended.clear();
        var contender =
                new Contender(config.asn().equals(speaker.asn()), agreed.open().identifier(), config.address());
        for (AddressFamily family : config.families()) {
            LocRib rib = speaker.rib(family);
            rib.peer(number, contender);
            boolean kept = agreed.gracefulRestart() != null
                    && agreed.gracefulRestart().forwarding().getOrDefault(family, false);
            if (!kept || !agreed.wire().families().contains(family)) {
                rib.sweep(number, delta(family)); // RFC 4724 §4.2: it did not keep its forwarding state
            }
        }
        flushDeltas();
        adjRibOut.forget(AddressFamily.IPV4_UNICAST);
        adjRibOut.forget(AddressFamily.IPV6_UNICAST);
        List<ChannelFuture> writes = advertise(speaker.originated().keySet());
        agreed.wire().families().forEach(this::endOfRib);
        speaker.initialUpdateWritten(writes);
        speaker.considerInSync();
    }

    private void endOfRib(AddressFamily family) {
        var _ = send(established, MessageEncoder.endOfRib(family));
    }

    private void down(boolean keepsRoutes) {
        established = -1;
        terms = null;
        decoder = null;
        flaps++;
        endStaleness();
        for (AddressFamily family : config.families()) {
            if (keepsRoutes) {
                speaker.rib(family).markStale(number);
            } else {
                speaker.rib(family).peerDown(number, delta(family));
            }
        }
        flushDeltas();
        if (keepsRoutes) {
            LOG.info("peer={} event=routes-kept seconds={}", config.address(), config.gracefulRestartSeconds());
            staleTimer = speaker.loop().schedule(this::sweepStale, config.gracefulRestartSeconds(), TimeUnit.SECONDS);
        }
    }

    private void sweepStale() {
        for (AddressFamily family : config.families()) {
            if (!isEstablished() || ended.contains(family)) {
                speaker.rib(family).sweep(number, delta(family));
            }
        }
        flushDeltas();
    }

    private void endStaleness() {
        if (staleTimer != null) {
            staleTimer.cancel(false);
            staleTimer = null;
        }
    }

    private void changed(SessionState before, SessionState now, String why) {
        since = Instant.now();
        reason = why;
        if (before == SessionState.ESTABLISHED || now == SessionState.ESTABLISHED) {
            LOG.info("peer={} event=session from={} to={} reason=\"{}\"", config.address(), before, now, why);
        } else {
            LOG.debug("peer={} event=session from={} to={} reason=\"{}\"", config.address(), before, now, why);
        }
        speaker.peerChanged(this);
    }

    /// Tells the peer what it does not know yet of {@code prefixes}; nothing while it is not Established.
    ///
    /// @return the writes; empty if there was nothing to tell
    List<ChannelFuture> advertise(Iterable<Prefix> prefixes) {
        if (terms == null || !terms.wire().internal()) {
            return List.of(); // RFC 8212: with an external peer and no policy, nothing goes out
        }
        var writes = new ArrayList<ChannelFuture>();
        var encoder = new UpdateEncoder(terms.wire(), message -> {
            updatesSent++;
            ChannelFuture write = send(established, message);
            if (write != null) {
                writes.add(write);
            }
        });
        adjRibOut.advertise(prefixes, speaker.originated(), terms.wire(), encoder);
        return writes;
    }

    void setReading(boolean reading) {
        channels.values().forEach(channel -> channel.config().setAutoRead(reading));
    }

    PeerStatus status() {
        var received = new HashMap<AddressFamily, Integer>();
        config.families()
                .forEach(family -> received.put(family, speaker.rib(family).size(number)));
        return new PeerStatus(
                config.address(),
                config.asn(),
                machine.state(),
                since,
                reason,
                terms == null ? null : terms.open().identifier().toString(),
                terms == null ? 0 : terms.holdSeconds(),
                received,
                adjRibOut.size(),
                new PeerStatus.Counters(
                        messagesReceived,
                        messagesSent,
                        updatesReceived,
                        updatesSent,
                        discarded,
                        treatedAsWithdraw,
                        rejectedPaths,
                        flaps));
    }

    /// Octets of one connection.
    static final class Inbound extends ChannelInboundHandlerAdapter {
        private final PeerSession session;
        private final ReceiveBuffer buffer = new ReceiveBuffer();

        Inbound(PeerSession session) {
            this.session = session;
        }

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ByteBuf read = (ByteBuf) message;
            try {
                buffer.append(read);
            } finally {
                read.release();
            }
            session.received(context.channel(), buffer);
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            session.closed(context.channel(), "connection closed");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            session.closed(context.channel(), String.valueOf(cause.getMessage()));
            var _ = context.close();
            if (cause instanceof RuntimeException ours) {
                throw ours;
            }
        }
    }
}
