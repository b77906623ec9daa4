package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import slash32.net.Asn;
import slash32.net.Bytes;

/// Encodes messages. Each result is a whole message with its header, a fresh array.
public final class MessageEncoder {
    private MessageEncoder() {}

    public static byte[] encode(Message message) {
        var body = new ByteArrayOutputStream(64);
        int type = switch (message) {
            case Message.Open open -> {
                open(open, body);
                yield Message.OPEN;
            }
            case Message.Keepalive() -> Message.KEEPALIVE;
            case Message.Notification(int code, int subcode, Bytes value) -> {
                body.write(code);
                body.write(subcode);
                body.writeBytes(value.toArray());
                yield Message.NOTIFICATION;
            }
            case Message.RouteRefresh(AddressFamily family, int subtype) -> {
                u16(family.afi(), body);
                body.write(subtype);
                body.write(family.safi());
                yield Message.ROUTE_REFRESH;
            }
        };
        return framed(type, body.toByteArray());
    }

    /// End-of-RIB for {@code family} (RFC 4724 §2).
    public static byte[] endOfRib(AddressFamily family) {
        var body = new ByteArrayOutputStream(12);
        u16(0, body);
        if (family.equals(AddressFamily.IPV4_UNICAST)) {
            u16(0, body);
        } else {
            u16(6, body);
            body.write(AttributeCode.OPTIONAL);
            body.write(AttributeCode.MP_UNREACH_NLRI);
            body.write(3);
            u16(family.afi(), body);
            body.write(family.safi());
        }
        return framed(Message.UPDATE, body.toByteArray());
    }

    static byte[] framed(int type, byte[] body) {
        byte[] message = new byte[Framer.HEADER_BYTES + body.length];
        Arrays.fill(message, 0, 16, (byte) 0xff);
        message[16] = (byte) (message.length >>> 8);
        message[17] = (byte) message.length;
        message[18] = (byte) type;
        System.arraycopy(body, 0, message, Framer.HEADER_BYTES, body.length);
        return message;
    }

    private static void open(Message.Open open, ByteArrayOutputStream body) {
        body.write(Message.VERSION);
        u16((int) (open.asn().fitsTwoOctets() ? open.asn() : Asn.TRANS).value(), body);
        u16(open.holdSeconds(), body);
        i32(open.identifier().value(), body);
        var capabilities = new ByteArrayOutputStream(64);
        open.capabilities().forEach(capability -> CapabilityCodec.encode(capability, capabilities));
        if (capabilities.size() == 0) {
            body.write(0);
            return;
        }
        if (capabilities.size() > 253) { // RFC 9072 §2
            body.write(255);
            body.write(255);
            u16(capabilities.size() + 3, body);
            body.write(2);
            u16(capabilities.size(), body);
            body.writeBytes(capabilities.toByteArray());
            return;
        }
        body.write(capabilities.size() + 2);
        body.write(2);
        body.write(capabilities.size());
        body.writeBytes(capabilities.toByteArray());
    }

    static void u16(int value, ByteArrayOutputStream out) {
        out.write(value >>> 8);
        out.write(value);
    }

    static void i64(long value, ByteArrayOutputStream out) {
        i32((int) (value >>> 32), out);
        i32((int) value, out);
    }

    static void i32(int value, ByteArrayOutputStream out) {
        u16(value >>> 16, out);
        u16(value, out);
    }
}
