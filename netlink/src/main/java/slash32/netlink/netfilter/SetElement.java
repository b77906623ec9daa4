package slash32.netlink.netfilter;

import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.netlink.message.Attributes;
import slash32.netlink.message.Request;

/// An element of a set or map.
///
/// @param key the fields of the set's key, each padded to whole registers
public record SetElement(Bytes key, Value value) {
    private static final int NFTA_SET_ELEM_KEY = 1;
    private static final int NFTA_SET_ELEM_DATA = 2;
    private static final int NFTA_SET_ELEM_EXPR = 7;
    private static final int NFTA_SET_ELEM_OBJREF = 9;
    private static final int NFTA_LIST_ELEM = 1;

    /// What it leads to.
    public sealed interface Value {
        /// Nothing: an element of a set.
        record Member() implements Value {}

        record To(Verdict verdict) implements Value {}

        /// A mark.
        record Mark(int mark) implements Value {}

        /// Nothing, and only for so many packets; of a set that is {@link SetType.Content#LIMITED}.
        record Limited(PacketLimit limit) implements Value {}

        /// The named counter that counts its packets.
        record CountedBy(String counter) implements Value {}
    }

    /// An element of a set.
    public static SetElement of(Bytes key) {
        return new SetElement(key, new Value.Member());
    }

    /// An upper bound of the bytes that it takes in a message.
    int messageBytes() {
        int value = switch (this.value) {
            case Value.Member() -> 0;
            case Value.To(var verdict) -> 32 + verdict.toString().length();
            case Value.Mark _ -> 16;
            case Value.Limited _ -> 80;
            case Value.CountedBy(var counter) -> 8 + counter.length();
        };
        return 16 + key.length() + value;
    }

    /// Adds it to a list of elements.
    ///
    /// @param withValue false to name the element only, to delete it
    void addTo(Request request, boolean withValue) {
        request.nested(NFTA_LIST_ELEM, element -> {
            element.nested(NFTA_SET_ELEM_KEY, wrapped -> wrapped.attribute(Nft.NFTA_DATA_VALUE, key.toArray()));
            if (!withValue) {
                return;
            }
            switch (value) {
                case Value.Member() -> {}
                case Value.To(var verdict) ->
                    element.nested(NFTA_SET_ELEM_DATA, wrapped -> Nft.addVerdict(wrapped, verdict));
                case Value.Mark(int mark) ->
                    element.nested(NFTA_SET_ELEM_DATA, wrapped -> wrapped.attributeU32(Nft.NFTA_DATA_VALUE, mark));
                case Value.Limited(var limit) ->
                    element.nested(
                            NFTA_SET_ELEM_EXPR, expression -> ExpressionCodec.addLimitExpression(expression, limit));
                case Value.CountedBy(var counter) -> element.attribute(NFTA_SET_ELEM_OBJREF, counter);
            }
        });
    }

    /// Reads one element of a list; null if it is of a kind that no set of ours has.
    static @Nullable SetElement parse(Attributes attributes) {
        Bytes key = null;
        @Nullable Value value = new Value.Member();
        while (attributes.next()) {
            switch (attributes.type()) {
                case NFTA_SET_ELEM_KEY -> key = Nft.value(attributes.nested());
                case NFTA_SET_ELEM_DATA -> {
                    value = value(attributes);
                    if (value == null) {
                        return null;
                    }
                }
                case NFTA_SET_ELEM_EXPR -> {
                    if (ExpressionCodec.parse(attributes.nested()) instanceof Expression.Limit(var limit)) {
                        value = new Value.Limited(limit);
                    }
                }
                case NFTA_SET_ELEM_OBJREF -> value = new Value.CountedBy(attributes.string());
                default -> {} // nothing that changes what it means
            }
        }
        return key == null || value == null ? null : new SetElement(key, value);
    }

    private static @Nullable Value value(Attributes data) {
        Verdict verdict = Nft.verdict(data.nested());
        if (verdict != null) {
            return new Value.To(verdict);
        }
        Attributes nested = data.nested();
        while (nested.next()) {
            if (nested.type() == Nft.NFTA_DATA_VALUE && nested.length() == 4) {
                return new Value.Mark(nested.u32());
            }
        }
        return null;
    }

    static @Nullable Counts parseCounts(Attributes element) {
        while (element.next()) {
            if (element.type() == NFTA_SET_ELEM_EXPR) {
                return ExpressionCodec.parseCounts(element.nested());
            }
        }
        return null;
    }
}
