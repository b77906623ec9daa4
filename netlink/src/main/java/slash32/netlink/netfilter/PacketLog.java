package slash32.netlink.netfilter;

import java.util.List;
import slash32.netlink.message.Nl;
import slash32.netlink.message.Request;

/// Requests to nfnetlink_log (linux/netfilter/nfnetlink_log.h): who has a group's packets.
public final class PacketLog {
    private static final int NFULNL_MSG_CONFIG = 0x401;
    private static final int NFULA_CFG_CMD = 1;
    private static final int NFULA_CFG_MODE = 2;
    private static final int NFULNL_CFG_CMD_BIND = 1;
    private static final int NFULNL_COPY_PACKET = 2;

    private PacketLog() {}

    /// Has the asking socket given the packets that rules log to {@code group}, until it closes; EBUSY if another has
    /// them. Each request is acknowledged; packets may come before.
    ///
    /// @param copyBytes of each packet at most
    public static List<Request> bind(int group, int copyBytes) {
        return List.of(
                config(group, "bind packet log " + group).attributeU8(NFULA_CFG_CMD, NFULNL_CFG_CMD_BIND),
                config(group, "set what packet log " + group + " copies").attribute(NFULA_CFG_MODE, new byte[] {
                    (byte) (copyBytes >>> 24),
                    (byte) (copyBytes >>> 16),
                    (byte) (copyBytes >>> 8),
                    (byte) copyBytes,
                    NFULNL_COPY_PACKET,
                    0
                }));
    }

    private static Request config(int group, String description) {
        return Request.of(NFULNL_MSG_CONFIG, Nl.NLM_F_ACK, () -> description)
                .u8(0)
                .u8(Nft.NFNETLINK_V0)
                .be16(group);
    }
}
