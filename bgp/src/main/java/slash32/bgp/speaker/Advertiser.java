package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.policy.GracefulShutdown;
import slash32.bgp.policy.Reflection;
import slash32.bgp.rib.RibDelta;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Bytes;
import slash32.net.Ipv4Address;
import slash32.net.Prefix;

/// What peers are told of: our own routes and, of a reflector, the best paths of others. Offers them, and has
/// {@link UpdateGroups} look again at those that changed. On thread {@code bgp}.
final class Advertiser {
    private static final Logger LOG = LoggerFactory.getLogger(Advertiser.class);
    private static final int TARGET_BITS = 96;
    private static final long LOCAL_PREF = 100;

    private final Speaker speaker;
    private final @Nullable Reflection reflection;
    private final PathIds pathIds = new PathIds();
    /// Our own routes, as they are announced while we don't {@link #drain}.
    private final Map<Prefix, PathAttributes> prefixes = new LinkedHashMap<>();
    /// Those that are not plain prefixes, by family and {@link NlriNumbers number}.
    private final Map<AddressFamily, Map<Integer, PathAttributes>> numbered = new TreeMap<>();

    private boolean draining;

    /// @param reflection null if we announce only our own
    Advertiser(Speaker speaker, @Nullable Reflection reflection) {
        this.speaker = speaker;
        this.reflection = reflection;
    }

    /// Announces these, each instead of what was announced for its prefix before.
    void announce(Map<Prefix, PathAttributes> routes) {
        prefixes.putAll(routes);
        offer(routes.keySet());
    }

    /// Withdraws these; one that is not announced is left out.
    void withdraw(Collection<Prefix> routes) {
        routes.forEach(prefixes::remove);
        offer(routes);
    }

    /// Announces routes of a family that is not plain prefixes, each instead of what was announced for its key before.
    void announce(AddressFamily family, Map<Nlri, PathAttributes> routes) {
        NlriNumbers numbers = speaker.numbers(family);
        Map<Integer, PathAttributes> own = numbered.computeIfAbsent(family, _ -> new LinkedHashMap<>());
        var changed = new LinkedHashSet<Integer>();
        routes.forEach((route, attributes) -> {
            int number = numbers.add(NlriParts.key(route));
            own.put(
                    number,
                    attributes.toBuilder().nlriData(NlriParts.data(route)).build());
            offerNumbered(family, number, changed);
        });
        touch(family, changed);
        numbers.tidy();
    }

    /// Withdraws routes of a family that is not plain prefixes.
    void withdraw(AddressFamily family, Collection<Nlri> routes) {
        NlriNumbers numbers = speaker.numbers(family);
        Map<Integer, PathAttributes> own = numbered.getOrDefault(family, Map.of());
        var changed = new LinkedHashSet<Integer>();
        for (Nlri route : routes) {
            int number = numbers.find(NlriParts.key(route));
            if (number >= 0 && own.remove(number) != null) {
                offerNumbered(family, number, changed);
            }
        }
        touch(family, changed);
    }

    /// Tells peers which route targets we want (RFC 4684 §4), where it differs from before.
    void announceMemberships(Set<ExtendedCommunity> before, Set<ExtendedCommunity> now) {
        PathAttributes ours = PathAttributes.builder()
                .nextHop(new Ipv4Address(speaker.identifier().value()))
                .localPref(LOCAL_PREF)
                .build();
        withdraw(
                AddressFamily.RT_CONSTRAIN,
                before.stream()
                        .filter(target -> !now.contains(target))
                        .map(this::membership)
                        .toList());
        announce(
                AddressFamily.RT_CONSTRAIN,
                now.stream()
                        .filter(target -> !before.contains(target))
                        .collect(Collectors.toMap(this::membership, _ -> ours)));
    }

    private Nlri membership(ExtendedCommunity target) {
        return new Nlri.Membership(0, TARGET_BITS, speaker.asn().value(), target);
    }

