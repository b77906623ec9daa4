package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.message.Request;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Seeds;

/// Random groups, rules and packets: what the kernel does with our ruleset against what {@link Contract} says.
///
/// Odd seeds are of tables that others may change, with the backstop beside them.
/// {@code -Dmodel.rulesets=200 -Dmodel.packets=1000} for more; {@code -Dseed=N} for one. A difference is shown as the
/// smallest case that still has one.
@InNetns
class ModelCheckKernelTest {
    private static final int RULESETS = Integer.getInteger("model.rulesets", 20);
    private static final int PACKETS = Integer.getInteger("model.packets", 250);
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final int IPCTNL_MSG_CT_DELETE = 0x102;
    private static final int REQUEST_ACK = 5;

    static Stream<Long> seeds() {
        return Seeds.of(RULESETS);
    }

    @ParameterizedTest(name = "seed={0}")
    @MethodSource("seeds")
    void theKernelDoesWhatTheContractSays(long seed) throws IOException {
        try (var wire = new Wire();
                var conntrack = NetlinkSocket.open(NetlinkProtocol.NETFILTER)) {
            RandomCase.ADDRESSES.forEach((device, addresses) ->
                    wire.attach(device, RandomCase.mac(device), addresses.toArray(IpAddress[]::new)));
            Command.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.icmp_ratelimit=0");
            RulesetCompiler compiler =
                    seed % 4 < 2 ? COMPILER : COMPILER.withUplink(new InterfaceName(RandomCase.OUTSIDE));
            var check = new Check(wire, conntrack, compiler, seed % 2 == 0);
            RandomCase whole = RandomCase.of(seed, PACKETS);
            Difference difference = check.difference(whole);
            if (difference != null) {
                RandomCase smallest = check.shrink(whole, difference);
                throw new AssertionError("seed=%d: %s%n%s".formatted(seed, check.difference(smallest), smallest));
            }
            assertThat(check.passed).as("some packets pass").isPositive();
        }
    }

    private record Difference(int index, Probe probe, boolean expected, List<String> arrived) {
        @Override
        public String toString() {
            return "packet %d should%s pass, arrived at %s: %s"
                    .formatted(index, expected ? "" : " not", arrived, probe);
        }
    }

    private static final class Check {
        private final Wire wire;
        private final NetlinkSocket conntrack;
        private final RulesetCompiler compiler;
        private final boolean exclusive;
        private int passed;

        Check(Wire wire, NetlinkSocket conntrack, RulesetCompiler compiler, boolean exclusive) {
            this.wire = wire;
            this.conntrack = conntrack;
            this.compiler = compiler;
            this.exclusive = exclusive;
        }

        @Nullable
        Difference difference(RandomCase random) throws IOException {
            Request flush = Request.of(IPCTNL_MSG_CT_DELETE, REQUEST_ACK, () -> "flush conntrack")
                    .u8(0)
                    .u8(0)
                    .be16(0);
            conntrack.execute(flush);
            try (Firewall firewall = Firewall.open(compiler, exclusive)) {
                random.groups().forEach(firewall::putGroup);
                random.endpoints().forEach(firewall::putEndpoint);
                random.members()
                        .forEach(
                                (group, addresses) -> addresses.forEach(address -> firewall.putMember(group, address)));
                firewall.inSync();
                assertThat(firewall.apply(0).failed()).isEmpty();
                var contract = new Contract(random.groups(), random.members(), random.endpoints());
                for (int i = 0; i < random.probes().size(); i++) {
                    Probe probe = random.probes().get(i);
                    boolean expected = contract.passes(probe);
                    List<String> arrived = wire.send(probe.device(), probe.mac(), probe.packet(wire.payload()));
                    if (expected == arrived.isEmpty()) {
                        return new Difference(i, probe, expected, arrived);
                    }
                    passed += expected ? 1 : 0;
                }
            }
            return null;
        }

        /// Leaves out what is not needed for the difference, until nothing more can be.
        RandomCase shrink(RandomCase random, Difference found) throws IOException {
            RandomCase smallest = with(random, random.probes().subList(0, found.index() + 1));
            boolean smaller = true;
            while (smaller) {
                smaller = false;
                for (RandomCase candidate : simpler(smallest)) {
                    if (difference(candidate) != null) {
                        smallest = candidate;
                        smaller = true;
                        break;
                    }
                }
            }
            return smallest;
        }

        private static RandomCase with(RandomCase random, List<Probe> probes) {
            return new RandomCase(random.groups(), random.members(), random.endpoints(), List.copyOf(probes));
        }

        private static List<RandomCase> simpler(RandomCase random) {
            var simpler = new ArrayList<RandomCase>();
            int probes = random.probes().size();
            for (int chunk = probes / 2; chunk > 0; chunk /= 2) {
                for (int from = 0; from + chunk < probes; from += chunk) {
                    simpler.add(with(random, without(random.probes(), from, chunk)));
                }
            }
            for (int g = 0; g < random.groups().size(); g++) {
                SecurityGroup group = random.groups().get(g);
                for (int r = 0; r < group.rules().size(); r++) {
                    var groups = new ArrayList<>(random.groups());
                    groups.set(
                            g,
                            new SecurityGroup(
                                    group.id(),
                                    group.name(),
                                    group.stateful(),
                                    group.addresses(),
                                    without(group.rules(), r, 1)));
                    simpler.add(new RandomCase(groups, random.members(), random.endpoints(), random.probes()));
                }
            }
            random.members()
                    .forEach((group, addresses) -> addresses.forEach(address -> {
                        Map<GroupId, Set<IpAddress>> members = new HashMap<>(random.members());
                        var fewer = new HashSet<>(addresses);
                        fewer.remove(address);
                        members.put(group, fewer);
                        simpler.add(new RandomCase(random.groups(), members, random.endpoints(), random.probes()));
                    }));
            for (int e = 0; e < random.endpoints().size(); e++) {
                EndpointPolicy endpoint = random.endpoints().get(e);
                for (int g = 0; g < endpoint.groups().size(); g++) {
                    var endpoints = new ArrayList<>(random.endpoints());
                    endpoints.set(
                            e,
                            new EndpointPolicy(
                                    endpoint.device(),
                                    endpoint.mac(),
                                    endpoint.addresses(),
                                    endpoint.pairs(),
                                    without(endpoint.groups(), g, 1),
                                    endpoint.portSecurity()));
                    simpler.add(new RandomCase(random.groups(), random.members(), endpoints, random.probes()));
                }
            }
            return simpler;
        }

        private static <T> List<T> without(List<T> all, int from, int count) {
            var rest = new ArrayList<>(all);
            rest.subList(from, from + count).clear();
            return rest;
        }
    }
}
