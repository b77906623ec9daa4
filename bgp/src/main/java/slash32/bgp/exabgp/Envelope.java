package slash32.bgp.exabgp;

/// What stands around a message in a line of ExaBGP: who printed it, and when.
///
/// @param time seconds since 1970 with a fraction, as text
/// @param counter of messages of the neighbour, from 1
public record Envelope(String time, String host, long pid, long parentPid, long counter) {
    /// The line of a decoded message.
    public String line(ExabgpDecoder.Decoded.Printed message, DecodeContext context) {
        String routerId = context.api() == ApiVersion.V4 ? "" : ", \"router-id\": \"10.0.0.2\"";
        return head(context.api()) + "\"type\": \"" + message.type()
                + "\", \"neighbor\": { \"address\": { \"local\": \"127.0.0.1\", \"peer\": \"127.0.0.1\" }"
                + ", \"asn\": { \"local\": " + context.localAs() + ", \"peer\": " + context.peerAs() + " } " + routerId
                + ", \"direction\": \"in\"" + (message.content().isEmpty() ? " " : ", " + message.content()) + " } }";
    }

    /// What every line begins with.
    String head(ApiVersion api) {
        return "{ \"exabgp\": \"" + api + "\", \"time\": " + time + ", \"host\" : \"" + host + "\", \"pid\" : " + pid
                + ", \"ppid\" : " + parentPid + ", \"counter\": " + counter + ", ";
    }
}
