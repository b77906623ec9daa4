package slash32.agent.dataplane.fib;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.agent.dataplane.fib.FakeKernel.LINK;
import static slash32.agent.dataplane.fib.FakeKernel.foreign;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.agent.dataplane.fib.FakeKernel.RouteKey;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;
import slash32.net.Ipv6Address;
import slash32.net.Prefix;
import slash32.netlink.route.Link;
import slash32.netlink.route.Nexthop;
import slash32.netlink.route.Route;
import slash32.netlink.route.RouteEvent;
import slash32.netlink.route.Rt;
import slash32.netlink.socket.Errno;
import slash32.reconcile.Backoff;
import slash32.testkit.Seeds;

/// A FIB writer between fickle peers, a kernel with faults, strangers who edit its routes, and kill -9, with late
/// events. Whatever happened, in the end the kernel has what is desired, and others' routes are as others left them.
class FibSimulationTest {
    private static final int PREFIXES = 40;
    private static final int STEPS = 3_000;
    private static final List<IpAddress> NEXT_HOPS = Stream.of(
                    "10.0.0.2", "10.0.0.3", "172.16.0.8", "172.16.0.9", "203.0.113.5", "2001:db8::2", "2001:db8::3")
            .map(IpAddress::parse)
            .toList();

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void theKernelEndsUpAsDesired(long seed) {
        var simulation = new Simulation(new Random(seed));
        for (int i = 0; i < STEPS; i++) {
            simulation.step();
        }
        simulation.calm();
        simulation.check();
    }

    static Stream<Long> seeds() {
        return Seeds.of(20, 1, 2, 3);
    }

    private static final class Simulation {
        final Random random;
        final FakeKernel kernel = new FakeKernel();
        final Map<Prefix, List<IpAddress>> desired = new TreeMap<>();
        final Set<IpAddress> permitted = new HashSet<>();
        final Map<RouteKey, Route> others = new TreeMap<>();
        final Deque<RouteEvent> events = new ArrayDeque<>();
        /// What a restarted agent is still to be told.
        final List<Runnable> statements = new ArrayList<>();
        /// Routes that were right at the restart, and what they must go on leading to until in-sync.
        final Map<Prefix, List<IpAddress>> unbroken = new HashMap<>();

        FibWriter fib;
        long nowNanos = 1;
        boolean objectsRefused;

        Simulation(Random random) {
            this.random = random;
            for (Route route : List.of(
                    foreign("10.0.0.0/24", 0, null),
                    foreign("172.16.0.0/16", 0, "10.0.0.254"),
                    foreign("2001:db8::/64", 0, null))) {
                others.put(new RouteKey(route.prefix(), 0), route);
                kernel.add(route);
            }
            kernel.replaced = this::replaced;
            fib = writer();
            fib.inSync(false);
            fib.inSync(true);
        }

        /// One that writes all at once, or launches much or all of it.
        private FibWriter writer() {
            return new FibWriter(kernel, Backoff.KERNEL, List.of(1, 4, 1_000).get(random.nextInt(3)));
        }

        /// The kernel replaces whatever has the prefix and metric: what a stranger put there is safe once we heard of
        /// it.
        private void replaced(Route route) {
            assertThat(events).contains(new RouteEvent.RouteAdded(route));
            others.remove(new RouteKey(route.prefix(), route.priority()));
        }

        void step() {
            nowNanos += random.nextInt(50_000_000);
            kernel.slow = random.nextBoolean();
            if (random.nextBoolean()) {
                kernel.arrive();
            }
            switch (random.nextInt(24)) {
                case 0, 1, 2, 3, 4, 5, 6 -> announce(prefix());
                case 7, 8, 9 -> withdraw(prefix());
                case 10, 11 -> decide(nextHop(), true);
                case 12 -> decide(nextHop(), false);
                case 13 -> deleteOurs();
                case 14 -> bendOurs();
                case 15 -> stranger();
                case 16 -> strangerLeaves();
                case 17 -> bendObject();
                case 18 -> link(random.nextBoolean());
                case 19 -> fault();
                case 20 -> kernel.callsUntilBroken = random.nextInt(30);
                case 21 -> restart();
                case 22 -> fib.resync();
                default -> {
                    objectsRefused = false;
                    kernel.refuse = _ -> null;
                }
            }
            for (int n = random.nextInt(4); n > 0 && !events.isEmpty(); n--) {
                kernel.arrive(); // what sets out later than an event knows of it
                fib.observed(events.remove());
            }
            for (int n = random.nextInt(20); n > 0 && !statements.isEmpty(); n--) {
                statements.removeLast().run();
            }
            if (random.nextInt(3) > 0) {
                fib.pass(nowNanos);
            }
            unbroken.forEach((prefix, nextHops) -> assertThat(leadsTo(prefix))
                    .as("%s after the restart", prefix)
                    .isEqualTo(target(nextHops)));
        }

