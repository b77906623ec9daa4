package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;
import slash32.net.Bytes;

/// Decodes every message but UPDATE.
public final class MessageDecoder {
    private static final int PARAMETER_CAPABILITIES = 2;
    private static final int EXTENDED_PARAMETERS = 255;

    private MessageDecoder() {}

    /// A message, or the NOTIFICATION that its faults ask for.
    public sealed interface Decoded {
        record Accepted(Message message) implements Decoded {}

        record Refused(Message.Notification notification) implements Decoded {}
    }

    /// Decodes the body of a whole message of {@code type}, which is {@code bytes[from, to)}.
    ///
    /// @param type as {@link Framer} found it; not UPDATE
    public static Decoded decode(int type, byte[] bytes, int from, int to) {
        var body = new Reader(bytes, from, to);
        return switch (type) {
            case Message.OPEN -> open(body);
            case Message.NOTIFICATION ->
                new Decoded.Accepted(new Message.Notification(body.u8(), body.u8(), body.rest()));
            case Message.KEEPALIVE -> new Decoded.Accepted(new Message.Keepalive());
            case Message.ROUTE_REFRESH -> routeRefresh(body);
            default -> throw new IllegalArgumentException("message type " + type + " is not decoded here");
        };
    }

    /// A wrong length is an error of its own: in RFC 7313 §5 of subtypes 1 and 2, here of all.
    private static Decoded routeRefresh(Reader body) {
        if (body.remaining() != 4) {
            return refused(NotificationCode.BAD_ROUTE_REFRESH_LENGTH);
        }
        int afi = body.u16();
        int subtype = body.u8();
        return new Decoded.Accepted(new Message.RouteRefresh(new AddressFamily(afi, body.u8()), subtype));
    }

    /// RFC 4271 §6.2.
    private static Decoded open(Reader body) {
        int version = body.u8();
        int twoOctetAs = body.u16();
        int holdSeconds = body.u16();
        int identifier = body.i32();
        if (version != Message.VERSION) {
            return refused(NotificationCode.UNSUPPORTED_VERSION, Bytes.copyOf(new byte[] {0, Message.VERSION}));
        }
        if (holdSeconds == 1 || holdSeconds == 2) {
            return refused(NotificationCode.UNACCEPTABLE_HOLD_TIME);
        }
        if (identifier == 0) {
            return refused(NotificationCode.BAD_BGP_IDENTIFIER);
        }
        var capabilities = new ArrayList<Capability>();
        NotificationCode fault = readParameters(body, capabilities);
        if (fault != null) {
            return refused(fault);
        }
        long number = twoOctetAs; // zero, here or in the capability, is refused (RFC 7607 §2)
        for (Capability capability : capabilities) {
            switch (capability) {
                case Capability.FourOctetAs(Asn asn) -> number = asn.value();
                case Capability.Unknown(int code, Bytes _) when code == Capability.CODE_FOUR_OCTET_AS -> number = 0;
                default -> {}
            }
        }
        if (number == 0) {
            return refused(NotificationCode.BAD_PEER_AS);
        }
        return new Decoded.Accepted(
                new Message.Open(new Asn(number), holdSeconds, new BgpIdentifier(identifier), capabilities));
    }

    private static Decoded refused(NotificationCode code) {
        return refused(code, Bytes.EMPTY);
    }

    private static Decoded refused(NotificationCode code, Bytes value) {
        return new Decoded.Refused(Message.Notification.of(code, value));
    }

    /// RFC 9072 §2: a type of 255 behind a length that is not zero announces a 16-bit length, and then every parameter
    /// has one too.
    private static @Nullable NotificationCode readParameters(Reader parameters, List<Capability> capabilities) {
        int length = parameters.u8();
        boolean wide = length != 0
                && parameters.remaining() >= 3
                && (parameters.array()[parameters.position()] & 0xff) == EXTENDED_PARAMETERS;
        if (wide) {
            parameters.u8();
            length = parameters.u16();
        }
        if (length != parameters.remaining()) {
            return NotificationCode.UNSPECIFIC_OPEN_ERROR;
        }
        while (parameters.remaining() > 0) {
            if (parameters.remaining() < (wide ? 3 : 2)) {
                return NotificationCode.UNSPECIFIC_OPEN_ERROR;
            }
            int type = parameters.u8();
            int size = wide ? parameters.u16() : parameters.u8();
            if (size > parameters.remaining()) {
                return NotificationCode.UNSPECIFIC_OPEN_ERROR;
            }
            if (type != PARAMETER_CAPABILITIES) {
                return NotificationCode.UNSUPPORTED_OPTIONAL_PARAMETER;
            }
            if (!readCapabilities(parameters.slice(size), capabilities)) {
                return NotificationCode.UNSPECIFIC_OPEN_ERROR;
            }
        }
        return null;
    }

    private static boolean readCapabilities(Reader parameter, List<Capability> capabilities) {
        while (parameter.remaining() > 0) {
            if (parameter.remaining() < 2) {
                return false;
            }
            int code = parameter.u8();
            int length = parameter.u8();
            if (length > parameter.remaining()) {
                return false;
            }
            Capability capability = CapabilityCodec.decode(code, parameter.slice(length));
            if (capability == null) {
                return false;
            }
            capabilities.add(capability);
        }
        return true;
    }
}
