package slash32.netlink.netfilter;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/// What a hash set is of: its key, one field or a concatenation, and what an element leads to.
///
/// @param key one to four fields
public record SetType(List<Field> key, Content content) {
    /// A field of a key. The number is {@code nft}'s own datatype, which the kernel only keeps for it.
    public enum Field {
        NETWORK_PROTOCOL("nf_proto", 2, 1, false),
        IPV4_ADDRESS("ipv4_addr", 7, 4, false),
        IPV6_ADDRESS("ipv6_addr", 8, 16, false),
        ETHERNET_ADDRESS("ether_addr", 9, 6, false),
        TRANSPORT_PROTOCOL("inet_proto", 12, 1, false),
        PORT("inet_service", 13, 2, false),
        MARK("mark", 19, 4, true),
        INTERFACE_NAME("ifname", 41, 16, true);

        /// As {@code nft} writes it.
        public final String text;

        final int datatype;
        /// Before padding to registers of 4 bytes.
        public final int bytes;

        final boolean hostByteOrder;

        Field(String text, int datatype, int bytes, boolean hostByteOrder) {
            this.text = text;
            this.datatype = datatype;
            this.bytes = bytes;
            this.hostByteOrder = hostByteOrder;
        }
    }

    /// What an element leads to.
    public enum Content {
        /// Nothing: a set.
        NOTHING,
        /// Nothing, but each element counts the packets that were found in it.
        COUNTED,
        /// Nothing, but each element is found only by as many packets as its {@link PacketLimit} says.
        LIMITED,
        /// A verdict map.
        VERDICT,
        /// A map to named counters.
        COUNTER,
        /// A map to marks.
        MARK
    }

    /// Bits of nft's number for each field of a concatenation.
    private static final int DATATYPE_BITS = 6;

    public SetType {
        key = List.copyOf(key);
    }

    public static SetType setOf(Field... key) {
        return new SetType(List.of(key), Content.NOTHING);
    }

    int datatype() {
        int datatype = 0;
        for (Field field : key) {
            datatype = (datatype << DATATYPE_BITS) | field.datatype;
        }
        return datatype;
    }

    /// The fields of {@link #datatype}; empty if one of them is none of ours.
    static List<Field> fields(int datatype) {
        var fields = new ArrayList<Field>();
        for (int rest = datatype; rest != 0; rest >>>= DATATYPE_BITS) {
            int last = rest & ((1 << DATATYPE_BITS) - 1);
            var known = Arrays.stream(Field.values())
                    .filter(field -> field.datatype == last)
                    .findFirst();
            if (known.isEmpty()) {
                return List.of();
            }
            fields.addFirst(known.get());
        }
        return fields;
    }

    /// In bytes; of more than one, each field padded to whole registers.
    int keyLength() {
        if (key.size() == 1) {
            return key.getFirst().bytes;
        }
        return key.stream().mapToInt(field -> (field.bytes + 3) & ~3).sum();
    }

    boolean hostByteOrder() {
        return key.size() == 1 && key.getFirst().hostByteOrder;
    }

    /// As {@code nft} writes it: {@code ifname . ipv4_addr : verdict}.
    @Override
    public String toString() {
        String fields = key.stream().map(field -> field.text).collect(Collectors.joining(" . "));
        return switch (content) {
            case NOTHING, COUNTED, LIMITED -> fields;
            case VERDICT -> fields + " : verdict";
            case COUNTER -> fields + " : counter";
            case MARK -> fields + " : mark";
        };
    }
}
