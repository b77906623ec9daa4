package slash32.bgp.exabgp;

import org.jspecify.annotations.Nullable;
import slash32.bgp.exabgp.ExabgpDecoder.Decoded;
import slash32.net.Asn;
import slash32.net.IpAddress;

/// The lines by which ExaBGP tells a helper process what happened to a neighbour.
///
/// @param run who tells it, and when
/// @param local our address of the session; null if we have none of its family
/// @param routerId ours
public record EventLine(
        Envelope run,
        ApiVersion api,
        @Nullable IpAddress local,
        IpAddress peer,
        Asn localAs,
        Asn peerAs,
        String routerId) {
    /// A session is "connected" or "up".
    public String state(String state) {
        return line("state", "\"state\": \"" + state + "\"");
    }

    /// A session went down.
    public String down(String reason) {
        String safe = Quoted.content(
                reason.replace('[', '(').replace(']', ')').replace('{', '(').replace('}', ')'));
        return line("state", "\"state\": \"down\", \"reason\": \"" + safe + "\"");
    }

    /// A message came.
    public String received(Decoded.Printed message) {
        String content = message.content();
        return line(message.type(), "\"direction\": \"receive\"" + (content.isEmpty() ? " " : ", " + content));
    }

    private String line(String type, String content) {
        String router = api == ApiVersion.V4 ? "" : ", \"router-id\": \"" + routerId + "\"";
        return run.head(api) + "\"type\": \"" + type + "\", \"neighbor\": { \"address\": { \"local\": \"" + local
                + "\", \"peer\": \"" + peer + "\" }, \"asn\": { \"local\": " + localAs + ", \"peer\": " + peerAs + " }"
                + router + " , " + content + " } }";
    }
}
