package slash32.bgp.rib;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.AsPath;
import slash32.bgp.wire.BgpIdentifier;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Prefix;
import slash32.testkit.Seeds;

class LocRibTest {
    private static final AddressFamily V6 = AddressFamily.IPV6_UNICAST;

    private record Route(int peer, long prefix, PathAttributes attributes) {}

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void deltasAddUpToTheStateOfANaiveModel(long seed) {
        var random = new Random(seed);
        LocRib rib = ribWithPeers(V6, 5);
        var delta = new RibDelta.Builder(V6);
        var model = new HashMap<Long, Map<Integer, PathAttributes>>();
        var followed = new HashMap<Prefix, PathAttributes>();
        for (int step = 0; step < 4_000; step++) {
            int peer = random.nextInt(5);
            long prefix = random.nextInt(200);
            switch (random.nextInt(20)) {
                case 0 -> {
                    rib.peerDown(peer, delta);
                    model.values().forEach(paths -> paths.remove(peer));
                }
                case 1, 2, 3, 4, 5, 6 -> {
                    rib.withdraw(peer, prefix, prefix, 128, delta);
                    model.getOrDefault(prefix, new HashMap<>()).remove(peer);
                }
                default -> {
                    PathAttributes attributes = attributes(random);
                    rib.announce(peer, prefix, prefix, 128, attributes, delta);
                    model.computeIfAbsent(prefix, _ -> new HashMap<>()).put(peer, attributes);
                }
            }
            if (random.nextInt(10) == 0) {
                follow(delta.build(), followed);
            }
        }
        follow(delta.build(), followed);
        var wanted = new HashMap<Prefix, PathAttributes>();
        model.forEach((prefix, paths) -> paths.entrySet().stream()
                .min((a, b) ->
                        Decision.compare(a.getValue(), contender(a.getKey()), b.getValue(), contender(b.getKey())))
                .ifPresent(best ->
                        wanted.put(new Prefix(new slash32.net.Ipv6Address(prefix, prefix), 128), best.getValue())));
        assertThat(followed).isEqualTo(wanted);
        assertThat(rib.size()).isEqualTo(wanted.size());
        int paths = model.values().stream().mapToInt(Map::size).sum();
        assertThat(rib.size(0) + rib.size(1) + rib.size(2) + rib.size(3) + rib.size(4))
                .isEqualTo(paths);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theOrderOfArrivalDoesNotMatter(long seed) {
        var random = new Random(seed);
        var routes = new ArrayList<Route>();
        for (int peer = 0; peer < 5; peer++) {
            for (long prefix = 0; prefix < 40; prefix++) {
                routes.add(new Route(peer, prefix, attributes(random)));
            }
        }
        LocRib first = load(routes);
        Collections.shuffle(routes, random);
        LocRib second = load(routes);
        for (long prefix = 0; prefix < 40; prefix++) {
            assertThat(second.best(prefix, prefix, 128)).isEqualTo(first.best(prefix, prefix, 128));
        }
    }

    @Test
    void staleRoutesStayInUseUntilTheSweep() {
        LocRib rib = ribWithPeers(AddressFamily.IPV4_UNICAST, 1);
        var delta = new RibDelta.Builder(AddressFamily.IPV4_UNICAST);
        PathAttributes attributes = attributes(new Random(1));
        rib.announce(0, 1L << 32, 0, 32, attributes, delta);
        rib.announce(0, 2L << 32, 0, 32, attributes, delta);
        delta.build();
        rib.markStale(0);
        assertThat(delta.size()).isZero();
        rib.announce(0, 1L << 32, 0, 32, attributes, delta);
        assertThat(delta.size()).isZero();
        rib.sweep(0, delta);
        RibDelta swept = delta.build();
        assertThat(swept.size()).isEqualTo(1);
        assertThat(swept.prefix(0)).isEqualTo(Prefix.parse("0.0.0.2/32"));
        assertThat(swept.attributes(0)).isNull();
    }

    @Test
    void prefixesOfAllLengthsAreApart() {
        LocRib rib = ribWithPeers(AddressFamily.IPV4_UNICAST, 1);
        var delta = new RibDelta.Builder(AddressFamily.IPV4_UNICAST);
        PathAttributes attributes = attributes(new Random(1));
        for (int length = 0; length <= 32; length++) {
            rib.announce(0, 0, 0, length, attributes, delta);
        }
        assertThat(rib.size()).isEqualTo(33);
        rib.withdraw(0, 0, 0, 8, delta);
        assertThat(rib.best(0, 0, 8)).isNull();
        assertThat(rib.best(0, 0, 9)).isEqualTo(attributes);
    }

    @Test
    void theDecisionFollowsTheRfcsOrder() {
        PathAttributes plain =
                PathAttributes.builder().nextHop(IpAddress.parse("10.0.0.1")).build();
        PathAttributes preferred =
                plain.toBuilder().localPref(200).asPath(path(1, 2, 3)).build();
        PathAttributes longer = plain.toBuilder().asPath(path(1)).build();
        PathAttributes incomplete =
                plain.toBuilder().origin(slash32.bgp.wire.Origin.INCOMPLETE).build();
        PathAttributes costly = plain.toBuilder().med(10).build();
        List<PathAttributes> order = List.of(preferred, plain, costly, incomplete, longer);
        for (int better = 0; better < order.size(); better++) {
            for (int worse = better + 1; worse < order.size(); worse++) {
                assertThat(Decision.compare(order.get(better), contender(1), order.get(worse), contender(0)))
                        .as("%s before %s", order.get(better), order.get(worse))
                        .isNegative();
            }
        }
        assertThat(Decision.compare(plain, contender(0), plain, contender(1))).isNegative(); // lower identifier
        var external = new Contender(false, new BgpIdentifier(99), IpAddress.parse("10.1.1.99"));
        assertThat(Decision.compare(plain, external, plain, contender(0))).isNegative(); // eBGP over iBGP
    }

    static Stream<Long> seeds() {
        return Seeds.of(10, 1);
    }

    private static LocRib load(List<Route> routes) {
        LocRib rib = ribWithPeers(V6, 5);
        var delta = new RibDelta.Builder(V6);
        routes.forEach(r -> rib.announce(r.peer(), r.prefix(), r.prefix(), 128, r.attributes(), delta));
        return rib;
    }

    private static void follow(RibDelta delta, Map<Prefix, PathAttributes> state) {
        for (int i = 0; i < delta.size(); i++) {
            PathAttributes best = delta.attributes(i);
            if (best == null) {
                state.remove(delta.prefix(i));
            } else {
                state.put(delta.prefix(i), best);
            }
        }
    }

    private static LocRib ribWithPeers(AddressFamily family, int count) {
        var rib = new LocRib(family);
        for (int peer = 0; peer < count; peer++) {
            rib.peer(peer, contender(peer));
        }
        return rib;
    }

    private static Contender contender(int peer) {
        return new Contender(true, new BgpIdentifier(peer + 1), IpAddress.parse("10.0.0." + (peer + 1)));
    }

    private static PathAttributes attributes(Random random) {
        // no MED: comparing it only within one neighbouring AS makes no total order (RFC 4451 §2)
        return PathAttributes.builder()
                .nextHop(IpAddress.parse("10.0.0." + random.nextInt(1, 5)))
                .localPref(100 + random.nextInt(2))
                .asPath(random.nextBoolean() ? AsPath.EMPTY : path(random.nextInt(1, 4)))
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