        private Prefix prefix() {
            int i = random.nextInt(PREFIXES);
            return switch (i % 4) {
                case 0 -> Prefix.containing(new Ipv4Address((198 << 24) + (i << 8)), 24);
                case 1 -> new Ipv6Address(0x2001_0db8_0009_0000L, i).hostPrefix();
                default -> new Ipv4Address((192 << 24) + i).hostPrefix();
            };
        }

        private IpAddress nextHop() {
            return NEXT_HOPS.get(random.nextInt(NEXT_HOPS.size()));
        }

        private void announce(Prefix prefix) {
            var nextHops = new TreeSet<IpAddress>();
            for (int n = random.nextInt(4) == 0 ? 1 + random.nextInt(3) : 1; n > 0; n--) {
                nextHops.add(prefix.isIpv4() ? nextHop() : NEXT_HOPS.get(5 + random.nextInt(2)));
            }
            desired.put(prefix, List.copyOf(nextHops));
            unbroken.remove(prefix);
            put(prefix);
        }

        private void put(Prefix prefix) {
            IpAddress address = prefix.address();
            List<IpAddress> nextHops = desired.get(prefix);
            if (nextHops != null) {
                fib.put(high(address), FibTable.low(address), prefix.length(), !prefix.isIpv4(), nextHops);
            }
        }

        private static long high(IpAddress address) {
            return FibTable.high(address);
        }

        private void withdraw(Prefix prefix) {
            IpAddress address = prefix.address();
            desired.remove(prefix);
            unbroken.remove(prefix);
            fib.remove(high(address), FibTable.low(address), prefix.length(), !prefix.isIpv4());
        }

        private void decide(IpAddress nextHop, boolean permit) {
            if (permit) {
                permitted.add(nextHop);
            } else {
                permitted.remove(nextHop);
                unbroken.values().removeIf(nextHops -> nextHops.contains(nextHop));
            }
            tell(nextHop);
        }

        private void tell(IpAddress nextHop) {
            if (permitted.contains(nextHop)) {
                fib.permit(nextHop);
            } else {
                fib.refuse(nextHop);
            }
        }

        private List<Route> ours() {
            return kernel.routes.values().stream()
                    .filter(route -> route.protocol() == Rt.RTPROT_SLASH32)
                    .toList();
        }

        private void deleteOurs() {
            pick(ours(), route -> {
                unbroken.remove(route.prefix());
                kernel.routes.remove(new RouteKey(route.prefix(), route.priority()));
                events.add(new RouteEvent.RouteRemoved(route));
            });
        }

        private void bendOurs() {
            pick(ours(), route -> {
                unbroken.remove(route.prefix());
                var bent = new Route(
                        route.prefix(), route.priority(), route.protocol(), Rt.RTN_UNICAST, LINK, null, null, 0, 0);
                kernel.add(bent);
                events.add(new RouteEvent.RouteAdded(bent));
            });
        }

        private void bendObject() {
            pick(List.copyOf(kernel.nexthops.values()), nexthop -> {
                Nexthop.Target bad = nexthop.target() instanceof Nexthop.Target.Group(var members)
                        ? new Nexthop.Target.Group(members.subList(0, 1))
                        : new Nexthop.Target.Blackhole(Rt.AF_INET6);
                var bent = new Nexthop(nexthop.id(), bad, nexthop.protocol());
                if (kernel.put(bent) == null) {
                    unbroken.clear();
                    events.add(new RouteEvent.NexthopChanged(bent));
                }
            });
        }

        /// Somebody replaces whatever has our metric, or adds a route beside.
        private void stranger() {
            int priority = random.nextBoolean() ? FibWriter.PRIORITY : 5;
            Route route = foreign(prefix().toString(), priority, null);
            unbroken.remove(route.prefix());
            others.put(new RouteKey(route.prefix(), priority), route);
            kernel.add(route);
            events.add(new RouteEvent.RouteAdded(route));
        }

        private void strangerLeaves() {
            List<Route> leaving =
                    others.values().stream().filter(r -> r.priority() != 0).toList();
            pick(leaving, route -> {
                others.remove(new RouteKey(route.prefix(), route.priority()));
                kernel.routes.remove(new RouteKey(route.prefix(), route.priority()));
                events.add(new RouteEvent.RouteRemoved(route));
            });
        }

        private void link(boolean up) {
            if (up) {
                kernel.linkUp = true;
            } else {
                unbroken.clear();
                kernel.flushLink();
            }
            events.add(new RouteEvent.LinkChanged(
                    new Link(LINK, new InterfaceName("eth0"), true, up, null, 1500, 0, "", "", null)));
        }

