package slash32.netlink.netfilter;

import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// A named counter and what it counted.
public record NftCounter(TableId table, String name, long packets, long bytes) {
    static final int NFTA_OBJ_NAME = 2;
    static final int NFTA_OBJ_TYPE = 3;
    static final int NFTA_OBJ_DATA = 4;
    private static final int NFTA_COUNTER_BYTES = 1;
    private static final int NFTA_COUNTER_PACKETS = 2;

    /// Reads NFT_MSG_NEWOBJ of a counter of {@code family}.
    public static NftCounter parse(Family family, Message message) {
        String table = "";
        String name = "";
        long packets = 0;
        long bytes = 0;
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Nft.NFTA_TABLE -> table = attributes.string();
                case NFTA_OBJ_NAME -> name = attributes.string();
                case NFTA_OBJ_DATA -> {
                    Attributes counts = attributes.nested();
                    while (counts.next()) {
                        switch (counts.type()) {
                            case NFTA_COUNTER_BYTES -> bytes = counts.be64();
                            case NFTA_COUNTER_PACKETS -> packets = counts.be64();
                            default -> {} // padding
                        }
                    }
                }
                default -> {} // type and handles
            }
        }
        return new NftCounter(new TableId(family, table), name, packets, bytes);
    }
}
