package slash32.netlink.netfilter;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Message;

/// A hash set or map, without its elements.
public record NftSet(TableId table, String name, SetType type) {
    static final int NFTA_SET_NAME = 2;
    static final int NFTA_SET_FLAGS = 3;
    static final int NFTA_SET_KEY_TYPE = 4;
    static final int NFTA_SET_KEY_LEN = 5;
    static final int NFTA_SET_DATA_TYPE = 6;
    static final int NFTA_SET_DATA_LEN = 7;
    static final int NFTA_SET_DESC = 9;
    static final int NFTA_SET_DESC_SIZE = 1;
    static final int NFTA_SET_ID = 10;
    static final int NFTA_SET_USERDATA = 13;
    static final int NFTA_SET_OBJ_TYPE = 15;
    static final int NFTA_SET_EXPR = 17;
    static final int NFT_SET_MAP = 0x8;
    static final int NFT_SET_OBJECT = 0x40;
    static final int NFT_DATA_VERDICT = 0xffffff00;
    /// {@code nft}'s own number for marks, which the kernel only keeps for it.
    static final int TYPE_MARK = 19;

    /// In NFTA_SET_ELEM_LIST_*.
    static final int ELEMENTS_SET = 2;

    static final int ELEMENTS = 3;

    int flags() {
        return switch (type.content()) {
            case NOTHING, COUNTED, LIMITED -> 0;
            case VERDICT, MARK -> NFT_SET_MAP;
            case COUNTER -> NFT_SET_OBJECT;
        };
    }

    /// Reads NFT_MSG_NEWSET of {@code family}.
    ///
    /// @return null if no set of ours could be like this
    public static @Nullable NftSet parse(Family family, Message message) {
        String table = "";
        String name = "";
        int flags = 0;
        int datatype = 0;
        int keyLength = 0;
        int objectType = 0;
        var content = SetType.Content.NOTHING;
        int dataType = NFT_DATA_VERDICT;
        boolean bounded = false;
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            switch (attributes.type()) {
                case Nft.NFTA_TABLE -> table = attributes.string();
                case NFTA_SET_NAME -> name = attributes.string();
                case NFTA_SET_FLAGS -> flags = attributes.be32();
                case NFTA_SET_KEY_TYPE -> datatype = attributes.be32();
                case NFTA_SET_KEY_LEN -> keyLength = attributes.be32();
                case NFTA_SET_DATA_TYPE -> dataType = attributes.be32();
                case NFTA_SET_OBJ_TYPE -> objectType = attributes.be32();
                case NFTA_SET_DESC -> bounded = isBounded(attributes.nested());
                case NFTA_SET_EXPR -> content = ofEach(ExpressionCodec.parse(attributes.nested()));
                default -> {} // handles, and what follows from these
            }
        }
        SetType type = type(datatype, flags, objectType, dataType);
        if (type != null && type.content() == SetType.Content.NOTHING) {
            type = new SetType(type.key(), content);
        }
        return type == null || bounded || type.keyLength() != keyLength
                ? null
                : new NftSet(new TableId(family, table), name, type);
    }

    /// True for a set that takes so many elements and no more.
    private static boolean isBounded(Attributes description) {
        while (description.next()) {
            if (description.type() == NFTA_SET_DESC_SIZE && description.be32() != 0) {
                return true;
            }
        }
        return false;
    }

    /// What a set is whose elements each have such an expression.
    private static SetType.Content ofEach(Expression expression) {
        return switch (expression) {
            case Expression.CountHere() -> SetType.Content.COUNTED;
            case Expression.Limit _ -> SetType.Content.LIMITED;
            default -> SetType.Content.NOTHING;
        };
    }

    private static @Nullable SetType type(int datatype, int flags, int objectType, int dataType) {
        SetType.Content content = switch (flags) {
            case 0 -> SetType.Content.NOTHING;
            case NFT_SET_MAP ->
                switch (dataType) {
                    case NFT_DATA_VERDICT -> SetType.Content.VERDICT;
                    case TYPE_MARK -> SetType.Content.MARK;
                    default -> null;
                };
            case NFT_SET_OBJECT -> objectType == ExpressionCodec.NFT_OBJECT_COUNTER ? SetType.Content.COUNTER : null;
            default -> null;
        };
        List<SetType.Field> key = SetType.fields(datatype);
        return content == null || key.isEmpty() ? null : new SetType(key, content);
    }

    /// Hands each element of a NFT_MSG_NEWSETELEM to {@code each}; null for one that no set of ours has.
    public static void parseElements(Message message, Consumer<@Nullable SetElement> each) {
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            if (attributes.type() == ELEMENTS) {
                Attributes list = attributes.nested();
                while (list.next()) {
                    each.accept(SetElement.parse(list.nested()));
                }
            }
        }
    }

    /// What the one element of an answer to {@link Nftables#getElement} counted; null if it does not count.
    public static @Nullable Counts parseCounts(Message message) {
        Attributes attributes = message.attributes(Nft.HEADER_BYTES);
        while (attributes.next()) {
            if (attributes.type() == ELEMENTS) {
                Attributes list = attributes.nested();
                return list.next() ? SetElement.parseCounts(list.nested()) : null;
            }
        }
        return null;
    }

    /// The elements of one message at most {@code bytes} long, from {@code from}.
    static List<SetElement> chunk(List<SetElement> elements, int from, int bytes) {
        var chunk = new ArrayList<SetElement>();
        int room = bytes;
        for (int i = from; i < elements.size(); i++) {
            room -= elements.get(i).messageBytes();
            if (room < 0) {
                break;
            }
            chunk.add(elements.get(i));
        }
        return chunk;
    }
}
