package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.ExportFilter;
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
import slash32.bgp.wire.NlriSlice;
import slash32.bgp.wire.NotificationCode;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Update;
import slash32.bgp.wire.UpdateDecoder;
import slash32.net.Bytes;
import slash32.net.InterfaceIndex;
import slash32.net.IpAddress;
import slash32.net.Ipv6Address;

/// The shell of one peer's session: carries octets and time to its machine, and its actions out. On thread {@code
/// bgp}.
final class PeerSession {
    private static final Logger LOG = LoggerFactory.getLogger(PeerSession.class);

    private static final AttributeKey<Bytes> SENT_OPEN = AttributeKey.valueOf("slash32.sent-open");
    private static final AttributeKey<Bytes> RECEIVED_OPEN = AttributeKey.valueOf("slash32.received-open");

    /// RFC 4684 §6: an upper bound of the wait for the memberships' End-of-RIB.
    private static final int MEMBERSHIPS_SECONDS = 60;

    private static final int REFRESH_REQUEST = 0;
    private static final int REFRESH_BEGINS = 1;
    private static final int REFRESH_ENDS = 2;

    private final Speaker speaker;
    private final int number;
    private final boolean dynamic;
    private final SessionMachine machine;
    private final Map<Long, Channel> channels = new HashMap<>();
    private final Map<Channel, Long> numbers = new HashMap<>();
    private final Set<AddressFamily> ended = new HashSet<>();
    private final PeerRoutes routes;

    private PeerConfig config;
    private @Nullable ImportFilter filter;
    private @Nullable LinkNextHop linkNextHop;
    private ExportFilter.@Nullable NextHopSelf self;
    private final Set<AddressFamily> warned = new HashSet<>();
    private @Nullable ScheduledFuture<?> timer;
    private long timerAt = Long.MAX_VALUE;
    private @Nullable ScheduledFuture<?> patience;
    private long established = -1;
    private @Nullable SessionTerms terms;
    private @Nullable EstablishedSession view;
    private @Nullable SessionEnd end;
    private @Nullable UpdateDecoder decoder;
    private @Nullable OutQueue out;
    /// For the families of which the peer says what it wants (RFC 4684); null if it does not.
    private @Nullable OutQueue chosen;

