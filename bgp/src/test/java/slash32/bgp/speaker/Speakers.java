package slash32.bgp.speaker;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// Configurations of speakers of ours and of their scripted peers, as most tests want them.
final class Speakers {
    static final int PORT = 1790;

    private Speakers() {}

    static SpeakerConfig config(String address, List<PeerConfig> peers) {
        return new SpeakerConfig(
                ScriptedPeer.AS,
                new BgpIdentifier(Ipv4Address.parse(address).value()),
                List.of(IpAddress.parse(address)),
                PORT,
                peers,
                false,
                Duration.ofSeconds(2));
    }

    /// A peer that dials us.
    static PeerConfig passive(String address) {
        return new PeerConfig(
                IpAddress.parse(address), PORT, null, ScriptedPeer.AS, ScriptedPeer.FAMILIES, null, 180, 60, true);
    }

    /// A peer that we dial from {@code own}.
    static PeerConfig active(String address, String own, @Nullable Bytes key) {
        return new PeerConfig(
                IpAddress.parse(address),
                PORT,
                IpAddress.parse(own),
                ScriptedPeer.AS,
                ScriptedPeer.FAMILIES,
                key,
                180,
                60,
                false);
    }

    /// The capability of a peer that keeps forwarding these families.
    static Capability restart(int seconds, AddressFamily... families) {
        var forwarding = new HashMap<AddressFamily, Boolean>();
        for (AddressFamily family : families) {
            forwarding.put(family, true);
        }
        return new Capability.GracefulRestart(false, false, seconds, forwarding);
    }
}
