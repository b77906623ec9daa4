package slash32.overlay.esp.offload;

import slash32.net.Ipv4Address;
import slash32.net.MacAddress;

/// Ethernet around the packets of a TAP with a virtio_net_hdr. It is there for one thing: the destination of a frame
/// says which peer the host's routes chose.
public final class Frames {
    public static final int HEADER_BYTES = 14;

    private static final int BEFORE_PACKET = VnetHeader.BYTES + HEADER_BYTES;
    private static final int ADDRESS_BYTES = 6;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86dd;

    /// Before the four octets of a node's address: locally administered, of one host.
    private static final int PREFIX = 0x0253;

    private Frames() {}

    /// The MAC that stands for a node on the device.
    public static MacAddress mac(Ipv4Address node) {
        return new MacAddress((long) PREFIX << 32 | (node.value() & 0xffff_ffffL));
    }

    /// Whether the virtio_net_hdr at {@code at} is before a frame with a packet to a node: nothing else that a host
    /// sends into a device is.
    public static boolean isToNode(byte[] octets, int at, int length) {
        if (length <= BEFORE_PACKET || Octets.shortAt(octets, at + VnetHeader.BYTES) != PREFIX) {
            return false;
        }
        int type = Octets.shortAt(octets, at + VnetHeader.BYTES + 2 * ADDRESS_BYTES);
        return type == IPV4 || type == IPV6;
    }

    /// The address of the node that the frame is to.
    public static int node(byte[] octets, int at) {
        return Octets.intAt(octets, at + VnetHeader.BYTES + 2);
    }

    /// Takes the Ethernet header out: the virtio_net_hdr then is {@link #HEADER_BYTES} further, right before the
    /// packet.
    public static void unwrap(byte[] octets, int at) {
        int start = VnetHeader.checksumStart(octets, at);
        System.arraycopy(octets, at, octets, at + HEADER_BYTES, VnetHeader.BYTES);
        if (VnetHeader.needsChecksum(octets, at + HEADER_BYTES)) {
            VnetHeader.putChecksumStart(octets, at + HEADER_BYTES, start - HEADER_BYTES);
        }
    }

    /// Writes to {@code out} what stands before the packet of {@code octets} in a frame to {@code self}: its
    /// virtio_net_hdr and an Ethernet header.
    ///
    /// @return how many octets
    public static int wrap(byte[] octets, int at, byte[] out, Ipv4Address self) {
        System.arraycopy(octets, at, out, 0, VnetHeader.BYTES);
        if (VnetHeader.needsChecksum(out, 0)) {
            VnetHeader.putChecksumStart(out, 0, VnetHeader.checksumStart(out, 0) + HEADER_BYTES);
        }
        if (VnetHeader.gso(out, 0) != VnetHeader.GSO_NONE) {
            VnetHeader.putHeaderBytes(out, 0, VnetHeader.headerBytes(out, 0) + HEADER_BYTES);
        }
        Octets.putShort(out, VnetHeader.BYTES, PREFIX);
        Octets.putInt(out, VnetHeader.BYTES + 2, self.value());
        Octets.putShort(out, VnetHeader.BYTES + ADDRESS_BYTES, PREFIX);
        Octets.putInt(out, VnetHeader.BYTES + ADDRESS_BYTES + 2, 0);
        boolean ipv4 = ((octets[at + VnetHeader.BYTES] >>> 4) & 0xf) == 4;
        Octets.putShort(out, VnetHeader.BYTES + 2 * ADDRESS_BYTES, ipv4 ? IPV4 : IPV6);
        return BEFORE_PACKET;
    }
}
