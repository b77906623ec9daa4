package slash32.bgp.speaker;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.epoll.EpollChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;
import slash32.net.Bytes;
import slash32.net.Prefix;

/// The keys by which the kernel signs segments and drops those of peers that are not signed: TCP MD5 (RFC 2385) and
/// TCP-AO (RFC 5925), of peers and of ranges.
final class SegmentKeys {
    private SegmentKeys() {}

    /// The MD5 keys of peers, which a listening socket has before it listens.
    static Map<InetAddress, byte[]> md5(SpeakerConfig config) {
        Map<InetAddress, byte[]> keys = new HashMap<>();
        config.peers().forEach(peer -> keys.putAll(md5(peer)));
        return keys;
    }

    private static Map<InetAddress, byte[]> md5(PeerConfig peer) {
        Bytes password = peer.password();
        return password == null ? Map.of() : Map.of(SocketAddresses.of(peer.address()), password.toArray());
    }

    /// Gives a listening socket the other keys.
    static void addTo(Channel listener, SpeakerConfig config) throws IOException {
        boolean ipv4 = SocketAddresses.isIpv4(listener);
        for (PeerRange range : config.ranges()) {
            Bytes key = range.template().password();
            if (key != null && range.within().isIpv4() == ipv4) {
                SocketOptions.md5(listener, range.within(), key);
            }
        }
        for (Map.Entry<Prefix, TcpAo> added : ao(config, ipv4).entrySet()) {
            added.getValue().add(listener, added.getKey());
        }
    }

    /// Gives a listening socket the keys of {@code now} for those of {@code before}.
    static void change(Channel listener, SpeakerConfig before, SpeakerConfig now) throws IOException {
        boolean ipv4 = SocketAddresses.isIpv4(listener);
        listener.config().setOption(EpollChannelOption.TCP_MD5SIG, md5(now));
        for (PeerRange gone : before.ranges()) {
            if (gone.template().password() != null && gone.within().isIpv4() == ipv4) {
                SocketOptions.md5(listener, gone.within(), null);
            }
        }
        for (Map.Entry<Prefix, TcpAo> gone : ao(before, ipv4).entrySet()) {
            gone.getValue().delete(listener, gone.getKey()); // one that is there can't be added again
        }
        addTo(listener, now);
    }

    private static Map<Prefix, TcpAo> ao(SpeakerConfig config, boolean ipv4) {
        var keys = new HashMap<Prefix, TcpAo>();
        config.ranges().forEach(range -> put(keys, range.within(), range.template()));
        config.peers().forEach(peer -> put(keys, peer.address().withoutLink().hostPrefix(), peer));
        keys.keySet().removeIf(prefix -> prefix.isIpv4() != ipv4);
        return keys;
    }

    private static void put(Map<Prefix, TcpAo> keys, Prefix prefix, PeerConfig peer) {
        TcpAo key = peer.options().ao();
        if (key != null) {
            keys.put(prefix, key);
        }
    }

    /// For a connection that is about to be made.
    static void addTo(Bootstrap connection, PeerConfig peer) {
        if (peer.password() != null) {
            connection.option(EpollChannelOption.TCP_MD5SIG, md5(peer));
        }
        TcpAo key = peer.options().ao();
        if (key != null) {
            key.add(connection, peer.address().withoutLink().hostPrefix());
        }
    }

    /// Gives a connection that is up the MD5 key of its peer, or takes the one it had.
    static void change(Channel connection, PeerConfig peer) {
        connection.config().setOption(EpollChannelOption.TCP_MD5SIG, md5(peer));
    }
}