        private void fault() {
            String what = prefix().toString();
            Errno errno = random.nextBoolean() ? Errno.ENOMEM : Errno.EINVAL;
            boolean objects = random.nextInt(4) == 0;
            if (objects) {
                unbroken.clear(); // a refused gateway drops
            }
            objectsRefused = objects;
            kernel.refuse = text ->
                    text.contains(what) || (objects && text.contains("nexthop") && text.contains("via")) ? errno : null;
        }

        /// A new process on the same kernel, which hears everything again in any order.
        private void restart() {
            kernel.arrive();
            fib = writer();
            events.clear(); // what happened before the new subscription is in the read-back
            statements.clear();
            unbroken.clear();
            desired.forEach((prefix, nextHops) -> {
                if (!objectsRefused
                        && permitted.containsAll(nextHops)
                        && leadsTo(prefix).equals(target(nextHops))) {
                    unbroken.put(prefix, nextHops);
                }
                statements.add(() -> put(prefix));
            });
            NEXT_HOPS.forEach(nextHop -> statements.add(() -> tell(nextHop)));
            Collections.shuffle(statements, random);
            statements.addFirst(() -> fib.inSync(true));
            statements.addFirst(() -> {
                fib.inSync(false);
                unbroken.clear();
            });
        }

        private <T> void pick(List<T> from, Consumer<T> taken) {
            if (!from.isEmpty()) {
                taken.accept(from.get(random.nextInt(from.size())));
            }
        }

        private String leadsTo(Prefix prefix) {
            Route route = kernel.routes.get(new RouteKey(prefix, FibWriter.PRIORITY));
            return route == null ? "" : leadsTo(route.nexthopId());
        }

        private String leadsTo(int id) {
            Nexthop nexthop = kernel.nexthops.get(id);
            return switch (nexthop == null ? null : nexthop.target()) {
                case Nexthop.Target.Gateway gateway -> "via " + gateway.address();
                case Nexthop.Target.Group(var ids) ->
                    ids.stream().map(this::leadsTo).sorted().collect(Collectors.joining(", "));
                case Nexthop.Target.Blackhole _ -> "blackhole";
                case null -> "";
            };
        }

        private String target(List<IpAddress> nextHops) {
            String used = nextHops.stream()
                    .map(this::target)
                    .filter(target -> !target.equals("blackhole"))
                    .sorted()
                    .collect(Collectors.joining(", "));
            return used.isEmpty() ? "blackhole" : used;
        }

        private String target(IpAddress nextHop) {
            String text = nextHop.toString();
            return !permitted.contains(nextHop) || text.startsWith("203.")
                    ? "blackhole"
                    : "via " + (text.startsWith("172.") ? "10.0.0.254" : text);
        }

        /// Faults end, everything is said and heard, and the longest back-off passes.
        void calm() {
            kernel.refuse = _ -> null;
            kernel.callsUntilBroken = -1;
            link(true);
            kernel.arrive();
            while (!statements.isEmpty()) {
                statements.removeLast().run();
            }
            events.forEach(fib::observed);
            long end = nowNanos + 120_000_000_000L;
            while (fib.nextDeadlineNanos(nowNanos) <= end) {
                nowNanos = fib.nextDeadlineNanos(nowNanos);
                fib.pass(nowNanos);
                nowNanos++;
            }
        }

        void check() {
            var expected = new TreeMap<Prefix, String>();
            desired.forEach((prefix, nextHops) -> {
                if (!others.containsKey(new RouteKey(prefix, FibWriter.PRIORITY))) {
                    expected.put(prefix, target(nextHops));
                }
            });
            var actual = new TreeMap<Prefix, String>();
            ours().forEach(route -> actual.put(route.prefix(), leadsTo(route.prefix())));
            assertThat(actual).isEqualTo(expected);
            Map<RouteKey, Route> untouched = new TreeMap<>(kernel.routes);
            untouched.values().removeIf(route -> route.protocol() == Rt.RTPROT_SLASH32);
            assertThat(untouched).isEqualTo(others);
            var objects = new HashSet<>(desired.values());
            desired.values().forEach(nextHops -> nextHops.forEach(nextHop -> objects.add(List.of(nextHop))));
            assertThat(kernel.nexthops.keySet())
                    .containsAll(ours().stream().map(Route::nexthopId).toList())
                    .hasSize(objects.size());
            assertThat(fib.size()).isEqualTo(desired.size());
            assertThat(fib.owned()).isEqualTo(expected.size());
            desired.keySet()
                    .forEach(prefix -> assertThat(fib.inForce(prefix))
                            .isEqualTo(expected.containsKey(prefix))
                            .isEqualTo(fib.failure(prefix) == null));
        }
    }
}
