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
    private static final int NFTA_SET_ELEM_OBJREF = 9;
    private static final int NFTA_LIST_ELEM = 1;

    /// What it leads to.
    public sealed interface Value {
        /// Nothing: an element of a set.
        record Member() implements Value {}

        record To(Verdict verdict) implements Value {}

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
                case Value.CountedBy(var counter) -> element.attribute(NFTA_SET_ELEM_OBJREF, counter);
            }
        });
    }

    /// Reads one element of a list; null if it is of a kind that no set of ours has.
    static @Nullable SetElement parse(Attributes attributes) {
        Bytes key = null;
        Value value = new Value.Member();
        while (attributes.next()) {
            switch (attributes.type()) {
                case NFTA_SET_ELEM_KEY -> key = Nft.value(attributes.nested());
                case NFTA_SET_ELEM_DATA -> {
                    Verdict verdict = Nft.verdict(attributes.nested());
                    if (verdict == null) {
                        return null;
                    }
                    value = new Value.To(verdict);
                }
                case NFTA_SET_ELEM_OBJREF -> value = new Value.CountedBy(attributes.string());
                default -> {} // nothing that changes what it means
            }
        }
        return key == null ? null : new SetElement(key, value);
    }
}
