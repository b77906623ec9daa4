package slash32.netlink.netfilter;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;
import slash32.netlink.message.Request;

/// A rule of a chain.
///
/// @param comment shown by {@code nft}, at most 128 bytes; empty for none
public record NftRule(TableId table, String chain, List<Expression> expressions, String comment) {
    static final int NFTA_RULE_CHAIN = 2;
    static final int NFTA_RULE_EXPRESSIONS = 4;
    static final int NFTA_RULE_USERDATA = 7;
    /// NFTNL_UDATA_RULE_COMMENT
    private static final int COMMENT = 0;

    public NftRule {
        expressions = List.copyOf(expressions);
    }

    void addTo(Request request) {
        request.attribute(Nft.NFTA_TABLE, table.name())
                .attribute(NFTA_RULE_CHAIN, chain)
                .nested(
                        NFTA_RULE_EXPRESSIONS,
                        list -> expressions.forEach(expression -> ExpressionCodec.add(list, expression)));
        if (!comment.isEmpty()) {
            request.attribute(NFTA_RULE_USERDATA, Nft.comment(COMMENT, comment));
        }
    }

    /// Reads NFT_MSG_NEWRULE of {@code family}.
    public static NftRule parse(Family family, Message message) {
        String table = "";
        String chain = "";
        String comment = "";
        var expressions = new ArrayList<Expression>();
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Nft.NFTA_TABLE -> table = attributes.string();
                case NFTA_RULE_CHAIN -> chain = attributes.string();
                case NFTA_RULE_EXPRESSIONS -> {
                    Attributes list = attributes.nested();
                    while (list.next()) {
                        expressions.add(ExpressionCodec.parse(list.nested()));
                    }
                }
                case NFTA_RULE_USERDATA -> comment = comment(attributes.bytes());
                default -> {} // handles
            }
        }
        return new NftRule(new TableId(family, table), chain, expressions, comment);
    }

    /// What the counter in a rule of NFT_MSG_NEWRULE counted; null if it has none.
    public static @Nullable Counts parseCounts(Message message) {
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            if (attributes.type() == NFTA_RULE_EXPRESSIONS) {
                Attributes list = attributes.nested();
                while (list.next()) {
                    Counts counts = ExpressionCodec.parseCounts(list.nested());
                    if (counts != null) {
                        return counts;
                    }
                }
            }
        }
        return null;
    }

    private static String comment(byte[] userData) {
        int at = 0;
        while (at + 2 <= userData.length) {
            int length = userData[at + 1] & 0xff;
            if (at + 2 + length > userData.length) {
                return "";
            }
            if (userData[at] == COMMENT && length > 0) {
                return new String(userData, at + 2, length - 1, StandardCharsets.UTF_8);
            }
            at += 2 + length;
        }
        return "";
    }
}
