package slash32.agent;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.AgentConfig;
import slash32.agent.config.BfdConfig;
import slash32.agent.config.PasswordFile;
import slash32.agent.config.PeerConfig;
import slash32.agent.config.PeerKey;
import slash32.agent.config.PeerRangeConfig;
import slash32.agent.config.ReflectorConfig;
import slash32.agent.config.SocketEndpoint;
import slash32.bgp.bfd.udp.BfdPeer;
import slash32.bgp.speaker.PeerRange;
import slash32.bgp.speaker.SpeakerConfig;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.IpAddress;

/// The speaker's part of the configuration file.
final class BgpSettings {
    private static final int BGP_PORT = 179;
    private static final Duration IN_SYNC_TIMEOUT = Duration.ofSeconds(30);

    private BgpSettings() {}

    /// The speaker's settings, with the keys read from their files.
    ///
    /// @param links where the peers that have no address of their own are
    /// @throws IOException naming the key file that can't be read, or the peer whose key the kernel does not take
    static SpeakerConfig of(AgentConfig config, LinkPeers links) throws IOException {
        var peers = new ArrayList<slash32.bgp.speaker.PeerConfig>();
        for (PeerConfig peer : links.resolved(config.peers())) {
            peers.add(of(peer, local(config, peer), config.gracefulRestart()));
        }
        var ranges = new ArrayList<PeerRange>();
        for (PeerRangeConfig range : config.peerRanges()) {
            var template = of(range.peer(), local(config, range.peer()), config.gracefulRestart());
            ranges.add(new PeerRange(range.prefix(), template, range.max()));
        }
        var listen = new ArrayList<IpAddress>(links.own());
        config.listen().forEach(each -> listen.add(each.address()));
        int port = port(config.listen());
        var identifier = new BgpIdentifier(config.routerId().value());
        return new SpeakerConfig(
                config.asn(),
                identifier,
                listen,
                port,
                peers,
                true,
                IN_SYNC_TIMEOUT,
                ranges,
                null,
                config.maximumPaths(),
                config.peers().size() - peers.size());
    }

    /// The same of a route reflector.
    ///
    /// @throws IOException naming the key file that can't be read, or the peer whose key the kernel does not take
    static SpeakerConfig of(ReflectorConfig config) throws IOException {
        var peers = new ArrayList<slash32.bgp.speaker.PeerConfig>();
        for (PeerConfig peer : config.peers()) {
            peers.add(of(peer, config.local(peer.address()), config.gracefulRestart()));
        }
        var ranges = new ArrayList<PeerRange>();
        for (PeerRangeConfig range : config.peerRanges()) {
            ranges.add(new PeerRange(range.prefix(), of(range.peer(), null, config.gracefulRestart()), range.max()));
        }
        return new SpeakerConfig(
                config.asn(),
                new BgpIdentifier(config.routerId().value()),
                config.listen().stream().map(SocketEndpoint::address).toList(),
                port(config.listen()),
                peers,
                true,
                config.settleTime(),
                ranges,
                new BgpIdentifier(config.clusterId().value()));
    }

    private static int port(List<SocketEndpoint> listen) {
        return listen.isEmpty() ? BGP_PORT : listen.getFirst().port();
    }

    private static slash32.bgp.speaker.PeerConfig of(
            PeerConfig peer, @Nullable IpAddress local, Duration gracefulRestart) throws IOException {
        return new slash32.bgp.speaker.PeerConfig(
                peer.address(),
                peer.port(),
                local,
                peer.asn(),
                peer.families(),
                peer.key() instanceof PeerKey.Md5(Path file) ? PasswordFile.read(file) : null,
                (int) peer.holdTime().toSeconds(),
                (int) gracefulRestart.toSeconds(),
                peer.passive(),
                peer.key() instanceof PeerKey.Ao ao ? peer.options().with(ao.read(peer.address())) : peer.options());
    }

    private static @Nullable IpAddress local(AgentConfig config, PeerConfig peer) {
        if (peer.link() != null) {
            return null; // the link has one
        }
        return peer.address().isIpv4()
                ? config.underlay().address()
                : config.underlay().address6();
    }

    /// The peers that are watched with BFD.
    static List<BfdPeer> bfd(AgentConfig config) {
        return bfd(config.peers(), peer -> local(config, peer));
    }

    /// The same of a route reflector.
    static List<BfdPeer> bfd(ReflectorConfig config) {
        return bfd(config.peers(), peer -> config.local(peer.address()));
    }

    private static List<BfdPeer> bfd(List<PeerConfig> peers, Function<PeerConfig, @Nullable IpAddress> locals) {
        var watched = new ArrayList<BfdPeer>();
        for (PeerConfig peer : peers) {
            BfdConfig bfd = peer.bfd();
            if (bfd != null) {
                watched.add(BfdPeers.watched(peer.address(), locals.apply(peer), bfd));
            }
        }
        return watched;
    }

    /// The ranges of peers, with their BFD.
    static List<BfdPeers.Range> bfdRanges(AgentConfig config) {
        return bfdRanges(config.peerRanges(), peer -> local(config, peer));
    }

    /// The same of a route reflector.
    static List<BfdPeers.Range> bfdRanges(ReflectorConfig config) {
        return bfdRanges(config.peerRanges(), peer -> config.local(peer.address()));
    }

    private static List<BfdPeers.Range> bfdRanges(
            List<PeerRangeConfig> ranges, Function<PeerConfig, @Nullable IpAddress> locals) {
        return ranges.stream()
                .map(range -> new BfdPeers.Range(range.prefix(), range.peer().bfd(), locals.apply(range.peer())))
                .toList();
    }

    static Set<IpAddress> peerAddresses(AgentConfig config, LinkPeers links) {
        return links.resolved(config.peers()).stream().map(PeerConfig::address).collect(Collectors.toUnmodifiableSet());
    }
}
