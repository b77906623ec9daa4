package slash32.bgp.wire;

import java.util.List;
import slash32.net.Bytes;

/// One component of a flow specification (RFC 8955 §4.2.2, RFC 8956 §3).
public sealed interface FlowComponent {
    int DESTINATION = 1;
    int SOURCE = 2;
    int LAST_KNOWN = 13;

    int type();

    /// Types 1 and 2.
    ///
    /// @param length bits from the first of the address on
    /// @param offset how many of them don't count; 0 for IPv4
    /// @param pattern the bits between offset and length, in as many octets as they need
    record PrefixPattern(int type, int length, int offset, Bytes pattern) implements FlowComponent {}

    /// Types 3 to 13: a list of comparisons.
    record Comparisons(int type, List<Comparison> list) implements FlowComponent {
        public Comparisons {
            list = List.copyOf(list);
        }
    }

    /// An operator and its operand (RFC 8955 §4.2.1).
    ///
    /// @param operator its octet, without the end-of-list bit and the length
    /// @param bytes 1, 2, 4 or 8: as many octets as the operand has
    record Comparison(int operator, int bytes, long value) {}
}
