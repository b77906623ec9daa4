package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.time.Instant;
import java.util.HashMap;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.ImportFilter;
import slash32.bgp.rib.Contender;
import slash32.bgp.session.Action;
import slash32.bgp.session.Event;
import slash32.bgp.session.SessionConfig;
import slash32.bgp.session.SessionMachine;
import slash32.bgp.session.SessionState;
import slash32.bgp.session.SessionTerms;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Fate;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageDecoder;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.Update;
import slash32.net.Bytes;
import slash32.net.TableSize;

/// The shell of one peer's session: carries octets and time to its machine, and its actions out. On thread {@code
/// bgp}.
///
/// What comes in goes through {@link Connections}, {@link SessionMachine} and {@link Exchange} to {@link PeerRoutes};
/// what the peer is told goes out by {@link OutQueues}.
final class PeerSession {
    private static final Logger LOG = LoggerFactory.getLogger(PeerSession.class);

    private static final int REFRESH_REQUEST = 0;
    private static final int REFRESH_BEGINS = 1;
    private static final int REFRESH_ENDS = 2;

    private final Speaker speaker;
    private final int number;
    private final boolean dynamic;
    private final SessionMachine machine;
    private final Alarm alarm;
    private final Connections connections;
    private final PeerRoutes routes;
    private final Completeness completeness;
    private final PrefixLimits limits;
    private final SessionCounters counters = new SessionCounters();

    private PeerConfig config;
    /// Null unless it is Established.
    private @Nullable Exchange exchange;
    /// Null unless it is Established, and while what is left of the session before is sorted out.
    private @Nullable OutQueues out;

    private @Nullable BgpIdentifier identifier;
    private boolean connected;
    private Instant since = Instant.now();
    private String reason = "configured";

    /// A session that does nothing before {@link #start}.
    ///
    /// @param dynamic the peer is of a range, and forgotten once it is gone
    PeerSession(Speaker speaker, SpeakerConfig own, PeerConfig config, int number, boolean dynamic) {
        this.speaker = speaker;
        this.config = config;
        this.number = number;
        this.dynamic = dynamic;
        var session = new SessionConfig(
                own.asn(),
                config.asn(),
                own.identifier(),
                config.holdSeconds(),
                config.families(),
                config.gracefulRestartSeconds(),
                config.passive(),
                config.options().session());
        machine = new SessionMachine(session, own.restarted(), speaker::jitter);
        alarm = new Alarm(speaker.loop(), () -> perform(new Event.DeadlineReached()));
        connections = new Connections(speaker);
        routes = new PeerRoutes(speaker, config, number);
        limits = new PrefixLimits(family -> speaker.rib(family).size(number));
        completeness = new Completeness(speaker, config.address(), counters::updatesReceived);
    }

    PeerConfig config() {
        return config;
    }

    int number() {
        return number;
    }

    boolean isDynamic() {
        return dynamic;
    }

    boolean isEstablished() {
        return machine.state() == SessionState.ESTABLISHED;
    }

    /// Established, and a peer that is told our routes.
    boolean isTold() {
        return out != null && out.isOpen();
    }

    /// True if its routes of {@code family} are complete, or it does not speak the family.
    boolean hasEnded(AddressFamily family) {
        return exchange == null || !exchange.terms().wire().families().contains(family) || completeness.of(family);
    }

    /// True if nothing is left of a peer that is not configured by name.
    boolean isGone() {
        return dynamic
                && connected
                && connections.isEmpty()
                && machine.state() == SessionState.ACTIVE
                && routes.isEmpty();
    }

    /// The peer's BGP Identifier, of this session or the last one; null before the first.
    @Nullable
    BgpIdentifier identifier() {
        return identifier;
    }

    /// What the peer is in the reflection of routes.
    Offers.Origin kind() {
        return config.kind(speaker.asn());
    }

    /// The session as monitors know it; null unless it is Established.
    @Nullable
    EstablishedSession view() {
        return exchange == null ? null : exchange.view();
    }

    void start() {
        perform(new Event.Start());
    }

    void restartOver() {
        machine.restartOver();
    }

    /// Ends the session for good, and with it all that was held of the peer.
    void stop(Message.Notification cease) {
        perform(new Event.Stop(cease));
        cancelTimers();
        routes.drop();
    }

    /// Closes without a word, so that a peer with graceful restart keeps our routes.
    void abandon() {
        cancelTimers();
        routes.cancelTimer();
        connections.abandon();
    }

