package slash32.netlink.netfilter;

import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// A table as found.
///
/// @param flags NFT_TABLE_F_*
public record NftTable(TableId id, int flags) {
    /// Only the socket that made or adopted it may change it; {@code nft flush ruleset} leaves it alone.
    public static final int OWNER = 0x2;
    /// It outlives its owner, and can then be adopted (Linux 6.9).
    public static final int PERSIST = 0x4;

    private static final int NFTA_TABLE_FLAGS = 2;

    /// Reads NFT_MSG_NEWTABLE of a table of {@code family}.
    public static NftTable parse(Family family, Message message) {
        String name = "";
        int flags = 0;
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Nft.NFTA_TABLE -> name = attributes.string();
                case NFTA_TABLE_FLAGS -> flags = attributes.be32();
                default -> {} // counts and handles
            }
        }
        return new NftTable(new TableId(family, name), flags);
    }
}
