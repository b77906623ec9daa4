package slash32.overlay.ike.wire;

import static slash32.overlay.ike.wire.MessageDecoder.bytes;
import static slash32.overlay.ike.wire.MessageDecoder.rest;
import static slash32.overlay.ike.wire.MessageDecoder.u16;
import static slash32.overlay.ike.wire.MessageDecoder.u8;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// The bodies of payloads, each from a slice of its own; null is malformed.
final class PayloadDecoder {
    private static final int KEY_LENGTH = 14;
    private static final int MORE_PROPOSALS = 2;
    private static final int MORE_TRANSFORMS = 3;

    private PayloadDecoder() {}

    static @Nullable Payload decode(int type, boolean critical, ByteBuffer in) {
        return switch (type) {
            case Payload.SA -> securityAssociation(in);
            case Payload.KE -> keyExchange(in);
            case Payload.ID_I, Payload.ID_R -> identification(type == Payload.ID_I, in);
            case Payload.CERT -> in.remaining() < 1 ? null : new Payload.Certificate(u8(in), rest(in));
            case Payload.CERTREQ -> in.remaining() < 1 ? null : new Payload.CertificateRequest(u8(in), rest(in));
            case Payload.AUTH -> authentication(in);
            case Payload.NONCE -> nonce(in);
            case Payload.NOTIFY -> notify(in);
            case Payload.DELETE -> delete(in);
            case Payload.VENDOR -> new Payload.VendorId(rest(in));
            case Payload.TS_I, Payload.TS_R -> trafficSelectors(type == Payload.TS_I, in);
            default -> new Payload.Unknown(type, critical, rest(in));
        };
    }

    private static @Nullable Payload keyExchange(ByteBuffer in) {
        if (in.remaining() < 4) {
            return null;
        }
        int method = u16(in);
        u16(in);
        return new Payload.KeyExchange(method, rest(in));
    }

    private static @Nullable Payload identification(boolean ofInitiator, ByteBuffer in) {
        if (in.remaining() < 4) {
            return null;
        }
        int type = u8(in);
        skip(in, 3);
        return new Payload.Identification(ofInitiator, new Identity(type, rest(in)));
    }

    private static @Nullable Payload authentication(ByteBuffer in) {
        if (in.remaining() < 4) {
            return null;
        }
        int method = u8(in);
        skip(in, 3);
        return new Payload.Authentication(method, rest(in));
    }

    /// RFC 7296 §3.9: 16 to 256 octets.
    private static @Nullable Payload nonce(ByteBuffer in) {
        int length = in.remaining();
        return length < Payload.Nonce.MIN_BYTES || length > Payload.Nonce.MAX_BYTES
                ? null
                : new Payload.Nonce(rest(in));
    }

    private static @Nullable Payload notify(ByteBuffer in) {
        if (in.remaining() < 4) {
            return null;
        }
        int protocol = u8(in);
        int spiBytes = u8(in);
        int type = u16(in);
        if (spiBytes > in.remaining()) {
            return null;
        }
        return new Payload.Notify(protocol, bytes(in, spiBytes), type, rest(in));
    }

    private static @Nullable Payload delete(ByteBuffer in) {
        if (in.remaining() < 4) {
            return null;
        }
        int protocol = u8(in);
        int spiBytes = u8(in);
        int count = u16(in);
        if (count * spiBytes != in.remaining() || (spiBytes == 0 && count != 0)) {
            return null;
        }
        var spis = new ArrayList<Bytes>();
        for (int i = 0; i < count; i++) {
            spis.add(bytes(in, spiBytes));
        }
        return new Payload.Delete(protocol, spis);
    }

    private static @Nullable Payload trafficSelectors(boolean ofInitiator, ByteBuffer in) {
        if (in.remaining() < 4) {
            return null;
        }
        int count = u8(in);
        skip(in, 3);
        var selectors = new ArrayList<TrafficSelector>();
        for (int i = 0; i < count; i++) {
            if (in.remaining() < 8) {
                return null;
            }
            int type = u8(in);
            int protocol = u8(in);
            int length = u16(in) - 4;
            if (length < 4 || length > in.remaining()) {
                return null;
            }
            int addressBytes = type == TrafficSelector.IPV4_RANGE ? 4 : type == TrafficSelector.IPV6_RANGE ? 16 : 0;
            if (addressBytes == 0) {
                skip(in, length);
                continue;
            }
            if (length != 4 + 2 * addressBytes) {
                return null;
            }
            selectors.add(new TrafficSelector(
                    protocol, u16(in), u16(in), address(in, addressBytes), address(in, addressBytes)));
        }
        return in.hasRemaining() ? null : new Payload.TrafficSelectors(ofInitiator, selectors);
    }

    private static IpAddress address(ByteBuffer in, int length) {
        return IpAddress.of(bytes(in, length).toArray());
    }

    private static @Nullable Payload securityAssociation(ByteBuffer in) {
        var proposals = new ArrayList<Proposal>();
        boolean more = true;
        while (more) {
            if (in.remaining() < 8) {
                return null;
            }
            more = u8(in) == MORE_PROPOSALS;
            skip(in, 1);
            int length = u16(in) - 4;
            if (length < 4 || length > in.remaining()) {
                return null;
            }
            Proposal proposal = proposal(in.slice(in.position(), length));
            skip(in, length);
            if (proposal == null) {
                return null;
            }
            proposals.add(proposal);
        }
        return in.hasRemaining() ? null : new Payload.SecurityAssociation(proposals);
    }

    private static @Nullable Proposal proposal(ByteBuffer in) {
        int number = u8(in);
        int protocol = u8(in);
        int spiBytes = u8(in);
        int count = u8(in);
        if (spiBytes > in.remaining()) {
            return null;
        }
        Bytes spi = bytes(in, spiBytes);
        var transforms = new ArrayList<Transform>();
        for (int i = 0; i < count; i++) {
            Transform transform = transform(in, i == count - 1);
            if (transform == null) {
                return null;
            }
            transforms.add(transform);
        }
        return in.hasRemaining() ? null : new Proposal(number, protocol, spi, transforms);
    }

    private static @Nullable Transform transform(ByteBuffer in, boolean last) {
        if (in.remaining() < 8) {
            return null;
        }
        boolean more = u8(in) == MORE_TRANSFORMS;
        skip(in, 1);
        int length = u16(in) - 4;
        if (more == last || length < 4 || length > in.remaining()) {
            return null;
        }
        ByteBuffer body = in.slice(in.position(), length);
        skip(in, length);
        int type = u8(body);
        skip(body, 1);
        int id = u16(body);
        int keyBits = 0;
        var others = new Octets();
        while (body.hasRemaining()) {
            if (body.remaining() < 4) {
                return null;
            }
            int attribute = u16(body);
            int valueOrLength = u16(body);
            boolean fixed = (attribute & 0x8000) != 0;
            if (fixed && (attribute & 0x7fff) == KEY_LENGTH && keyBits == 0 && others.length() == 0) {
                keyBits = valueOrLength;
                continue;
            }
            if (!fixed && valueOrLength > body.remaining()) {
                return null;
            }
            others.u16(attribute).u16(valueOrLength);
            if (!fixed) {
                others.put(bytes(body, valueOrLength));
            }
        }
        return new Transform(type, id, keyBits, others.toBytes());
    }

    private static void skip(ByteBuffer in, int length) {
        in.position(in.position() + length);
    }
}
