package slash32.agent;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.agent.status.BfdView;
import slash32.agent.status.PeerView;
import slash32.agent.status.RibView;
import slash32.bgp.bfd.udp.BfdStatus;
import slash32.bgp.session.SessionState;
import slash32.bgp.speaker.PeerStatus;
import slash32.bgp.speaker.SpeakerStatus;
import slash32.bgp.wire.AddressFamily;
import slash32.net.IpAddress;

/// What the speaker and BFD tell, as it is shown.
final class BgpViews {
    private BgpViews() {}

    /// The speaker's peers with their BFD.
    static List<PeerView> peers(SpeakerStatus bgp, Collection<BfdStatus> bfd) {
        Map<IpAddress, BfdView> links = bfd.stream().collect(Collectors.toMap(BfdStatus::address, BgpViews::link));
        return bgp.peers().stream()
                .map(peer -> peer(peer, links.get(peer.address())))
                .toList();
    }

    /// How much the speaker holds, one a family.
    static List<RibView> ribs(SpeakerStatus bgp) {
        return bgp.prefixes().keySet().stream()
                .sorted()
                .map(family -> new RibView(
                        family.toString(),
                        bgp.peers().stream()
                                .map(peer -> peer.families().get(family))
                                .filter(held -> held != null)
                                .mapToLong(PeerStatus.Family::received)
                                .sum(),
                        bgp.prefixes().getOrDefault(family, 0),
                        bgp.originated().getOrDefault(family, 0)))
                .toList();
    }

    private static BfdView link(BfdStatus link) {
        return new BfdView(
                link.state().text(),
                link.since(),
                link.reason(),
                link.remoteState().text(),
                link.interval(),
                link.detectionTime(),
                link.counters().received(),
                link.counters().sent(),
                link.counters().lost());
    }

    private static PeerView peer(PeerStatus peer, @Nullable BfdView bfd) {
        boolean up = peer.state() == SessionState.ESTABLISHED;
        PeerStatus.Counters counters = peer.counters();
        return new PeerView(
                peer.address(),
                peer.asn(),
                peer.state().text(),
                peer.since(),
                up ? null : peer.reason(),
                bfd,
                counters.flaps() + (up ? 1 : 0),
                new PeerView.Traffic(
                        counters.messagesReceived(),
                        counters.messagesSent(),
                        counters.updatesReceived(),
                        counters.updatesSent()),
                peer.families().entrySet().stream()
                        .sorted(Map.Entry.<AddressFamily, PeerStatus.Family>comparingByKey())
                        .map(entry -> new PeerView.Family(
                                entry.getKey().toString(),
                                entry.getValue().received(),
                                entry.getValue().advertised(),
                                entry.getValue().ended()))
                        .toList());
    }
}