    /// Every route of ours becomes the last choice (RFC 8326 §4.2), or again what it was.
    void drain(boolean leaving) {
        if (draining != leaving) {
            draining = leaving;
            offer(List.copyOf(prefixes.keySet()));
            numbered.forEach((family, own) -> {
                var changed = new LinkedHashSet<Integer>();
                own.keySet().forEach(number -> offerNumbered(family, number, changed));
                touch(family, changed);
            });
            LOG.info("event=draining leaving={} routes={}", leaving, prefixes.size());
        }
    }

    /// Our own routes of a family that is not plain prefixes.
    Map<Nlri, PathAttributes> own(AddressFamily family) {
        var own = new LinkedHashMap<Nlri, PathAttributes>();
        numbered.getOrDefault(family, Map.of())
                .forEach((number, attributes) -> own.put(speaker.numbers(family).route(number), attributes));
        return own;
    }

    boolean announces(Prefix prefix) {
        return prefixes.containsKey(prefix);
    }

    /// The plain prefixes that we announce.
    List<Prefix> prefixes() {
        return List.copyOf(prefixes.keySet());
    }

    /// How many routes of our own there are of each family.
    Map<AddressFamily, Integer> counts() {
        var counts = new HashMap<AddressFamily, Integer>();
        prefixes.keySet().forEach(prefix -> counts.merge(AdjRibOut.family(prefix), 1, Integer::sum));
        numbered.forEach((family, own) -> counts.put(family, own.size()));
        return counts;
    }

    /// Looks again at what there is to tell of {@code some}, and has the peers told.
    private void offer(Collection<Prefix> some) {
        var touched = new HashMap<AddressFamily, BitSet>();
        for (Prefix prefix : some) {
            AddressFamily family = AdjRibOut.family(prefix);
            long high = RibDelta.high(prefix);
            long low = RibDelta.low(prefix);
            int number = offer(family, high, low, prefix.length(), prefixes.get(prefix));
            if (number >= 0) {
                touched.computeIfAbsent(family, _ -> new BitSet()).set(number);
            }
        }
        touched.forEach(speaker.groups()::touch);
    }

    /// @param changed takes the number of what is offered otherwise now
    private void offerNumbered(AddressFamily family, int number, Set<Integer> changed) {
        int offered = offer(family, number, 0, 0, ownNumbered(family, number));
        if (offered >= 0) {
            changed.add(offered);
        }
    }

    private void touch(AddressFamily family, Set<Integer> offered) {
        if (!offered.isEmpty()) {
            var touched = new BitSet();
            offered.forEach(touched::set);
            speaker.groups().touch(family, touched);
        }
    }

    private @Nullable PathAttributes ownNumbered(AddressFamily family, int number) {
        return numbered.getOrDefault(family, Map.of()).get(number);
    }

    /// Our own route, or else what a reflector passes on.
    ///
    /// @return the number of what is offered otherwise now; -1 if nothing is
    private int offer(AddressFamily family, long high, long low, int length, @Nullable PathAttributes own) {
        Offers offers = speaker.groups().offers(family);
        if (own != null) {
            PathAttributes announced = draining ? GracefulShutdown.announced(own) : own;
            return offers.put(high, low, length, announced, Offers.OWN, Offers.Origin.OURS);
        }
        PathAttributes best = reflection == null ? null : speaker.rib(family).best(high, low, length);
        return best == null
                ? offers.remove(high, low, length)
                : reflect(
                        family,
                        offers,
                        high,
                        low,
                        length,
                        best,
                        speaker.rib(family).bestPeer(high, low, length));
    }

    private int reflect(
            AddressFamily family, Offers offers, long high, long low, int length, PathAttributes best, int peer) {
        PeerSession from = speaker.session(peer);
        BgpIdentifier identifier = from == null ? null : from.identifier();
        if (reflection == null || from == null || identifier == null) {
            return offers.remove(high, low, length);
        }
        if (family.equals(AddressFamily.RT_CONSTRAIN)) {
            return passOnMembership(reflection, offers, high, best, from.kind());
        }
        Offers.Origin origin = from.kind();
        PathAttributes passed = origin == Offers.Origin.EXTERNAL ? best : reflection.reflected(best, identifier);
        return offers.put(high, low, length, passed, peer, origin);
    }

