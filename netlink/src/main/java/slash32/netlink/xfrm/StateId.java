package slash32.netlink.xfrm;

import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.netlink.message.Message;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// By what the kernel knows an ESP state: where its packets go, and their SPI.
public record StateId(IpAddress destination, int spi) {
    private static final int USERSA_ID_BYTES = 24;

    public Request delete() {
        Struct id = Struct.of(USERSA_ID_BYTES)
                .address(0, destination)
                .be32(16, spi)
                .u16(20, Struct.family(destination))
                .u8(22, Xfrm.IPPROTO_ESP);
        return Request.of(Xfrm.XFRM_MSG_DELSA, Nl.NLM_F_ACK, () -> "delete " + this)
                .bytes(id.array());
    }

    /// The id in an XFRM_MSG_DELSA event; null if it is another protocol's.
    static @Nullable StateId parse(Message message) {
        if (message.payloadLength() < USERSA_ID_BYTES) {
            return null;
        }
        Struct id = Struct.of(message, USERSA_ID_BYTES);
        return id.u8(22) == Xfrm.IPPROTO_ESP ? new StateId(id.address(0, id.u16(20)), id.be32(16)) : null;
    }

    @Override
    public String toString() {
        return "state esp dst %s spi 0x%08x".formatted(destination, spi);
    }
}
