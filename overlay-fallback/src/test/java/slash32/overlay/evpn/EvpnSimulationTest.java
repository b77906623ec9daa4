package slash32.overlay.evpn;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.bgp.wire.EvpnChange;
import slash32.bgp.wire.EvpnPath;
import slash32.bgp.wire.EvpnRoute;
import slash32.bgp.wire.EvpnRoute.MacIpRoute;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.NlriParts;
import slash32.net.Asn;
import slash32.net.InterfaceName;
import slash32.net.Ipv4Address;
import slash32.net.MacAddress;
import slash32.net.Vni;
import slash32.overlay.choice.SiteId;
import slash32.overlay.evpn.EvpnAction.Destination;
import slash32.testkit.Seeds;

/// Some nodes with guests that move, are claimed twice and whose agents are killed, with a reflector that is slow for
/// each node in its own way. Hosts die, their guests are started elsewhere, and they come back with all that was stated
/// and without a guest. Once all is said, everybody agrees where each guest is.
class EvpnSimulationTest {
    private static final Vni BLUE = new Vni(100);
    private static final int NODES = 4;
    private static final int GUESTS = 5;
    private static final int EVENTS = 120;
    /// So much between events that no guest moves too often.
    private static final long STEP_NANOS = MacState.WINDOW_NANOS;

