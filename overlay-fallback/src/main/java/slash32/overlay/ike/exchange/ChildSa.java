package slash32.overlay.ike.exchange;

import java.util.List;
import slash32.overlay.ike.crypto.Secret;
import slash32.overlay.ike.wire.Identity;
import slash32.overlay.ike.wire.TrafficSelector;

/// A pair of ESP SAs as the data path needs it: AES-GCM with tags of 16 octets.
///
/// @param inboundSpi ours, on packets that we receive
/// @param inboundKey with 4 octets of salt
/// @param esn extended sequence numbers (RFC 4303 §2.2.1)
/// @param encapsulated in UDP on the ports of {@code path} (RFC 3948)
public record ChildSa(
        Identity peer,
        int inboundSpi,
        int outboundSpi,
        Secret inboundKey,
        Secret outboundKey,
        boolean esn,
        boolean transport,
        boolean encapsulated,
        List<TrafficSelector> local,
        List<TrafficSelector> remote,
        Path path) {
    public ChildSa {
        local = List.copyOf(local);
        remote = List.copyOf(remote);
    }

    @Override
    public String toString() {
        return "%s in=%08x out=%08x%s%s%s %s to %s"
                .formatted(
                        peer,
                        inboundSpi,
                        outboundSpi,
                        esn ? " esn" : "",
                        transport ? " transport" : " tunnel",
                        encapsulated ? " in UDP" : "",
                        local,
                        remote);
    }
}
