package slash32.bgp.exabgp.command;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.RouteDistinguisher;

/// "vpls endpoint 5 base 10702 offset 1 size 8 rd 10.0.0.1:1 next-hop 10.0.0.1 …" (RFC 4761 §3.2.2).
final class VplsWords {
    private static final AddressFamily FAMILY = new AddressFamily(25, 65);
    private static final int LENGTH = 17;
    private static final int UNSAID = -1;

    private VplsWords() {}

    static List<Route> route(Words words, boolean announced) {
        var attributes = new AttributeWords(words, true);
        int endpoint = UNSAID;
        int base = UNSAID;
        int offset = UNSAID;
        int size = UNSAID;
        @Nullable RouteDistinguisher distinguisher = null;
        while (words.hasMore() && !words.peek().equals(";")) {
            switch (words.next()) {
                case "endpoint" -> endpoint = words.u16("an endpoint");
                case "base" -> base = words.u16("a first label");
                case "offset" -> offset = words.u16("an offset");
                case "size" -> size = words.u16("a size");
                case "rd", "route-distinguisher" -> distinguisher = RouteWords.distinguisher(words);
                case "next-hop" -> attributes.nextHop(AttributeWords.gateway(words));
                case String word -> attributes.attribute(word);
            }
        }
        boolean whole = endpoint >= 0 && base >= 0 && offset >= 0 && size >= 0 && distinguisher != null;
        if (!whole || distinguisher == null || (announced && attributes.nextHop() instanceof Gateway.Unsaid)) {
            words.next();
            words.fail("a VPLS route needs endpoint, base, offset, size, rd and next-hop");
            return List.of();
        }
        var nlri = new Octets()
                .u16(LENGTH)
                .u64(distinguisher.value())
                .u16(endpoint)
                .u16(offset)
                .u16(size)
                .u24(base << 4 | 1);
        return List.of(attributes.route(FAMILY, null, null, nlri.toBytes()));
    }
}
