package slash32.bgp.speaker;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Bytes;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// Configurations of speakers of ours and of their scripted peers, and routes, as most tests want them.
final class Speakers {
    static final int PORT = 1790;
    static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    static final AddressFamily V6 = AddressFamily.IPV6_UNICAST;
    static final Prefix ONE = Prefix.parse("10.9.0.1/32");
    static final Prefix TWO = Prefix.parse("10.9.0.2/32");
    static final Prefix SIX = Prefix.parse("2001:db8:9::1/128");
    static final PathAttributes VIA_V4 = PathAttributes.builder()
            .nextHop(IpAddress.parse("10.0.0.50"))
            .localPref(100)
            .build();
    static final PathAttributes VIA_V6 =
            VIA_V4.toBuilder().nextHop(IpAddress.parse("2001:db8::50")).build();

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
