package slash32.bgp.exabgp;

import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;

/// Messages in, ExaBGP's text of them out.
public final class ExabgpDecoder {
    private ExabgpDecoder() {}

    /// What ExaBGP would do with a message.
    public sealed interface Decoded {
        /// It would print it.
        ///
        /// @param type the value of "type"
        /// @param content what follows the direction within "neighbor"; empty for nothing
        record Printed(String type, String content) implements Decoded {}

        /// It would refuse it.
        record Refused(Refusal refusal) implements Decoded {}
    }

    /// Decodes {@code bytes}, a message with its header, or the body of an UPDATE.
    public static Decoded decode(byte[] bytes, DecodeContext context) {
        boolean framed = bytes.length >= Framer.HEADER_BYTES;
        for (int i = 0; framed && i < 16; i++) {
            framed = bytes[i] == (byte) 0xff;
        }
        int type = framed ? bytes[18] & 0xff : Message.UPDATE;
        int length = framed ? (bytes[16] & 0xff) << 8 | (bytes[17] & 0xff) : bytes.length;
        boolean cut = framed && (length < Framer.HEADER_BYTES || length > bytes.length);
        var body = new Octets(bytes, framed ? Framer.HEADER_BYTES : 0, cut ? bytes.length : length);
        Decoded decoded = switch (type) {
            case Message.UPDATE -> new Decoded.Printed("update", "\"message\": " + UpdateText.decode(body, context));
            case Message.OPEN -> new Decoded.Printed("open", OpenText.decode(body, context.api()));
            case Message.NOTIFICATION -> new Decoded.Printed("notification", NotificationText.decode(body));
            case Message.KEEPALIVE -> new Decoded.Printed("keepalive", "");
            case Message.ROUTE_REFRESH -> new Decoded.Printed("refresh", refresh(body, context));
            default -> new Decoded.Refused(new Refusal(1, 3));
        };
        Refusal refusal = body.refusal();
        return refusal == null ? decoded : new Decoded.Refused(refusal);
    }

    private static String refresh(Octets body, DecodeContext context) {
        int afi = body.u16();
        int subtype = body.u8();
        var family = new AddressFamily(afi, body.u8());
        String name = switch (subtype) {
            case 0 -> "query";
            case 1 -> "begin";
            case 2 -> "end";
            default -> "invalid";
        };
        return "\"route-refresh\": { \"afi\": \"" + Names.afi(family) + "\", \"safi\": \""
                + Names.safi(family, context.api()) + "\", \"subtype\": \"" + name + "\" }";
    }
}
