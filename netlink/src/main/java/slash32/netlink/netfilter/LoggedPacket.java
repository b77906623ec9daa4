package slash32.netlink.netfilter;

import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.InterfaceIndex;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// A packet that a rule with {@link Expression.Log} saw.
///
/// @param prefix the rule's
/// @param etherType 0 if it is not said
/// @param input that it came in by, of a frame in a bridge the port; null for what the host itself sends
/// @param output that it leaves by, likewise; null where that is not decided
/// @param linkHeader its Ethernet header; empty for one without, such as the host's own
/// @param packet from its network header on, as far as it was copied: a stranger's bytes
public record LoggedPacket(
        String prefix,
        int etherType,
        @Nullable InterfaceIndex input,
        @Nullable InterfaceIndex output,
        Bytes linkHeader,
        Bytes packet) {
    private static final int NFULNL_MSG_PACKET = 0x400;
    private static final int NFULA_PACKET_HDR = 1;
    private static final int NFULA_IFINDEX_INDEV = 4;
    private static final int NFULA_IFINDEX_OUTDEV = 5;
    private static final int NFULA_IFINDEX_PHYSINDEV = 6;
    private static final int NFULA_IFINDEX_PHYSOUTDEV = 7;
    private static final int NFULA_PAYLOAD = 9;
    private static final int NFULA_PREFIX = 10;
    private static final int NFULA_HWHEADER = 16;

    /// Reads NFULNL_MSG_PACKET; null for any other message.
    public static @Nullable LoggedPacket parse(Message message) {
        if (message.type() != NFULNL_MSG_PACKET) {
            return null;
        }
        String prefix = "";
        int etherType = 0;
        InterfaceIndex input = null;
        InterfaceIndex output = null;
        InterfaceIndex inputPort = null;
        InterfaceIndex outputPort = null;
        Bytes linkHeader = Bytes.EMPTY;
        Bytes packet = Bytes.EMPTY;
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NFULA_PACKET_HDR -> etherType = etherType(attributes.bytes());
                case NFULA_IFINDEX_INDEV -> input = index(attributes);
                case NFULA_IFINDEX_OUTDEV -> output = index(attributes);
                case NFULA_IFINDEX_PHYSINDEV -> inputPort = index(attributes);
                case NFULA_IFINDEX_PHYSOUTDEV -> outputPort = index(attributes);
                case NFULA_PAYLOAD -> packet = Bytes.copyOf(attributes.bytes());
                case NFULA_PREFIX -> prefix = attributes.string();
                case NFULA_HWHEADER -> linkHeader = Bytes.copyOf(attributes.bytes());
                default -> {} // marks, sequence numbers, owners
            }
        }
        return new LoggedPacket(
                prefix,
                etherType,
                inputPort == null ? input : inputPort,
                outputPort == null ? output : outputPort,
                linkHeader,
                packet);
    }

    private static int etherType(byte[] header) {
        return header.length < 2 ? 0 : (header[0] & 0xff) << 8 | (header[1] & 0xff);
    }

    private static @Nullable InterfaceIndex index(Attributes attributes) {
        int index = attributes.be32();
        return index > 0 ? new InterfaceIndex(index) : null;
    }
}