    private void cancelTimers() {
        alarm.cancel();
        completeness.stopWaiting();
    }

    /// The way to the peer failed.
    void linkDown(String why, boolean keepsRoutes) {
        perform(new Event.PathDown(why, keepsRoutes));
        if (!keepsRoutes) {
            routes.drop(); // those of a restart that was under way (RFC 5882 §4.3.1)
        }
    }

    /// Goes on with {@code other}, which the session {@link PeerConfig#canBecome}.
    void reconfigure(PeerConfig other) {
        PeerConfig before = config;
        config = other;
        routes.configure(other);
        if (out != null) {
            out.configure(other);
        }
        if (!Objects.equals(before.password(), other.password())) {
            connections.sign(other);
        }
        if (!Objects.equals(before.options().importPolicy(), other.options().importPolicy()) && exchange != null) {
            exchange.filter(importFilter());
            askAgain(exchange);
        }
        if (!Objects.equals(before.options().exportPolicy(), other.options().exportPolicy())) {
            refilter();
        }
        limits.begin();
        checkLimits();
        if (machine.state() == SessionState.IDLE) {
            start(); // a limit that kept it down may be higher now
        }
    }

    private ImportFilter importFilter() {
        var receiver = new ImportFilter.Receiver(
                speaker.asn(),
                speaker.identifier(),
                speaker.ownAddresses(),
                config.asn(),
                config.options().session().role(),
                speaker.clusterId());
        return new ImportFilter(receiver, config.options().importPolicy());
    }

    /// Has the peer tell everything again (RFC 2918 §4): what it told before was not kept as it came.
    private void askAgain(Exchange current) {
        SessionTerms agreed = current.terms();
        if (!agreed.routeRefresh()) {
            perform(new Event.Malformed(
                    current.connection(), Message.Notification.of(NotificationCode.OTHER_CONFIGURATION_CHANGE)));
            return;
        }
        agreed.wire().families().stream()
                .sorted()
                .forEach(family ->
                        send(current.connection(), MessageEncoder.encode(new Message.RouteRefresh(family, 0))));
    }

    /// What the peer may be told is decided by something else now.
    void refilter() {
        if (out != null) {
            out.refilter();
        }
    }

    /// Its memberships changed.
    void wants(WantedTargets wanted) {
        if (out != null) {
            out.wants(wanted);
        }
    }

    /// The peer connected to us.
    void accepted(Channel channel) {
        connected(machine.newConnection(), channel, false);
    }

    void dialed(long connection, Channel channel) {
        connected(connection, channel, true);
    }

    private void connected(long connection, Channel channel, boolean dialed) {
        connections.add(connection, channel, config);
        connected = true;
        perform(new Event.Connected(connection, dialed));
    }

    void dialFailed(long connection, String why) {
        perform(new Event.DialFailed(connection, why));
    }

    boolean knows(Channel channel) {
        return connections.number(channel) != null;
    }

    void closed(Channel channel, String why) {
        Long connection = connections.remove(channel);
        if (connection != null) {
            if (exchange != null && exchange.connection() == connection) {
                exchange.broke();
            }
            perform(new Event.Closed(connection, why));
        }
    }

    /// Takes every whole message out of {@code buffer}.
    void received(Channel channel, ReceiveBuffer buffer) {
        Long connection = connections.number(channel);
        while (connection != null && knows(channel)) {
            Exchange current = exchangeOn(connection);
            int max =
                    current == null ? Framer.MAX_BYTES : current.terms().wire().maxMessageBytes();
            Framer.Frame frame = buffer.next(max);
            if (!(frame instanceof Framer.Frame.Whole(int type, int length))) { // no switch, for each message's sake
                routes.flush();
                if (frame instanceof Framer.Frame.Malformed(Message.Notification why)) {
                    perform(new Event.Malformed(connection, why));
                }
                return;
            }
            int from = buffer.position() + Framer.HEADER_BYTES;
            int to = buffer.position() + length;
            buffer.consume(length);
            counters.messageReceived();
            note(channel, current, type, buffer.bytes(), from - Framer.HEADER_BYTES, to);
            if (type == Message.UPDATE) {
                update(connection, current, buffer.bytes(), from, to);
            } else {
                message(connection, MessageDecoder.decode(type, buffer.bytes(), from, to));
            }
        }
        routes.flush();
    }