    /// A membership goes to every client, as ours: also to the one that has it, which else would not know that we take
    /// such routes. A client's goes to the others too (RFC 4684 §3.2).
    private int passOnMembership(
            Reflection reflecting, Offers offers, long number, PathAttributes best, Offers.Origin bestOrigin) {
        var toAll = new ArrayList<PathAttributes>();
        speaker.rib(AddressFamily.RT_CONSTRAIN).forEachPath(number, 0, 0, (peer, _, attributes) -> {
            PeerSession from = speaker.session(peer);
            if (from != null && from.kind() != Offers.Origin.NON_CLIENT) {
                toAll.add(attributes);
            }
        });
        boolean bestIsToAll = bestOrigin != Offers.Origin.NON_CLIENT;
        PathAttributes chosen = bestIsToAll || toAll.isEmpty() ? best : toAll.getFirst();
        PathAttributes passed = reflecting.reflected(chosen, speaker.identifier()).toBuilder()
                .originatorId(speaker.identifier())
                .nextHop(new Ipv4Address(speaker.identifier().value()))
                .build();
        Offers.Origin origin = toAll.isEmpty() ? Offers.Origin.NON_CLIENT : Offers.Origin.OURS;
        return offers.put(number, 0, 0, passed, Offers.OWN, origin);
    }

    /// Offers the best paths that changed.
    void reflect(RibDelta delta) {
        AddressFamily family = delta.family();
        Offers offers = speaker.groups().offers(family);
        var touched = new Numbers(); // a set of bits would cost the table and not the change
        var withPaths = new Numbers();
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes best = delta.attributes(i);
            long high = delta.high(i);
            long low = delta.low(i);
            int length = delta.length(i);
            int known = offers.find(high, low, length);
            int number = -1;
            if (!isOwn(delta, i)) {
                number = best == null
                        ? offers.remove(high, low, length)
                        : reflect(family, offers, high, low, length, best, delta.peer(i));
            }
            if (number >= 0) {
                touched.add(number);
                withPaths.add(number);
            } else if (known >= 0) {
                withPaths.add(known);
            }
        }
        if (!withPaths.isEmpty()) {
            speaker.groups().touch(family, withPaths, touched);
        }
    }

    private boolean isOwn(RibDelta delta, int index) {
        return delta.family().isUnicast()
                ? !prefixes.isEmpty() && prefixes.containsKey(delta.prefix(index))
                : ownNumbered(delta.family(), (int) delta.high(index)) != null;
    }

    /// All paths to a prefix: our own route and, of a reflector, what every peer says.
    void paths(AddressFamily family, Offers offers, int number, Paths.Visitor visitor) {
        PathAttributes offered = offers.attributes(number);
        if (offered != null && offers.source(number) == Offers.OWN) {
            visitor.path(pathIds.of(Offers.OWN, 0), offered, Offers.OWN, offers.origin(number));
        }
        if (reflection == null || family.equals(AddressFamily.RT_CONSTRAIN)) {
            return;
        }
        speaker.rib(family)
                .forEachPath(offers.high(number), offers.low(number), offers.length(number), (peer, id, attributes) -> {
                    PeerSession from = speaker.session(peer);
                    BgpIdentifier identifier = from == null ? null : from.identifier();
                    if (from != null && identifier != null) {
                        Offers.Origin origin = from.kind();
                        PathAttributes passed = origin == Offers.Origin.EXTERNAL
                                ? attributes
                                : reflection.reflected(attributes, identifier);
                        visitor.path(pathIds.of(peer, id), passed, peer, origin);
                    }
                });
    }

    /// Puts a route into a message of ours.
    void word(
            AddressFamily family,
            int number,
            int pathId,
            Offers offers,
            @Nullable PathAttributes attributes,
            UpdateEncoder encoder) {
        if (family.isPrefixes()) {
            encoder.add(pathId, offers.high(number), offers.low(number), offers.length(number));
        } else {
            Nlri key = speaker.numbers(family).route((int) offers.high(number));
            encoder.add(NlriParts.joined(key, attributes == null ? Bytes.EMPTY : attributes.nlriData(), pathId));
        }
    }
}
