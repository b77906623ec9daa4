package slash32.netlink.netfilter;

import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// What the multicast group of nf_tables tells.
public sealed interface NftEvent {
    /// NFNLGRP_NFTABLES
    int MULTICAST_GROUP = 7;

    /// Something in a table was changed by the transaction whose {@link Committed} follows.
    record Changed(TableId table) implements NftEvent {}

    /// A transaction is in force.
    record Committed() implements NftEvent {}

    /// Reads an event; null for one about a table of a family that we have no table in.
    static @Nullable NftEvent parse(Message message) {
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        if (message.type() == Nft.NEWGEN) {
            return new Committed();
        }
        for (Family family : Family.values()) {
            if (message.payloadLength() >= Nft.HEADER_BYTES && message.u8(0) == family.number) {
                while (attributes.next()) {
                    if (attributes.type() == Nft.NFTA_TABLE) {
                        return new Changed(new TableId(family, attributes.string()));
                    }
                }
            }
        }
        return null;
    }
}
