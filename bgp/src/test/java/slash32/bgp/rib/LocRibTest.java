package slash32.bgp.rib;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.Origin;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

class LocRibTest {
    private static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    private static final AddressFamily V6 = AddressFamily.IPV6_UNICAST;
    private static final PathAttributes ANY =
            PathAttributes.builder().nextHop(IpAddress.parse("10.0.0.1")).build();

    // Identifiers fall as addresses rise, and 4 is external, so that no two steps of the decision say the same.
    private static final List<Contender> PEERS = IntStream.range(0, 5)
            .mapToObj(peer ->
                    new Contender(peer < 4, new BgpIdentifier(-1 - peer), IpAddress.parse("10.0.0." + (peer + 1))))
            .toList();

    /// As RFC 9494 §4.2: what has a MED is not to be kept here.
    private static @Nullable PathAttributes longLived(PathAttributes path) {
        return path.med() != PathAttributes.ABSENT
                ? null
                : path.toBuilder().communities(List.of(0xffff_0006)).build();
    }

    private record Route(int peer, Prefix prefix, PathAttributes attributes) {}

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void equalsANaiveModelAndItsDeltasAddUpToIt(long seed) {
        var random = new Random(seed);
        for (AddressFamily family : List.of(V4, V6)) {
            int maximumPaths = random.nextInt(1, 4);
            var rib = new Followed(family, maximumPaths);
            var model = new NaiveRib(PEERS);
            List<Prefix> prefixes = prefixes(family, random, 30);
            for (int step = 0; step < 1_500; step++) {
                int peer = random.nextInt(PEERS.size());
                Prefix prefix = prefixes.get(random.nextInt(prefixes.size()));
                int id = random.nextInt(2);
                switch (random.nextInt(25)) {
                    case 0 -> {
                        rib.rib.peerDown(peer, rib.delta);
                        model.peerDown(peer);
                    }
                    case 1 -> {
                        rib.rib.markStale(peer);
                        model.markStale(peer);
                    }
                    case 2 -> {
                        rib.rib.sweep(peer, rib.delta);
                        model.sweep(peer);
                    }
                    case 24 -> {
                        rib.rib.relabelStale(peer, LocRibTest::longLived, rib.delta);
                        model.relabelStale(peer, LocRibTest::longLived);
                    }
                    case 3, 4, 5, 6, 7, 8 -> {
                        rib.withdraw(peer, id, prefix);
                        model.withdraw(peer, id, prefix);
                    }
                    default -> {
                        PathAttributes attributes = attributes(random);
                        rib.announce(peer, id, prefix, attributes);
                        model.announce(peer, id, prefix, attributes);
                    }
                }
                rib.follow();
                assertThat(rib.followed).as("step %d", step).isEqualTo(model.best(maximumPaths));
            }
            assertThat(rib.rib.size()).isEqualTo(model.best().size());
            for (int peer = 0; peer < PEERS.size(); peer++) {
                assertThat(rib.rib.size(peer)).isEqualTo(model.size(peer));
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theOrderOfArrivalDoesNotMatter(long seed) {
        var random = new Random(seed);
        var routes = new ArrayList<Route>();
        for (Prefix prefix : prefixes(V6, random, 40)) {
            for (int peer = 0; peer < PEERS.size(); peer++) {
                routes.add(new Route(peer, prefix, attributes(random)));
            }
        }
        Map<Prefix, List<PathAttributes>> first = load(routes);
        for (int permutation = 0; permutation < 5; permutation++) {
            Collections.shuffle(routes, random);
            assertThat(load(routes)).isEqualTo(first);
        }
    }

    /// RFC 4271 §9.1.2.2 c removes from a set; comparing pair by pair would end with whichever came last.
    @Test
    void aLowerMedRemovesOnlyPathsOfItsNeighborAs() {
        PathAttributes dear = ANY.toBuilder().asPath(path(1)).med(20).build();
        PathAttributes cheap = ANY.toBuilder().asPath(path(1)).med(10).build();
        PathAttributes other = ANY.toBuilder().asPath(path(2)).med(30).build();
        Prefix prefix = Prefix.parse("192.0.2.1/32");
        // by identifier alone the order would be 3 before 2 before 1
        List<Route> routes =
                List.of(new Route(3, prefix, dear), new Route(2, prefix, other), new Route(1, prefix, cheap));
        for (List<Route> order : List.of(routes, routes.reversed())) {
            assertThat(load(order)).containsExactly(Map.entry(prefix, List.of(other)));
        }
        // the cheap one goes, and with it what kept the dear one out
        var rib = new Followed(V4);
        routes.forEach(route -> rib.announce(route.peer(), route.prefix(), route.attributes()));
        rib.withdraw(1, prefix);
        rib.follow();
        assertThat(rib.followed).containsExactly(Map.entry(prefix, List.of(dear)));
    }

    @Test
    void staleRoutesStayInUseUntilTheSweep() {
        var rib = new Followed(V4);
        Prefix kept = Prefix.parse("192.0.2.1/32");
        Prefix gone = Prefix.parse("192.0.2.2/32");
        rib.announce(0, kept, ANY);
        rib.announce(0, gone, ANY);
        rib.delta.build();
        rib.rib.markStale(0);
        rib.announce(0, kept, ANY);
        assertThat(rib.delta.size()).isZero();
        rib.rib.sweep(0, rib.delta);
        RibDelta swept = rib.delta.build();
        assertThat(swept.size()).isEqualTo(1);
        assertThat(swept.prefix(0)).isEqualTo(gone);
        assertThat(swept.attributes(0)).isNull();
        rib.rib.sweep(0, rib.delta);
        assertThat(rib.delta.size()).isZero();
    }

    /// Two reflectors tell the same: one of them lost changes no route, so it says nothing.
    @Test
    void losingOneOfTwoEqualSourcesIsNoChange() {
        var rib = new Followed(V4);
        for (int host = 0; host < 100; host++) {
            Prefix prefix = new Prefix(new Ipv4Address(0xc000_0200 + host), 32);
            rib.announce(0, prefix, ANY);
            rib.announce(1, prefix, ANY);
        }
        assertThat(rib.delta.build().size()).isEqualTo(100);
        rib.rib.peerDown(1, rib.delta);
        rib.announce(1, Prefix.parse("192.0.2.7/32"), ANY);
        rib.rib.peerDown(0, rib.delta);
        RibDelta delta = rib.delta.build();
        assertThat(delta.size()).isEqualTo(99);
        assertThat(rib.rib.size()).isEqualTo(1);
    }

    @Test
    void prefixesOfAllLengthsAreApart() {
        var rib = new Followed(V4);
        for (int length = 0; length <= 32; length++) {
            rib.announce(0, new Prefix(new Ipv4Address(0), length), ANY);
        }
        assertThat(rib.rib.size()).isEqualTo(33);
        rib.withdraw(0, Prefix.parse("0.0.0.0/8"));
        assertThat(rib.rib.best(0, 0, 8)).isNull();
        assertThat(rib.rib.best(0, 0, 9)).isEqualTo(ANY);
    }

    @Test
    void peersThatNeverAnnouncedAreAsked() {
        var rib = new LocRib(V4);
        var delta = new RibDelta.Builder(V4);
        rib.peerDown(70, delta);
        rib.markStale(70);
        rib.sweep(70, delta);
        rib.withdraw(70, 0, 1L << 32, 0, 32, delta);
        assertThat(rib.size(70)).isZero();
        assertThat(delta.size()).isZero();
    }

    /// The memory follows the table, up and down (docs/design/bgp.md, "What a route costs").
    @Test
    void aHundredThousandRoutesOfTwoPeersCostWhatTheDesignSays() {
        int count = 100_000;
        for (AddressFamily family : List.of(V4, V6)) {
            var rib = new Followed(family);
            long empty = rib.rib.octets();
            for (int peer = 0; peer < 2; peer++) {
                for (int host = 0; host < count; host++) {
                    rib.announce(peer, host(family, host), ANY);
                }
            }
            long each = (rib.rib.octets() - empty) / count;
            assertThat(each).isBetween(family.equals(V4) ? 40L : 52L, family.equals(V4) ? 50L : 62L);
            rib.follow();
            rib.rib.peerDown(0, rib.delta);
            for (int host = 50; host < count; host++) {
                rib.withdraw(1, host(family, host));
            }
            rib.follow();
            assertThat(rib.rib.octets()).isLessThan(200_000);
            assertThat(rib.followed).hasSize(50);
            rib.announce(0, host(family, 7), ANY.toBuilder().localPref(7).build());
            rib.rib.peerDown(1, rib.delta);
            rib.follow();
            assertThat(rib.followed).containsOnlyKeys(host(family, 7));
        }
    }

    static Stream<Long> seeds() {
        return Seeds.of(3, 1);
    }

    /// A RIB, and the table that somebody has who only hears its deltas.
    private static final class Followed {
        final LocRib rib;
        final RibDelta.Builder delta;
        final Map<Prefix, List<PathAttributes>> followed = new HashMap<>();

        Followed(AddressFamily family) {
            this(family, 1);
        }

        Followed(AddressFamily family, int maximumPaths) {
            rib = new LocRib(family, maximumPaths);
            delta = new RibDelta.Builder(family);
            for (int peer = 0; peer < PEERS.size(); peer++) {
                rib.peer(peer, PEERS.get(peer));
            }
        }

        void announce(int peer, Prefix prefix, PathAttributes attributes) {
            announce(peer, 0, prefix, attributes);
        }

        void announce(int peer, int id, Prefix prefix, PathAttributes attributes) {
            rib.announce(peer, id, high(prefix), low(prefix), prefix.length(), attributes, delta);
        }

        void withdraw(int peer, Prefix prefix) {
            withdraw(peer, 0, prefix);
        }

        void withdraw(int peer, int id, Prefix prefix) {
            rib.withdraw(peer, id, high(prefix), low(prefix), prefix.length(), delta);
        }

        /// Takes up the delta, which must hold nothing that is no change.
        void follow() {
            RibDelta built = delta.build();
            for (int i = 0; i < built.size(); i++) {
                List<PathAttributes> paths = paths(built, i);
                List<PathAttributes> before =
                        paths.isEmpty() ? followed.remove(built.prefix(i)) : followed.put(built.prefix(i), paths);
                must(!paths.equals(Objects.requireNonNullElse(before, List.of())), "said again", built.prefix(i));
                PathAttributes first = before == null ? null : before.getFirst();
                must(Objects.equals(built.before(i), first), "another before", built.prefix(i));
            }
            for (int i = 0; i < built.size(); i++) {
                PathAttributes inRib = rib.best(built.high(i), built.low(i), built.length(i));
                must(Objects.equals(inRib, best(built.prefix(i))), "another best in the RIB", built.prefix(i));
            }
        }

        /// An assertion for hundreds of thousands of prefixes, which makes no text of those that are fine.
        private static void must(boolean holds, String otherwise, Prefix prefix) {
            if (!holds) {
                throw new AssertionError(prefix + ": " + otherwise);
            }
        }

        @Nullable
        PathAttributes best(Prefix prefix) {
            return followed.containsKey(prefix) ? followed.get(prefix).getFirst() : null;
        }

        private static List<PathAttributes> paths(RibDelta delta, int index) {
            var paths = new ArrayList<PathAttributes>();
            PathAttributes best = delta.attributes(index);
            if (best != null) {
                paths.add(best);
                paths.addAll(delta.others(index));
            }
            return paths;
        }
    }

    private static Map<Prefix, List<PathAttributes>> load(List<Route> routes) {
        var rib = new Followed(routes.getFirst().prefix().isIpv4() ? V4 : V6);
        for (Route route : routes) {
            rib.announce(route.peer(), route.prefix(), route.attributes());
            rib.follow();
        }
        return rib.followed;
    }

    private static long high(Prefix prefix) {
        return switch (prefix.address()) {
            case Ipv4Address v4 -> (long) v4.value() << 32;
            case Ipv6Address v6 -> v6.high();
        };
    }

    private static long low(Prefix prefix) {
        return prefix.address() instanceof Ipv6Address v6 ? v6.low() : 0;
    }

    private static Prefix host(AddressFamily family, int number) {
        IpAddress address =
                family.equals(V4) ? new Ipv4Address(0x0a00_0000 + number) : new Ipv6Address(0x2001_0db8L << 32, number);
        return address.hostPrefix();
    }

    private static List<Prefix> prefixes(AddressFamily family, Random random, int count) {
        return Stream.generate(() -> family.equals(V4)
                        ? Prefix.containing(new Ipv4Address(random.nextInt()), random.nextInt(33))
                        : Prefix.containing(new Ipv6Address(random.nextLong(), random.nextLong()), random.nextInt(129)))
                .distinct()
                .limit(count)
                .toList();
    }

    private static PathAttributes attributes(Random random) {
        return PathAttributes.builder()
                .nextHop(IpAddress.parse("10.0.0." + random.nextInt(1, 3)))
                .origin(random.nextInt(4) == 0 ? Origin.INCOMPLETE : Origin.IGP)
                .localPref(random.nextInt(3) == 0 ? PathAttributes.ABSENT : 99 + random.nextInt(2))
                .med(random.nextInt(2) == 0 ? PathAttributes.ABSENT : random.nextInt(3))
                .asPath(random.nextBoolean() ? AsPath.EMPTY : path(random.nextInt(1, 4)))
                .originatorId(random.nextBoolean() ? null : new BgpIdentifier(random.nextInt(1, 3)))
                .clusterList(random.nextBoolean() ? List.of() : List.of(1))
                .build();
    }

    private static AsPath path(int... numbers) {
        AsPath path = AsPath.EMPTY;
        for (int number : numbers) {
            path = path.prepend(new Asn(number));
        }
        return path;
    }
}
