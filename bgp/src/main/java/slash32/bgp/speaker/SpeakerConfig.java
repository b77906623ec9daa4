package slash32.bgp.speaker;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// What the speaker is.
///
/// @param listen addresses to listen on; empty for none
/// @param port to listen on, 1 to 65535
/// @param peers no address twice
/// @param restarted the kernel holds routes of an earlier run, so peers are asked to wait for us (RFC 4724 §4.1)
/// @param inSyncTimeout how long peers that are not up, or up and silent without End-of-RIB, hold back
///     {@link LocRibListener#inSync}; and how long {@link Speaker#initialRoutesOriginated} is waited for
/// @param clusterId we reflect routes between internal peers, in this cluster (RFC 4456); null to announce only our own
/// @param ranges of peers that connect; the first that has an address counts, and {@code peers} before all
/// @param maximumPaths to one prefix that the listener is told of, all as good as the best one, 1 to 64
/// @param absentPeers that are configured and not to be found yet; they count as not up
public record SpeakerConfig(
        Asn asn,
        BgpIdentifier identifier,
        List<IpAddress> listen,
        int port,
        List<PeerConfig> peers,
        boolean restarted,
        Duration inSyncTimeout,
        List<PeerRange> ranges,
        @Nullable BgpIdentifier clusterId,
        int maximumPaths,
        int absentPeers) {
    public static final int MAXIMUM_PATHS_LIMIT = 64;

    public SpeakerConfig {
        listen = List.copyOf(listen);
        peers = List.copyOf(peers);
        ranges = List.copyOf(ranges);
        if (maximumPaths < 1 || maximumPaths > MAXIMUM_PATHS_LIMIT) {
            throw new IllegalArgumentException("maximumPaths must be 1 to 64, was " + maximumPaths);
        }
        if (peers.stream().map(PeerConfig::address).distinct().count() != peers.size()) {
            throw new IllegalArgumentException("a peer is configured twice: " + peers);
        }
    }

    /// Peers, and what those of ranges are like.
    Stream<PeerConfig> everyPeer() {
        return Stream.concat(peers.stream(), ranges.stream().map(PeerRange::template));
    }

    /// A speaker that knows where its peers are.
    public SpeakerConfig(
            Asn asn,
            BgpIdentifier identifier,
            List<IpAddress> listen,
            int port,
            List<PeerConfig> peers,
            boolean restarted,
            Duration inSyncTimeout,
            List<PeerRange> ranges,
            @Nullable BgpIdentifier clusterId,
            int maximumPaths) {
        this(asn, identifier, listen, port, peers, restarted, inSyncTimeout, ranges, clusterId, maximumPaths, 0);
    }

    /// A speaker that uses one path to a prefix.
    public SpeakerConfig(
            Asn asn,
            BgpIdentifier identifier,
            List<IpAddress> listen,
            int port,
            List<PeerConfig> peers,
            boolean restarted,
            Duration inSyncTimeout,
            List<PeerRange> ranges,
            @Nullable BgpIdentifier clusterId) {
        this(asn, identifier, listen, port, peers, restarted, inSyncTimeout, ranges, clusterId, 1, 0);
    }

    /// A speaker whose peers are all named.
    public SpeakerConfig(
            Asn asn,
            BgpIdentifier identifier,
            List<IpAddress> listen,
            int port,
            List<PeerConfig> peers,
            boolean restarted,
            Duration inSyncTimeout) {
        this(asn, identifier, listen, port, peers, restarted, inSyncTimeout, List.of(), null, 1, 0);
    }
}
