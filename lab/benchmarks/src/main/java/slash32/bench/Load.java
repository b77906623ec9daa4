package slash32.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Ipv4Address;

/// What lab/bench loads: host routes over a thousand next hops, with the attributes that a reflector gives them.
public final class Load {
    /// Routes of a table under test.
    public static final int ROUTES = 100_000;

    static final int NEXT_HOPS = 1_000;
    static final Terms TERMS = new Terms(true, true, Set.of(AddressFamily.IPV4_UNICAST));

    private Load() {}

    /// The address of route {@code number}, as the tables hold it.
    public static long high(int number) {
        return (long) (0x0a00_0000 + number) << 32;
    }

    static PathAttributes attributes(int nextHop) {
        return PathAttributes.builder()
                .asPath(AsPath.EMPTY)
                .nextHop(new Ipv4Address(0xac14_1001 + nextHop))
                .localPref(100)
                .clusterList(List.of(0xac14_0001))
                .largeCommunities(List.of(new LargeCommunity(64_512, 2, nextHop + 1)))
                .build();
    }

    /// UPDATE messages of {@link #ROUTES} routes.
    ///
    /// @param packed those of one next hop together
    static List<byte[]> messages(boolean packed) {
        var messages = new ArrayList<byte[]>();
        var encoder = new UpdateEncoder(TERMS, messages::add);
        for (int nextHop = 0; nextHop < NEXT_HOPS; nextHop++) {
            PathAttributes attributes = attributes(nextHop);
            encoder.beginAnnouncing(AddressFamily.IPV4_UNICAST, attributes);
            for (int number = nextHop; number < ROUTES; number += NEXT_HOPS) {
                encoder.add(0, high(number), 0, 32);
                if (!packed) {
                    encoder.end();
                    encoder.beginAnnouncing(AddressFamily.IPV4_UNICAST, attributes);
                }
            }
            encoder.end();
        }
        return messages;
    }
}