    /// What is exchanged on {@code connection}; null if the session is not Established on it.
    private @Nullable Exchange exchangeOn(long connection) {
        return exchange != null && exchange.connection() == connection ? exchange : null;
    }

    /// Remembers what monitors are told of a session's beginning and its end.
    private void note(Channel channel, @Nullable Exchange current, int type, byte[] bytes, int from, int to) {
        if (type == Message.OPEN) {
            connections.openReceived(channel, Bytes.copyOf(bytes, from, to - from));
        } else if (type == Message.NOTIFICATION && current != null) {
            current.ends(new SessionEnd.NotificationReceived(Bytes.copyOf(bytes, from, to - from)));
        } else if ((type == Message.KEEPALIVE || type == Message.ROUTE_REFRESH) && current != null) {
            speaker.monitoring().heard(current.view(), bytes, from, to);
        }
    }

    private void message(long connection, MessageDecoder.Decoded decoded) {
        routes.flush();
        switch (decoded) {
            case MessageDecoder.Decoded.Refused(Message.Notification why) ->
                perform(new Event.Malformed(connection, why));
            case MessageDecoder.Decoded.Accepted(Message message) -> {
                perform(new Event.Received(connection, message));
                Exchange current = exchangeOn(connection);
                if (message instanceof Message.RouteRefresh(AddressFamily family, int subtype)
                        && current != null
                        && current.terms().wire().families().contains(family)) {
                    refreshed(family, subtype, current);
                }
            }
        }
    }

    /// RFC 7313 §4: what a refresh did not announce again goes at its end. Before End-of-RIB a refresh says nothing.
    private void refreshed(AddressFamily family, int subtype, Exchange current) {
        boolean marked = current.terms().enhancedRefresh() && completeness.of(family);
        switch (subtype) {
            case REFRESH_REQUEST -> {
                if (out != null) {
                    out.refresh(family);
                }
            }
            case REFRESH_BEGINS -> {
                if (marked) {
                    routes.markStale(family);
                    speaker.monitoring().refreshed(current.view(), family, false);
                }
            }
            case REFRESH_ENDS -> {
                if (marked) {
                    routes.sweep(family);
                    routes.flush();
                    speaker.monitoring().refreshed(current.view(), family, true);
                }
            }
            default -> LOG.debug("peer={} event=refresh-ignored subtype={}", config.address(), subtype);
        }
    }

    private void update(long connection, @Nullable Exchange current, byte[] bytes, int from, int to) {
        if (current == null) {
            perform(new Event.UpdateReceived(connection));
            return;
        }
        counters.updateReceived();
        Update update = current.decode(bytes, from, to);
        speaker.monitoring().received(current.view(), update, bytes, from - Framer.HEADER_BYTES, to);
        counters.fate(update.fate());
        if (update.fate() == Fate.SESSION_RESET) {
            routes.flush();
            perform(new Event.Malformed(connection, update.notification()));
            return;
        }
        current.take(update);
        perform(new Event.UpdateReceived(connection));
        if (update.endOfRib() != null) {
            endOfRib(update.endOfRib());
        }
        checkLimits();
    }

    private void checkLimits() {
        PrefixLimits.Exceeded exceeded = exchange == null ? null : limits.check(config);
        if (exceeded != null && exchange != null) {
            routes.flush();
            perform(new Event.Fault(exchange.connection(), exceeded.why(), exceeded.pauseNanos()));
        }
    }

    private void endOfRib(AddressFamily family) {
        LOG.info("peer={} event=end-of-rib family={}", config.address(), family);
        routes.sweep(family);
        routes.flush();
        boolean all = completeness.ended(family);
        if (family.equals(AddressFamily.RT_CONSTRAIN) && out != null) {
            out.endOfMemberships();
        }
        if (all) {
            routes.restartOver();
        }
        speaker.considerInSync();
    }

    private void perform(Event event) {
        for (Action action : machine.on(event, System.nanoTime())) {
            switch (action) {
                case Action.Dial(long connection) -> speaker.dials().dial(this, connection);
                case Action.Send(long connection, Message message) -> {
                    send(connection, MessageEncoder.encode(message));
                }
                case Action.Close(long connection) -> {
                    if (!connections.close(connection)) {
                        speaker.dials().cancel(this, connection);
                    }
                }
                case Action.Up(long connection, SessionTerms agreed) -> up(connection, agreed);
                case Action.Down(String _, boolean keepsRoutes) -> down(keepsRoutes);
                case Action.Changed(SessionState before, SessionState now, String why) -> changed(before, now, why);
            }
        }
        alarm.set(machine.nextDeadlineNanos());
    }

