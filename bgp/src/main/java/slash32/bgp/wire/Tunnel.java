package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// One tunnel of a Tunnel Encapsulation attribute (RFC 9012 §2).
///
/// @param type 8 is VXLAN
/// @param elements its sub-TLVs in order
public record Tunnel(int type, List<Element> elements) {
    public static final int VXLAN = 8;
    private static final int EGRESS_ENDPOINT = 6;

    /// A sub-TLV (RFC 9012 §2): its length field has one octet for types below 128, two above.
    public record Element(int type, Bytes value) {}

    public Tunnel {
        elements = List.copyOf(elements);
    }

    /// A VXLAN tunnel to {@code endpoint} (RFC 9012 §3.1).
    public static Tunnel vxlan(IpAddress endpoint) {
        var value = new ByteArrayOutputStream(22);
        MessageEncoder.i32(0, value);
        MessageEncoder.u16(endpoint.isIpv4() ? 1 : 2, value);
        value.writeBytes(endpoint.toArray());
        return new Tunnel(VXLAN, List.of(new Element(EGRESS_ENDPOINT, Bytes.copyOf(value.toByteArray()))));
    }

    /// The address of its egress endpoint; null if it has none, or one that stands for the next hop.
    public @Nullable IpAddress egressEndpoint() {
        for (Element element : elements) {
            if (element.type() == EGRESS_ENDPOINT) {
                return endpoint(element.value());
            }
        }
        return null;
    }

    /// RFC 9012 §3.1: reserved, address family, address.
    private static @Nullable IpAddress endpoint(Bytes value) {
        int family = value.length() < 6 ? 0 : value.unsignedAt(4) << 8 | value.unsignedAt(5);
        boolean fits = (family == 1 && value.length() == 10) || (family == 2 && value.length() == 22);
        return fits ? IpAddress.of(java.util.Arrays.copyOfRange(value.toArray(), 6, value.length())) : null;
    }

    /// The tunnels of an attribute; null if its lengths don't fit (RFC 9012 §13).
    static @Nullable List<Tunnel> decode(Reader value) {
        var tunnels = new ArrayList<Tunnel>();
        while (value.remaining() > 0) {
            if (value.remaining() < 4) {
                return null;
            }
            int type = value.u16();
            int length = value.u16();
            if (length > value.remaining()) {
                return null;
            }
            List<Element> elements = elements(value.slice(length));
            if (elements == null) {
                return null;
            }
            tunnels.add(new Tunnel(type, elements));
        }
        return tunnels;
    }

    private static @Nullable List<Element> elements(Reader value) {
        var elements = new ArrayList<Element>();
        while (value.remaining() > 0) {
            int type = value.u8();
            int lengthBytes = type < 128 ? 1 : 2;
            if (value.remaining() < lengthBytes) {
                return null;
            }
            int length = lengthBytes == 1 ? value.u8() : value.u16();
            if (length > value.remaining()) {
                return null;
            }
            elements.add(new Element(type, value.slice(length).rest()));
        }
        return elements;
    }

    static Bytes encode(List<Tunnel> tunnels) {
        var out = new ByteArrayOutputStream(32);
        for (Tunnel tunnel : tunnels) {
            var inner = new ByteArrayOutputStream(32);
            for (Element element : tunnel.elements()) {
                inner.write(element.type());
                if (element.type() < 128) {
                    inner.write(element.value().length());
                } else {
                    MessageEncoder.u16(element.value().length(), inner);
                }
                inner.writeBytes(element.value().toArray());
            }
            MessageEncoder.u16(tunnel.type(), out);
            MessageEncoder.u16(inner.size(), out);
            out.writeBytes(inner.toByteArray());
        }
        return Bytes.copyOf(out.toByteArray());
    }
}