    private @Nullable BgpIdentifier identifier;
    private boolean connected;
    private boolean faultLogged;
    private Instant since = Instant.now();
    private String reason = "configured";
    private long messagesReceived;
    private long messagesSent;
    private long updatesReceived;
    private long updatesSent;
    private long discarded;
    private long treatedAsWithdraw;
    private long flaps;

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
        routes = new PeerRoutes(speaker, config, number);
    }

    PeerConfig config() {
        return config;
    }

    boolean isEstablished() {
        return machine.state() == SessionState.ESTABLISHED;
    }

    /// Established, and a peer that is told our routes (RFC 8212: with an external peer and no policy, nothing goes
    /// out).
    boolean isTold() {
        return out != null
                && terms != null
                && !new ExportFilter(sender(), config.options().exportPolicy()).isClosed();
    }

    /// True if its routes of {@code family} are complete, or it does not speak the family.
    boolean hasEnded(AddressFamily family) {
        return terms == null || !terms.wire().families().contains(family) || ended.contains(family);
    }

    void restartOver() {
        machine.restartOver();
    }

    void start() {
        perform(new Event.Start());
    }

    /// Ends the session for good, and with it all that was held of the peer.
    void stop(Message.Notification cease) {
        perform(new Event.Stop(cease));
        cancelTimers();
        routes.drop();
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
        if (!Objects.equals(before.password(), other.password())) {
            channels.values().forEach(channel -> SegmentKeys.change(channel, other));
        }
        if (!Objects.equals(before.options().importPolicy(), other.options().importPolicy()) && terms != null) {
            filter = importFilter();
            askAgain(terms);
        }
        if (!Objects.equals(before.options().exportPolicy(), other.options().exportPolicy())) {
            refilter();
        }
        warned.clear();
        checkLimits();
        if (machine.state() == SessionState.IDLE) {
            start(); // a limit that kept it down may be higher now
        }
    }

    /// Has the peer tell everything again (RFC 2918 §4): what it told before was not kept as it came.
    private void askAgain(SessionTerms agreed) {
        if (!agreed.routeRefresh()) {
            perform(new Event.Malformed(
                    established, Message.Notification.of(NotificationCode.OTHER_CONFIGURATION_CHANGE)));
            return;
        }
        agreed.wire().families().stream()
                .sorted()
                .forEach(family -> send(established, MessageEncoder.encode(new Message.RouteRefresh(family, 0))));
    }

    private ImportFilter importFilter() {
        var role = config.options().session().role();
        var receiver = new ImportFilter.Receiver(
                speaker.asn(), speaker.identifier(), speaker.ownAddresses(), config.asn(), role, speaker.clusterId());
        return new ImportFilter(receiver, config.options().importPolicy());
    }

    private Recipient recipient(SessionTerms agreed) {
        Set<AddressFamily> unchosen = new HashSet<>(agreed.wire().families());
        unchosen.removeAll(chosen(agreed));
        return recipient(agreed, unchosen, null);
    }

    private Recipient choosing(SessionTerms agreed) {
        return recipient(agreed, chosen(agreed), speaker.memberships().of(number));
    }

    private Recipient recipient(SessionTerms agreed, Set<AddressFamily> families, @Nullable WantedTargets wanted) {
        return new Recipient(
                kind(),
                agreed.longLived() != null,
                agreed.wire().with(families),
                sender(),
                config.options().exportPolicy(),
                wanted);
    }

    /// The families of which the peer says what it wants.
    private static Set<AddressFamily> chosen(SessionTerms agreed) {
        Set<AddressFamily> all = agreed.wire().families();
        return all.contains(AddressFamily.RT_CONSTRAIN)
                ? all.stream().filter(AddressFamily::isTargeted).collect(Collectors.toUnmodifiableSet())
                : Set.of();
    }

    /// Its memberships changed.
    void wants(WantedTargets wanted) {
        if (chosen != null) {
            speaker.groups().retarget(chosen, wanted);
        }
    }

    /// The way by which it is told of {@code family}; null unless it is Established.
    private @Nullable OutQueue way(AddressFamily family) {
        return chosen != null && family.isTargeted() ? chosen : out;
    }

    /// The peer's BGP Identifier, of this session or the last one; null before the first.
    @Nullable
    BgpIdentifier identifier() {
        return identifier;
    }

    /// What the peer is in the reflection of routes.
    Offers.Origin kind() {
        if (!internal()) {
            return Offers.Origin.EXTERNAL;
        }
        return config.options().client() ? Offers.Origin.CLIENT : Offers.Origin.NON_CLIENT;
    }

    private ExportFilter.Sender sender() {
        return new ExportFilter.Sender(
                speaker.asn(),
                config.asn(),
                config.options().session().role(),
                self,
                speaker.isNamed(config.address()) ? config.address() : null);
    }

    /// What the peer may be told is decided by something else now.
    void refilter() {
        if (out != null && terms != null) {
            speaker.groups().refilter(out, recipient(terms));
            if (chosen != null) {
                speaker.groups().refilter(chosen, choosing(terms));
            }
        }
    }

    /// True if nothing is left of a peer that is not configured by name.
    boolean isGone() {
        return dynamic && connected && channels.isEmpty() && machine.state() == SessionState.ACTIVE && routes.isEmpty();
    }

    int number() {
        return number;
    }

    boolean isDynamic() {
        return dynamic;
    }

    /// Closes without a word, so that a peer with graceful restart keeps our routes.
    void abandon() {
        cancelTimers();
        routes.cancelTimer();
        List<Channel> open = List.copyOf(channels.values());
        channels.clear();
        numbers.clear(); // what now happens to them is no event
        for (Channel channel : open) {
            var _ = channel.close();
        }
    }

    private void cancelTimers() {
        if (timer != null) {
            timer.cancel(false);
        }
        endPatience();
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
        if (config.options().ttlSecurityHops() > 0) {
            boolean ipv4 = config.address().isIpv4();
            channel.config().setOption(SocketOptions.ttl(ipv4), SocketOptions.FULL_TTL);
            SocketOptions.takeFromWithin(config.options().ttlSecurityHops(), channel, ipv4);
        }
        connected = true;
        channels.put(connection, channel);
        numbers.put(channel, connection);
    }

    private boolean knows(Channel channel) {
        return numbers.containsKey(channel);
    }

    void closed(Channel channel, String why) {
        Long connection = numbers.remove(channel);
        if (connection != null) {
            channels.remove(connection);
            if (connection == established && end == null) {
                end = new SessionEnd.ConnectionLost();
            }
            perform(new Event.Closed(connection, why));
        }
    }

    /// Takes every whole message out of {@code buffer}.
    void received(Channel channel, ReceiveBuffer buffer) {
        Long connection = numbers.get(channel);
        while (connection != null && numbers.containsKey(channel)) {
            SessionTerms agreed = connection == established ? terms : null;
            switch (buffer.next(
                    agreed == null ? Framer.MAX_BYTES : agreed.wire().maxMessageBytes())) {
                case Framer.Frame.Incomplete() -> {
                    routes.flush();
                    return;
                }
                case Framer.Frame.Malformed(Message.Notification why) -> {
                    routes.flush();
                    perform(new Event.Malformed(connection, why));
                    return;
                }
                case Framer.Frame.Whole(int type, int length) -> {
                    int from = buffer.position() + Framer.HEADER_BYTES;
                    int to = buffer.position() + length;
                    buffer.consume(length);
                    messagesReceived++;
                    note(channel, connection, type, buffer.bytes(), from - Framer.HEADER_BYTES, to);
                    if (type == Message.UPDATE) {
                        update(connection, buffer.bytes(), from, to);
                    } else {
                        message(connection, MessageDecoder.decode(type, buffer.bytes(), from, to));
                    }
                }
            }
        }
        routes.flush();
    }

    /// Remembers what monitors are told of a session's beginning and its end.
    private void note(Channel channel, long connection, int type, byte[] bytes, int from, int to) {
        if (type == Message.OPEN) {
            channel.attr(RECEIVED_OPEN).set(Bytes.copyOf(bytes, from, to - from));
        } else if (type == Message.NOTIFICATION && connection == established) {
            end = new SessionEnd.NotificationReceived(Bytes.copyOf(bytes, from, to - from));
        } else if ((type == Message.KEEPALIVE || type == Message.ROUTE_REFRESH) && connection == established) {
            if (view != null) {
                speaker.monitoring().heard(view, bytes, from, to);
            }
        }
    }

    private void message(long connection, MessageDecoder.Decoded decoded) {
        routes.flush();
        switch (decoded) {
            case MessageDecoder.Decoded.Refused(Message.Notification why) ->
                perform(new Event.Malformed(connection, why));
            case MessageDecoder.Decoded.Accepted(Message message) -> {
                perform(new Event.Received(connection, message));
                if (message instanceof Message.RouteRefresh(AddressFamily family, int subtype)
                        && connection == established
                        && terms != null
                        && terms.wire().families().contains(family)) {
                    refreshed(family, subtype, terms);
                }
            }
        }
    }

    /// RFC 7313 §4: what a refresh did not announce again goes at its end. Before End-of-RIB a refresh says nothing.
    private void refreshed(AddressFamily family, int subtype, SessionTerms agreed) {
        switch (subtype) {
            case REFRESH_REQUEST -> {
                OutQueue way = way(family);
                if (way != null && isTold()) {
                    speaker.groups().refresh(way, family, agreed.enhancedRefresh());
                }
            }
            case REFRESH_BEGINS -> {
                if (agreed.enhancedRefresh() && ended.contains(family)) {
                    routes.markStale(family);
                    monitorRefresh(family, false);
                }
            }
            case REFRESH_ENDS -> {
                if (agreed.enhancedRefresh() && ended.contains(family)) {
                    routes.sweep(family);
                    routes.flush();
                    monitorRefresh(family, true);
                }
            }
            default -> LOG.debug("peer={} event=refresh-ignored subtype={}", config.address(), subtype);
        }
    }

    private void monitorRefresh(AddressFamily family, boolean over) {
        if (view != null) {
            speaker.monitoring().refreshed(view, family, over);
        }
    }

    private void update(long connection, byte[] bytes, int from, int to) {
        if (connection != established || decoder == null) {
            perform(new Event.UpdateReceived(connection));
            return;
        }
        updatesReceived++;
        Update update = decoder.decode(bytes, from, to);
        if (view != null) {
            speaker.monitoring().received(view, update, bytes, from - Framer.HEADER_BYTES, to);
        }
        switch (update.fate()) {
            case ACCEPT -> {}
            case ATTRIBUTE_DISCARD -> discarded++;
            case TREAT_AS_WITHDRAW -> treatedAsWithdraw++;
            case SESSION_RESET -> {
                routes.flush();
                perform(new Event.Malformed(connection, update.notification()));
                return;
            }
        }
        if (update.fate() == Fate.TREAT_AS_WITHDRAW && !faultLogged) {
            faultLogged = true; // the counter says how many; a line for each would be the peer's to write
            LOG.warn("peer={} event=update-treated-as-withdraw reason=\"{}\"", config.address(), update.faults());
        }
        update.withdrawn().forEach(routes::withdraw);
        update.announced().forEach(announcement -> announce(announcement.prefixes(), announcement.attributes()));
        perform(new Event.UpdateReceived(connection));
        if (update.endOfRib() != null) {
            endOfRib(update.endOfRib());
        }
        checkLimits();
    }

    private void checkLimits() {
        for (Map.Entry<AddressFamily, PrefixLimit> each :
                config.options().limits().entrySet()) {
            AddressFamily family = each.getKey();
            PrefixLimit limit = each.getValue();
            int held = config.families().contains(family) ? speaker.rib(family).size(number) : 0;
            if (terms == null || !limit.isWarning(held)) {
                continue;
            }
            if (warned.add(family)) {
                LOG.warn(
                        "peer={} event=prefix-limit-near family={} prefixes={} limit={}",
                        config.address(),
                        family,
                        held,
                        limit.max());
            }
            if (held > limit.max()) {
                exceeded(family, limit);
                return;
            }
        }
    }

    /// The NOTIFICATION says which family and what was allowed (RFC 4486 §4).
    private void exceeded(AddressFamily family, PrefixLimit limit) {
        byte[] allowed = ByteBuffer.allocate(7)
                .putShort((short) family.afi())
                .put((byte) family.safi())
                .putInt(limit.max())
                .array();
        var why = Message.Notification.of(NotificationCode.MAXIMUM_PREFIXES_REACHED, Bytes.copyOf(allowed));
        Duration pause = limit.restartAfter();
        routes.flush();
        perform(new Event.Fault(established, why, pause == null ? Event.FOR_GOOD : pause.toNanos()));
    }

    private void announce(NlriSlice slice, @Nullable PathAttributes attributes) {
        PathAttributes usable = attributes == null ? null : LinkNextHop.received(linkNextHop, attributes);
        if (attributes == null) {
            routes.withdraw(slice);
        } else if (usable == null) {
            routes.reject(slice);
        } else if (filter != null) {
            filter.pass(slice, usable, routes);
        }
    }

    private boolean internal() {
        return config.asn().equals(speaker.asn());
    }

    private void endOfRib(AddressFamily family) {
        LOG.info("peer={} event=end-of-rib family={}", config.address(), family);
        routes.sweep(family);
        routes.flush();
        ended.add(family);
        if (family.equals(AddressFamily.RT_CONSTRAIN) && chosen != null) {
            endOfMemberships(chosen);
        }
        if (terms != null && ended.containsAll(terms.wire().families())) {
            endPatience();
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

    private void send(long connection, byte[] message) {
        Channel channel = channels.get(connection);
        if (channel == null) {
            return;
        }
        messagesSent++;
        int type = message[Framer.HEADER_BYTES - 1];
        if (type == Message.OPEN) {
            channel.attr(SENT_OPEN).set(Bytes.copyOf(message));
        } else if (type == Message.NOTIFICATION && connection == established) {
            end = new SessionEnd.NotificationSent(Bytes.copyOf(message));
        }
        var _ = channel.writeAndFlush(Unpooled.wrappedBuffer(message)).addListener(write -> {
            if (write.isSuccess() && numbers.containsKey(channel)) {
                perform(new Event.Written(connection));
            }
        });
    }

    /// What was sent goes out, and the peer reads it: closing at once would have the kernel reset the connection, if
    /// something is unread, and a reset takes away what the peer has not read yet. A peer that takes nothing is not
    /// waited for.
    private void close(long connection) {
        Channel channel = channels.remove(connection);
        if (channel != null) {
            numbers.remove(channel);
            channel.config().setAutoRead(true);
            var _ = channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(_ -> {
                var _ = ((DuplexChannel) channel).shutdownOutput();
            });
            speaker.leaving(channel);
            Runnable abort = () -> {
                var _ = channel.close();
            };
            var _ = speaker.loop().schedule(abort, Speaker.FAREWELL_MILLIS, TimeUnit.MILLISECONDS);
        } else {
            speaker.dials().cancel(this, connection);
        }
    }

    private void up(long connection, SessionTerms agreed) {
        Channel channel = channels.get(connection);
        if (channel == null) {
            return; // it broke in this moment, and says so next
        }
        established = connection;
        terms = agreed;
        identifier = agreed.open().identifier();
        decoder = new UpdateDecoder(agreed.wire());
        ended.clear();
        warned.clear();
        filter = importFilter();
        InterfaceIndex link = link();
        linkNextHop = link == null ? null : new LinkNextHop(link);
        self = link == null ? null : self(channel, agreed);
        faultLogged = false;
        end = null;
        view = view(channel, agreed);
        speaker.monitoring().up(this, view);
        routes.sessionUp(agreed, new Contender(internal(), agreed.open().identifier(), config.address()));
        routes.flush();
        Recipient recipient = recipient(agreed);
        out = new OutQueue(channel, number, recipient.terms().families(), this::sent);
        speaker.groups().join(out, recipient);
        if (!chosen(agreed).isEmpty()) {
            chosen = choosingWay(channel, choosing(agreed));
        }
        speaker.sessionUp();
        waitForEndOfRib(updatesReceived);
    }

    /// What it wants so far is told at once; but it is not all before the peer has said all that it wants, for which it
    /// has its time (RFC 4684 §6).
    private OutQueue choosingWay(Channel channel, Recipient recipient) {
        var way = new OutQueue(channel, number, recipient.terms().families(), this::sent);
        way.holdEndOfRib();
        speaker.groups().join(way, recipient);
        var _ = speaker.loop().schedule(() -> endOfMemberships(way), MEMBERSHIPS_SECONDS, TimeUnit.SECONDS);
        return way;
    }

    private void endOfMemberships(OutQueue way) {
        way.releaseEndOfRib();
        speaker.groups().drain();
    }

    /// Counts as complete, so that it holds nothing up. What is kept from before its restart stays: a reflector that
    /// restarts says nothing until all its own peers are back (RFC 4724 §4.1).
    private void silent(AddressFamily family) {
        LOG.info("peer={} event=end-of-rib-missing family={}", config.address(), family);
        ended.add(family);
        speaker.considerInSync();
    }

    private @Nullable InterfaceIndex link() {
        return config.address() instanceof Ipv6Address v6 ? v6.link() : null;
    }

    private ExportFilter.@Nullable NextHopSelf self(Channel channel, SessionTerms agreed) {
        return channel.localAddress() instanceof InetSocketAddress local
                        && SocketAddresses.of(local.getAddress()) instanceof Ipv6Address own
                ? new ExportFilter.NextHopSelf(
                        own.withoutLink(), agreed.wire().extendedNextHops().contains(AddressFamily.IPV4_UNICAST))
                : null;
    }

    /// A peer that says no more has told all it has: one without graceful restart need not send End-of-RIB, and one
    /// that must and doesn't can't hold everything up.
    private void waitForEndOfRib(long updatesBefore) {
        patience = speaker.loop()
                .schedule(
                        () -> {
                            if (updatesReceived > updatesBefore) {
                                waitForEndOfRib(updatesReceived);
                            } else if (terms != null) {
                                terms.wire().families().stream()
                                        .filter(family -> !ended.contains(family))
                                        .sorted()
                                        .forEach(this::silent);
                            }
                        },
                        speaker.inSyncTimeout().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    private void endPatience() {
        if (patience != null) {
            patience.cancel(false);
            patience = null;
        }
    }

    private void down(boolean keepsRoutes) {
        if (view != null) {
            speaker.monitoring().down(this, view, end == null ? new SessionEnd.ClosedSilently() : end);
        }
        view = null;
        List<OutQueue> ways = Stream.of(out, chosen).filter(Objects::nonNull).toList();
        SessionTerms kept = keepsRoutes ? terms : null;
        established = -1;
        terms = null;
        decoder = null;
        out = null;
        chosen = null;
        flaps++;
        endPatience();
        routes.sessionDown(kept);
        routes.flush();
        ways.forEach(speaker.groups()::leave);
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
        messagesSent += updates;
        updatesSent += updates;
        if (view == null || !speaker.monitoring().isWatched()) {
            return;
        }
        for (int at = messages.readerIndex(); at < messages.writerIndex(); ) {
            byte[] message = new byte[messages.getUnsignedShort(at + Framer.HEADER_BYTES - 3)];
            messages.getBytes(at, message);
            at += message.length;
            speaker.monitoring().sent(view, message);
        }
    }

    /// The session as monitors know it; null unless it is Established.
    @Nullable
    EstablishedSession view() {
        return view;
    }

    private EstablishedSession view(Channel channel, SessionTerms agreed) {
        var local = (InetSocketAddress) channel.localAddress();
        var remote = (InetSocketAddress) channel.remoteAddress();
        return new EstablishedSession(
                number,
                agreed.open().asn(),
                agreed.open().identifier(),
                new EstablishedSession.Ends(
                        IpAddress.of(local.getAddress().getAddress()),
                        local.getPort(),
                        config.address().withoutLink(),
                        remote.getPort()),
                agreed.wire(),
                channel.attr(SENT_OPEN).get(),
                channel.attr(RECEIVED_OPEN).get(),
                Instant.now());
    }

    /// See {@link Monitoring#tell}.
    int tellAgain(int from, Consumer<byte[]> updates) {
        if (out == null) {
            return -1;
        }
        OutQueue second = chosen;
        int next = from < UpdateGroups.TOLD_MAX ? speaker.groups().tellAgain(out, from, updates) : -1;
        if (next >= 0 || second == null) {
            return next;
        }
        next = speaker.groups().tellAgain(second, Math.max(0, from - UpdateGroups.TOLD_MAX), updates);
        return next < 0 ? -1 : UpdateGroups.TOLD_MAX + next;
    }

    /// Runs {@code waiter} once the peer has been told everything, or is no longer Established.
    void whenWritten(Runnable waiter) {
        if (out != null) {
            speaker.groups().whenWritten(out, waiter);
        } else {
            waiter.run();
        }
    }

    /// The connection takes more, or no more.
    private void writable(Channel channel) {
        if (channel.equals(channels.get(established))) {
            speaker.groups().drain();
        }
    }

    void setReading(boolean reading) {
        channels.values().forEach(channel -> channel.config().setAutoRead(reading));
    }

    PeerStatus status() {
        var families = new HashMap<AddressFamily, PeerStatus.Family>();
        for (AddressFamily family : config.families()) {
            int received = speaker.rib(family).size(number);
            OutQueue way = way(family);
            int advertised = way == null ? 0 : speaker.groups().advertised(way, family);
            families.put(family, new PeerStatus.Family(received, advertised, ended.contains(family)));
        }
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
                new PeerStatus.Counters(
                        messagesReceived,
                        messagesSent,
                        updatesReceived,
                        updatesSent,
                        discarded,
                        treatedAsWithdraw,
                        routes.rejected(),
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
                if (!session.knows(context.channel())) {
                    return; // it is being closed
                }
                buffer.append(read);
            } finally {
                read.release();
            }
            session.received(context.channel(), buffer);
        }

        /// In a task of its own: it is called within a flush.
        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            context.channel().eventLoop().execute(() -> session.writable(context.channel()));
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
