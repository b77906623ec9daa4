package slash32.bgp.policy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import slash32.bgp.wire.AttributeCode;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.RawAttribute;
import slash32.net.Bytes;

/// The extended communities of a route as 64-bit words (RFC 4360 §2).
final class ExtendedCommunities {
    private ExtendedCommunities() {}

    static List<Long> of(PathAttributes path) {
        var words = new ArrayList<Long>();
        for (RawAttribute attribute : path.others()) {
            if (attribute.type() == AttributeCode.EXTENDED_COMMUNITIES) {
                ByteBuffer octets = ByteBuffer.wrap(attribute.value().toArray());
                while (octets.remaining() >= Long.BYTES) {
                    words.add(octets.getLong());
                }
            }
        }
        return words;
    }

    static PathAttributes replaced(PathAttributes path, List<Long> words) {
        var builder = path.toBuilder().withoutOther(AttributeCode.EXTENDED_COMMUNITIES);
        if (!words.isEmpty()) {
            ByteBuffer octets = ByteBuffer.allocate(Long.BYTES * words.size());
            words.forEach(octets::putLong);
            builder.other(
                    AttributeCode.OPTIONAL | AttributeCode.TRANSITIVE,
                    AttributeCode.EXTENDED_COMMUNITIES,
                    Bytes.copyOf(octets.array()));
        }
        return builder.build();
    }
}