    private void send(long connection, byte[] message) {
        Channel channel = connections.channel(connection);
        if (channel == null) {
            return;
        }
        counters.messageSent();
        int type = message[Framer.HEADER_BYTES - 1];
        Exchange current = exchangeOn(connection);
        if (type == Message.OPEN) {
            connections.openSent(channel, Bytes.copyOf(message));
        } else if (type == Message.NOTIFICATION && current != null) {
            current.ends(new SessionEnd.NotificationSent(Bytes.copyOf(message)));
        }
        var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(message)).addListener(write -> {
            if (write.isSuccess() && knows(channel)) {
                perform(new Event.Written(connection));
            }
        });
    }

    private void up(long connection, SessionTerms agreed) {
        Channel channel = connections.channel(connection);
        if (channel == null) {
            return; // it broke in this moment, and says so next
        }
        identifier = agreed.open().identifier();
        EstablishedSession view = connections.established(channel, number, config.address(), agreed);
        exchange = new Exchange(connection, agreed, view, config, importFilter(), routes);
        limits.begin();
        completeness.begin(agreed.wire().families());
        speaker.monitoring().up(this, view);
        boolean internal = config.asn().equals(speaker.asn());
        routes.sessionUp(agreed, new Contender(internal, agreed.open().identifier(), config.address()));
        routes.flush();
        out = new OutQueues(speaker, number, config, channel, agreed, this::sent);
        speaker.sessionUp();
    }

    private void down(boolean keepsRoutes) {
        Exchange last = exchange;
        if (last != null) {
            speaker.monitoring().down(this, last.view(), last.end());
        }
        OutQueues ways = out;
        exchange = null;
        out = null;
        counters.flap();
        completeness.stopWaiting();
        routes.sessionDown(keepsRoutes && last != null ? last.terms() : null);
        routes.flush();
        if (ways != null) {
            ways.leave();
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
        speaker.monitoring().changed(config, before, now);
        speaker.considerInSync();
        speaker.considerLeaving(config.address());
    }

    private void sent(ByteBuf messages, int updates) {
        counters.updatesSent(updates);
        if (exchange == null || !speaker.monitoring().isWatched()) {
            return;
        }
        for (int at = messages.readerIndex(); at < messages.writerIndex(); ) {
            byte[] message = new byte[messages.getUnsignedShort(at + Framer.HEADER_BYTES - 3)];
            messages.getBytes(at, message);
            at += message.length;
            speaker.monitoring().sent(exchange.view(), message);
        }
    }

    /// What is kept of this session to know attributes again.
    TableSize attributes() {
        return exchange == null ? new TableSize("attributes", 0, 0) : exchange.attributes();
    }

    /// See {@link Monitoring#tell}.
    int tellAgain(int from, Consumer<byte[]> updates) {
        return out == null ? -1 : out.tellAgain(from, updates);
    }

    /// Runs {@code waiter} once the peer has been told everything, or is no longer Established.
    void whenWritten(Runnable waiter) {
        if (out != null) {
            out.whenWritten(waiter);
        } else {
            waiter.run();
        }
    }

    /// The connection takes more, or no more.
    void writable(Channel channel) {
        Long connection = connections.number(channel);
        if (connection != null && exchangeOn(connection) != null) {
            speaker.groups().drain();
        }
    }

    void setReading(boolean reading) {
        connections.setReading(reading);
    }

    PeerStatus status() {
        var families = new HashMap<AddressFamily, PeerStatus.Family>();
        for (AddressFamily family : config.families()) {
            int received = speaker.rib(family).size(number);
            int advertised = out == null ? 0 : out.advertised(family);
            families.put(family, new PeerStatus.Family(received, advertised, completeness.of(family)));
        }
        SessionTerms terms = exchange == null ? null : exchange.terms();
        return new PeerStatus(
                config.address(),
                config.asn(),
                machine.state(),
                since,
                reason,
                terms == null ? null : terms.open().identifier().toString(),
                terms == null ? 0 : terms.holdSeconds(),
                terms,
                families,
                counters.now(routes.rejected(), routes.untargeted()));
    }
}
