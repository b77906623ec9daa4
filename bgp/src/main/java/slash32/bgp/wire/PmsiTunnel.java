package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// The PMSI Tunnel attribute (RFC 6514 §5): how an EVPN type 3 route wants its flooded frames.
///
/// @param flags bit 0x01: leaf information required
/// @param tunnelType 6 is ingress replication
/// @param label three octets as they stand; with VXLAN they are the VNI (RFC 8365 §5.1.3)
/// @param identifier the tunnel's, in the form of its type
public record PmsiTunnel(int flags, int tunnelType, int label, Bytes identifier) {
    public static final int INGRESS_REPLICATION = 6;

    /// A copy of each frame to {@code endpoint}, with the raw VNI.
    public static PmsiTunnel ingressReplication(int vni, IpAddress endpoint) {
        return new PmsiTunnel(0, INGRESS_REPLICATION, vni, Bytes.copyOf(endpoint.toArray()));
    }

    /// Null if the value is malformed.
    static @Nullable PmsiTunnel decode(Reader value) {
        if (value.remaining() < 5) {
            return null;
        }
        int flags = value.u8();
        int type = value.u8();
        int label = value.u8() << 16 | value.u16();
        boolean endpoint = value.remaining() == 4 || value.remaining() == 16;
        return type == INGRESS_REPLICATION && !endpoint ? null : new PmsiTunnel(flags, type, label, value.rest());
    }

    Bytes encode() {
        var out = new ByteArrayOutputStream(9);
        out.write(flags);
        out.write(tunnelType);
        out.write(label >>> 16);
        MessageEncoder.u16(label, out);
        out.writeBytes(identifier.toArray());
        return Bytes.copyOf(out.toByteArray());
    }

    /// Where ingress replication sends the copies; null for another tunnel type.
    public @Nullable IpAddress endpoint() {
        return tunnelType == INGRESS_REPLICATION ? IpAddress.of(identifier.toArray()) : null;
    }
}
