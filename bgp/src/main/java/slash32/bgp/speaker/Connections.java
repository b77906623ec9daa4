package slash32.bgp.speaker;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.AttributeKey;
import java.net.InetSocketAddress;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import slash32.bgp.session.SessionTerms;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// The TCP connections of one peer, by the numbers that its session's machine knows them by. On thread {@code bgp}.
///
/// One that is no longer known here gives no events any more, even if it is still being closed.
final class Connections {
    private static final AttributeKey<Bytes> SENT_OPEN = AttributeKey.valueOf("slash32.sent-open");
    private static final AttributeKey<Bytes> RECEIVED_OPEN = AttributeKey.valueOf("slash32.received-open");

    private final Speaker speaker;
    private final Map<Long, Channel> channels = new HashMap<>();
    private final Map<Channel, Long> numbers = new HashMap<>();

    Connections(Speaker speaker) {
        this.speaker = speaker;
    }

    void add(long connection, Channel channel, PeerConfig peer) {
        int hops = peer.options().ttlSecurityHops();
        if (hops > 0) {
            boolean ipv4 = peer.address().isIpv4();
            channel.config().setOption(SocketOptions.ttl(ipv4), SocketOptions.FULL_TTL);
            SocketOptions.takeFromWithin(hops, channel, ipv4);
        }
        channels.put(connection, channel);
        numbers.put(channel, connection);
    }

    /// Null if there is none.
    @Nullable
    Channel channel(long connection) {
        return channels.get(connection);
    }

    /// Null if it is not known.
    @Nullable
    Long number(Channel channel) {
        return numbers.get(channel);
    }

    boolean isEmpty() {
        return channels.isEmpty();
    }

    /// It broke; returns its number, or null if it was not known.
    @Nullable
    Long remove(Channel channel) {
        Long connection = numbers.remove(channel);
        if (connection != null) {
            channels.remove(connection);
        }
        return connection;
    }

    /// Notes the peer's OPEN, for {@link #established}.
    void openReceived(Channel channel, Bytes open) {
        channel.attr(RECEIVED_OPEN).set(open);
    }

    /// Notes our OPEN.
    void openSent(Channel channel, Bytes open) {
        channel.attr(SENT_OPEN).set(open);
    }

    /// The session on this connection, for those who watch.
    EstablishedSession established(Channel channel, int peer, IpAddress address, SessionTerms agreed) {
        var local = (InetSocketAddress) channel.localAddress();
        var remote = (InetSocketAddress) channel.remoteAddress();
        return new EstablishedSession(
                peer,
                agreed.open().asn(),
                agreed.open().identifier(),
                new EstablishedSession.Ends(
                        IpAddress.of(local.getAddress().getAddress()),
                        local.getPort(),
                        address.withoutLink(),
                        remote.getPort()),
                agreed.wire(),
                channel.attr(SENT_OPEN).get(),
                channel.attr(RECEIVED_OPEN).get(),
                Instant.now());
    }

    /// What was sent goes out, and the peer reads it: closing at once would have the kernel reset the connection, if
    /// something is unread, and a reset takes away what the peer has not read yet. A peer that takes nothing is not
    /// waited for.
    ///
    /// @return false if there is no such connection
    boolean close(long connection) {
        Channel channel = channels.remove(connection);
        if (channel == null) {
            return false;
        }
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
        return true;
    }

    /// Closes all at once.
    void abandon() {
        List<Channel> open = List.copyOf(channels.values());
        channels.clear();
        numbers.clear(); // what now happens to them is no event
        for (Channel channel : open) {
            var _ = channel.close();
        }
    }

    /// Goes on with the keys of {@code peer}.
    void sign(PeerConfig peer) {
        channels.values().forEach(channel -> SegmentKeys.change(channel, peer));
    }

    void setReading(boolean reading) {
        channels.values().forEach(channel -> channel.config().setAutoRead(reading));
    }
}
