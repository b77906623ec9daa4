package slash32.netlink.netfilter;

import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// A chain, without its rules.
///
/// @param hook null for a regular chain
public record NftChain(TableId table, String name, @Nullable Hook hook) {
    static final int NFTA_CHAIN_NAME = 3;
    static final int NFTA_CHAIN_HOOK = 4;
    static final int NFTA_CHAIN_POLICY = 5;
    static final int NFTA_CHAIN_TYPE = 7;
    static final int NFTA_HOOK_HOOKNUM = 1;
    static final int NFTA_HOOK_PRIORITY = 2;
    static final int NF_ACCEPT = 1;
    static final String TYPE = "filter";

    /// Reads NFT_MSG_NEWCHAIN of {@code family}.
    ///
    /// @return null if no chain of ours could be like this
    public static @Nullable NftChain parse(Family family, Message message) {
        String table = "";
        String name = "";
        String type = TYPE;
        int policy = NF_ACCEPT;
        boolean based = false;
        Hook hook = null;
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Nft.NFTA_TABLE -> table = attributes.string();
                case NFTA_CHAIN_NAME -> name = attributes.string();
                case NFTA_CHAIN_HOOK -> {
                    based = true;
                    hook = hook(family, attributes.nested());
                }
                case NFTA_CHAIN_POLICY -> policy = attributes.be32();
                case NFTA_CHAIN_TYPE -> type = attributes.string();
                default -> {} // counts and handles
            }
        }
        boolean ours = policy == NF_ACCEPT && type.equals(TYPE) && (hook != null) == based;
        return ours ? new NftChain(new TableId(family, table), name, hook) : null;
    }

    /// The table of the chain in NFT_MSG_NEWCHAIN: a dump has the chains of all tables.
    public static String tableOf(Message message) {
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            if (attributes.type() == Nft.NFTA_TABLE) {
                return attributes.string();
            }
        }
        return "";
    }

    private static @Nullable Hook hook(Family family, Attributes attributes) {
        int number = 0;
        int priority = 0;
        while (attributes.next()) {
            switch (attributes.type()) {
                case NFTA_HOOK_HOOKNUM -> number = attributes.be32();
                case NFTA_HOOK_PRIORITY -> priority = attributes.be32();
                default -> {} // devices, for families that we don't use
            }
        }
        Hook.Point point = Hook.Point.of(family, number);
        return point == null ? null : new Hook(point, priority);
    }
}