    static Stream<Long> seeds() {
        return Seeds.of(100);
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void everybodyAgreesWhereAGuestIs(long seed) {
        var random = new Random(seed);
        var fabric = new Fabric(random);
        for (int event = 0; event < EVENTS; event++) {
            fabric.now += STEP_NANOS;
            fabric.happen();
            fabric.deliver(random.nextInt(20));
        }
        fabric.deliver(Integer.MAX_VALUE);
        fabric.check();
    }

    /// The nodes and the reflector between them.
    private static final class Fabric {
        final Random random;
        final List<Member> members =
                IntStream.range(0, NODES).mapToObj(Member::new).toList();
        long now;

        Fabric(Random random) {
            this.random = random;
            for (Member member : members) {
                member.start(Map.of(), this);
                member.node.complete(now);
                member.take(this);
            }
        }

        void happen() {
            Member member = members.get(random.nextInt(NODES));
            int guest = random.nextInt(GUESTS);
            if (!member.alive) {
                member.comeBack(this);
                return;
            }
            switch (random.nextInt(12)) {
                case 0 -> member.restart(this);
                case 1 -> evacuate(member);
                case 2 -> member.guests.remove(guest); // which is yet to be said of its port
                case 3, 4, 5, 6, 7 -> {
                    member.stated.add(guest);
                    member.guests.add(guest);
                }
                default -> {
                    member.stated.remove(guest);
                    member.guests.remove(guest);
                }
            }
            member.state(this);
        }

        /// A host dies, what it said is forgotten by all, and each guest of its is started somewhere.
        private void evacuate(Member dead) {
            Set<Integer> lost = Set.copyOf(dead.guests);
            dead.die(this);
            List<Member> left = members.stream().filter(each -> each.alive).toList();
            lost.stream().sorted().filter(_ -> !left.isEmpty()).forEach(guest -> {
                deliver(random.nextInt(20));
                Member host = left.get(random.nextInt(left.size()));
                host.stated.add(guest);
                host.guests.add(guest);
                host.state(this);
            });
        }

        /// Hands over at most so many of what waits, in each node's order.
        void deliver(int most) {
            for (int left = most; left > 0; left--) {
                List<Member> waiting = members.stream()
                        .filter(member -> !member.inbox.isEmpty())
                        .toList();
                if (waiting.isEmpty()) {
                    return;
                }
                Member to = waiting.get(random.nextInt(waiting.size()));
                to.node.changed(List.of(to.inbox.removeFirst()), now);
                to.take(this);
            }
        }

        void reflect(Member from, EvpnRoute route, @Nullable EvpnPath path) {
            var key = ((Nlri.Evpn) NlriParts.key(new Nlri.Evpn(0, route))).route();
            for (Member member : members) {
                if (member != from && member.alive) {
                    member.inbox.addLast(new EvpnChange(key, path));
                }
            }
        }

        void check() {
            List<Member> alive = members.stream().filter(each -> each.alive).toList();
            for (int guest = 0; guest < GUESTS; guest++) {
                int which = guest;
                var key = new MacKey(BLUE, mac(guest));
                List<Member> with = alive.stream()
                        .filter(member -> member.guests.contains(which))
                        .toList();
                List<Member> here = alive.stream()
                        .filter(member -> member.tables.forwarding.get(key) instanceof Destination.Local)
                        .toList();
                if (with.isEmpty()) {
                    assertThat(alive).allSatisfy(member -> {
                        assertThat(member.tables.forwarding.get(key) instanceof Destination.Remote)
                                .isFalse();
                        assertThat(member.said)
                                .noneSatisfy((route, _) -> assertThat(route)
                                        .isInstanceOfSatisfying(
                                                MacIpRoute.class,
                                                mac -> assertThat(mac.mac()).isEqualTo(key.mac())));
                    });
                    assertThat(here)
                            .allSatisfy(member -> assertThat(member.stated).contains(which));
                    continue;
                }
                assertThat(here).as("guest %s of %s", guest, with).hasSize(1);
                Member home = here.getFirst();
                assertThat(with).contains(home);
                for (Member member : alive) {
                    if (member != home) {
                        assertThat(member.tables.forwarding).containsEntry(key, new Destination.Remote(home.address));
                    }
                }
            }
        }
    }

    private static MacAddress mac(int guest) {
        return new MacAddress(0x0200_0000_0000L + guest);
    }

    private static int number(InterfaceName device) {
        return Integer.parseInt(device.value().substring("tap".length()));
    }

    /// A node and what waits for it.
    private static final class Member {
        final Ipv4Address address;
        final Deque<EvpnChange> inbox = new ArrayDeque<>();
        /// Whose ports the platform stated here, and which of them are running here.
        final Set<Integer> stated = new HashSet<>();

        final Set<Integer> guests = new HashSet<>();
        boolean alive = true;
        EvpnTables tables = new EvpnTables();
        /// What the reflector has of it.
        final Map<EvpnRoute, EvpnPath> said = new LinkedHashMap<>();
        EvpnNode node;

        Member(int number) {
            address = new Ipv4Address(0x0a00_000b + number);
            node = fresh(Map.of());
        }

        private EvpnNode fresh(Map<MacKey, Long> remembered) {
            return new EvpnNode(new Asn(65000), address, address, EvpnNode.ROUTES_PER_NODE, remembered);
        }

        void start(Map<MacKey, Long> remembered, Fabric fabric) {
            node = fresh(remembered);
            fabric.members.forEach(member -> node.reachable(member.address, new SiteId(1), fabric.now));
            state(fabric);
        }

        /// Killed: what is on disk is left, the reflector keeps what it has and says all that the others have.
        void restart(Fabric fabric) {
            var disk = new HashMap<>(tables.disk);
            var before = new HashMap<>(said);
            tables = new EvpnTables();
            tables.disk.putAll(disk);
            inbox.clear();
            start(disk, fabric);
            for (Member other : fabric.members) {
                if (other != this) {
                    other.said.forEach((route, path) -> inbox.addLast(
                            new EvpnChange(((Nlri.Evpn) NlriParts.key(new Nlri.Evpn(0, route))).route(), path)));
                }
            }
            while (!inbox.isEmpty()) {
                node.changed(List.of(inbox.removeFirst()), fabric.now);
                take(fabric);
            }
            node.complete(fabric.now);
            take(fabric);
            before.keySet().stream()
                    .filter(route -> !tables.routes.containsKey(route))
                    .forEach(route -> {
                        said.remove(route);
                        fabric.reflect(this, route, null);
                    });
        }

        /// The host is gone, and the reflector notices.
        void die(Fabric fabric) {
            alive = false;
            guests.clear();
            inbox.clear();
            List.copyOf(said.keySet()).forEach(route -> fabric.reflect(this, route, null));
            said.clear();
        }

        /// With its disk.
        void comeBack(Fabric fabric) {
            alive = true;
            restart(fabric);
        }

        void state(Fabric fabric) {
            var ports = new ArrayList<Port>();
            stated.stream()
                    .sorted()
                    .forEach(guest ->
                            ports.add(new Port(new InterfaceName("tap" + guest), mac(guest), List.of(), false)));
            node.segments(List.of(new Segment("blue", BLUE, Segment.Flooding.NONE, 1450, ports)), fabric.now);
            ports.forEach(port -> node.joined(BLUE, port.device(), guests.contains(number(port.device())), fabric.now));
            take(fabric);
        }

        void take(Fabric fabric) {
            for (EvpnAction action : tables.take(node)) {
                switch (action) {
                    case EvpnAction.Announce(List<EvpnPath> paths) ->
                        paths.forEach(path -> {
                            said.put(path.route(), path);
                            fabric.reflect(this, path.route(), path);
                        });
                    case EvpnAction.Withdraw(List<EvpnRoute> routes) ->
                        routes.forEach(route -> {
                            said.remove(route);
                            fabric.reflect(this, route, null);
                        });
                    default -> {}
                }
            }
        }
    }
}
