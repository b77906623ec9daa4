package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;

/// What one session's peer was told, a bit a prefix: what it was told of a prefix is in {@link Offers} or waits.
final class AdjRibOut {
    private final BitSet told = new BitSet();
    private final Map<AddressFamily, Integer> sizes = new HashMap<>();

    /// Prefixes of {@code family} that the peer knows.
    int size(AddressFamily family) {
        return sizes.getOrDefault(family, 0);
    }

    boolean knows(int number) {
        return told.get(number);
    }

    /// The first number from {@code from} on that the peer knows; -1 if there is none.
    int next(int from) {
        return told.nextSetBit(from);
    }

    /// A new session: its peer knows nothing.
    void clear() {
        told.clear();
        sizes.clear();
    }

    /// Encodes what {@code numbers} need so that the peer knows what is offered to it; prefixes with the same
    /// attributes share messages.
    void advertise(BitSet numbers, Offers offers, Recipient recipient, Terms terms, UpdateEncoder encoder) {
        Map<AddressFamily, Map<PathAttributes, List<Prefix>>> announced = new LinkedHashMap<>();
        Map<AddressFamily, List<Prefix>> withdrawn = new LinkedHashMap<>();
        numbers.stream().forEach(number -> {
            Prefix prefix = offers.prefix(number);
            AddressFamily family = family(prefix);
            if (!terms.families().contains(family)) {
                return;
            }
            PathAttributes attributes = filtered(prefix, offers.get(number), recipient);
            if (attributes != null) {
                announced
                        .computeIfAbsent(family, _ -> new LinkedHashMap<>())
                        .computeIfAbsent(attributes, _ -> new ArrayList<>())
                        .add(prefix);
            } else if (told.get(number)) {
                withdrawn.computeIfAbsent(family, _ -> new ArrayList<>()).add(prefix);
            }
            if (told.get(number) != (attributes != null)) {
                told.flip(number);
                sizes.merge(family, attributes != null ? 1 : -1, Integer::sum);
            }
        });
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

    private static @Nullable PathAttributes filtered(Prefix prefix, Offers.@Nullable Offer offer, Recipient recipient) {
        if (offer == null) {
            return null;
        }
        return switch (prefix.address()) {
            case Ipv4Address v4 -> recipient.told(offer, true, (long) v4.value() << 32, 0, prefix.length());
            case Ipv6Address v6 -> recipient.told(offer, false, v6.high(), v6.low(), prefix.length());
        };
    }

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
