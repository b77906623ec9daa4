package slash32.bgp.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.FlowComponent.Comparison;
import slash32.bgp.wire.FlowComponent.Comparisons;
import slash32.bgp.wire.FlowComponent.PrefixPattern;
import slash32.net.Bytes;

/// Flow specifications between bytes and values (RFC 8955 §4, RFC 8956 §3).
final class FlowSpecCodec {
    private static final int END_OF_LIST = 0x80;
    private static final int LENGTH_SHIFT = 4;
    private static final int OPERATOR_BITS = 0x4f;

    private FlowSpecCodec() {}

    /// The next flow specification; null if it is malformed or cut short: components that don't ascend, or of a type
    /// that is not known (RFC 8955 §4.2).
    static Nlri.@Nullable FlowSpec decode(int pathId, boolean ipv6, boolean vpn, Reader in) {
        int length = in.u8();
        if (length >= 0xf0) {
            if (in.remaining() == 0) {
                return null;
            }
            length = (length & 0xf) << 8 | in.u8();
        }
        if (length > in.remaining() || (vpn && length < 8)) {
            return null;
        }
        Reader value = in.slice(length);
        RouteDistinguisher distinguisher = vpn ? new RouteDistinguisher(value.i64()) : null;
        var components = new ArrayList<FlowComponent>();
        int last = 0;
        while (value.remaining() > 0) {
            int type = value.u8();
            boolean known = type > last && type <= (ipv6 ? FlowComponent.LAST_KNOWN : FlowComponent.LAST_KNOWN - 1);
            FlowComponent component = !known
                    ? null
                    : type <= FlowComponent.SOURCE ? pattern(type, ipv6, value) : comparisons(type, value);
            if (component == null) {
                return null;
            }
            components.add(component);
            last = type;
        }
        return components.isEmpty() ? null : new Nlri.FlowSpec(pathId, ipv6, distinguisher, components);
    }

    private static @Nullable FlowComponent pattern(int type, boolean ipv6, Reader value) {
        if (value.remaining() < (ipv6 ? 2 : 1)) {
            return null;
        }
        int length = value.u8();
        int offset = ipv6 ? value.u8() : 0;
        int octets = (length - offset + 7) / 8;
        boolean fits = length <= (ipv6 ? 128 : 32) && (offset < length || (offset == 0 && length == 0));
        return fits && octets <= value.remaining()
                ? new PrefixPattern(type, length, offset, value.slice(octets).rest())
                : null;
    }

    private static @Nullable FlowComponent comparisons(int type, Reader value) {
        var list = new ArrayList<Comparison>();
        boolean more = true;
        while (more) {
            int operator = value.remaining() == 0 ? 0 : value.u8();
            int bytes = 1 << (operator >>> LENGTH_SHIFT & 3);
            if (bytes > value.remaining()) {
                return null;
            }
            long operand = 0;
            for (int i = 0; i < bytes; i++) {
                operand = operand << 8 | value.u8();
            }
            list.add(new Comparison(operator & OPERATOR_BITS, bytes, operand));
            more = (operator & END_OF_LIST) == 0;
        }
        return new Comparisons(type, list);
    }

    static void encode(Nlri.FlowSpec flow, ByteArrayOutputStream out) {
        var value = new ByteArrayOutputStream(64);
        RouteDistinguisher distinguisher = flow.distinguisher();
        if (distinguisher != null) {
            MessageEncoder.i64(distinguisher.value(), value);
        }
        for (FlowComponent component : flow.components()) {
            value.write(component.type());
            switch (component) {
                case PrefixPattern(int _, int length, int offset, Bytes pattern) -> {
                    value.write(length);
                    if (flow.ipv6()) {
                        value.write(offset);
                    }
                    value.writeBytes(pattern.toArray());
                }
                case Comparisons(int _, List<Comparison> list) -> comparisons(list, value);
            }
        }
        if (value.size() >= 0xf0) {
            MessageEncoder.u16(0xf000 | value.size(), out);
        } else {
            out.write(value.size());
        }
        out.writeBytes(value.toByteArray());
    }

    private static void comparisons(List<Comparison> list, ByteArrayOutputStream out) {
        for (int i = 0; i < list.size(); i++) {
            Comparison comparison = list.get(i);
            int size = Integer.numberOfTrailingZeros(comparison.bytes());
            boolean last = i == list.size() - 1;
            out.write(comparison.operator() | size << LENGTH_SHIFT | (last ? END_OF_LIST : 0));
            for (int shift = 8 * comparison.bytes() - 8; shift >= 0; shift -= 8) {
                out.write((int) (comparison.value() >>> shift));
            }
        }
    }
}
