package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// What one session's peer was told: the difference to what it should know is what is sent.
final class AdjRibOut {
    private final Map<Prefix, PathAttributes> told = new HashMap<>();

    int size(AddressFamily family) {
        return (int) told.keySet().stream()
                .filter(prefix -> family(prefix).equals(family))
                .count();
    }

    /// Forgets what was told: a route refresh was asked for.
    void forget(AddressFamily family) {
        told.replaceAll((prefix, attributes) -> family(prefix).equals(family) ? SOMETHING : attributes);
    }

    /// A new session: its peer knows nothing.
    void clear() {
        told.clear();
    }

    /// Encodes what {@code prefixes} need so that the peer knows {@code wanted}; prefixes with the same attributes
    /// share messages.
    void advertise(
            Iterable<Prefix> prefixes,
            Map<Prefix, PathAttributes> wanted,
            ExportFilter filter,
            Terms terms,
            UpdateEncoder encoder) {
        Map<AddressFamily, Map<PathAttributes, List<Prefix>>> announced = new LinkedHashMap<>();
        Map<AddressFamily, List<Prefix>> withdrawn = new LinkedHashMap<>();
        for (Prefix prefix : prefixes) {
            AddressFamily family = family(prefix);
            if (!terms.families().contains(family)) {
                continue;
            }
            PathAttributes attributes = filtered(prefix, wanted.get(prefix), filter);
            if (attributes == null) {
                if (told.remove(prefix) != null) {
                    withdrawn.computeIfAbsent(family, _ -> new ArrayList<>()).add(prefix);
                }
            } else if (!attributes.equals(told.put(prefix, attributes))) {
                announced
                        .computeIfAbsent(family, _ -> new LinkedHashMap<>())
                        .computeIfAbsent(attributes, _ -> new ArrayList<>())
                        .add(prefix);
            }
        }
        withdrawn.forEach((family, gone) -> {
            encoder.beginWithdrawing(family);
            gone.forEach(prefix -> add(encoder, prefix));
            encoder.end();
        });
        announced.forEach((family, groups) -> groups.forEach((attributes, come) -> {
            encoder.beginAnnouncing(family, attributes);
            come.forEach(prefix -> add(encoder, prefix));
            encoder.end();
        }));
    }

    private static @Nullable PathAttributes filtered(
            Prefix prefix, @Nullable PathAttributes attributes, ExportFilter filter) {
        if (attributes == null) {
            return null;
        }
        return switch (prefix.address()) {
            case Ipv4Address v4 -> filter.apply(true, (long) v4.value() << 32, 0, prefix.length(), attributes);
            case Ipv6Address v6 -> filter.apply(false, v6.high(), v6.low(), prefix.length(), attributes);
        };
    }

    /// The peer knows the prefix, and is to be told it again whatever it knows. Equal to no attributes of a route.
    private static final PathAttributes SOMETHING = PathAttributes.builder().build();

    static AddressFamily family(Prefix prefix) {
        return prefix.isIpv4() ? AddressFamily.IPV4_UNICAST : AddressFamily.IPV6_UNICAST;
    }

    private static void add(UpdateEncoder encoder, Prefix prefix) {
        switch (prefix.address()) {
            case Ipv4Address v4 -> encoder.add(0, (long) v4.value() << 32, 0, prefix.length());
            case Ipv6Address v6 -> encoder.add(0, v6.high(), v6.low(), prefix.length());
        }
    }
}
