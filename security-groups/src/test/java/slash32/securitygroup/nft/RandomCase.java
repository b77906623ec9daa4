package slash32.securitygroup.nft;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.securitygroup.AddressPair;
import slash32.securitygroup.AddressRange;
import slash32.securitygroup.Direction;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;

/// Groups, members, two endpoints and packets.
record RandomCase(
        List<SecurityGroup> groups,
        Map<GroupId, Set<IpAddress>> members,
        List<EndpointPolicy> endpoints,
        List<Probe> probes) {
    static final String A = "tapa";
    static final String B = "tapb";
    static final String OUTSIDE = "up0";
    private static final Map<String, MacAddress> MACS = Map.of(
            A, MacAddress.parse("52:54:00:00:00:0a"),
            B, MacAddress.parse("52:54:00:00:00:0b"),
            OUTSIDE, MacAddress.parse("52:54:00:00:00:0f"));
    static final Map<String, List<IpAddress>> ADDRESSES = Map.of(
            A, addresses("10.0.0.1", "2001:db8::1"),
            B, addresses("10.0.0.2", "2001:db8::2"),
            OUTSIDE, addresses("10.9.0.1", "10.9.128.1", "2001:db8:9::1", "2001:db8:9:8000::1"));

    /// Groups up to this one are stateful.
    private static final int STATEFUL = 4;

    private static final int GROUPS = 6;
    private static final MacAddress PAIR_MAC = MacAddress.parse("00:00:5e:00:01:07");
    private static final List<Prefix> PAIR_PREFIXES =
            prefixes("10.0.7.0/24", "10.0.0.77", "2001:db8:7::/64", "2001:db8::77");
    private static final List<IpAddress> PAIR_SOURCES =
            addresses("10.0.7.1", "10.0.8.1", "10.0.0.77", "2001:db8:7::1", "2001:db8:8::1", "2001:db8::77");
    private static final List<Prefix> REMOTES = prefixes(
            "0.0.0.0/0",
            "10.0.0.0/8",
            "10.9.0.0/17",
            "10.9.0.1",
            "10.0.0.0/31",
            "::/0",
            "2001:db8::/32",
            "2001:db8:9::/49",
            "2001:db8:9::1",
            "2001:db8::2");
    private static final List<String> RANGES = List.of(
            "10.9.0.0-10.9.0.1", "10.9.0.2-10.9.200.0", "10.0.0.2", "2001:db8:9::/49", "2001:db8::-2001:db8::9");
    private static final int[] PORTS = {1, 22, 67, 68, 80, 81, 546, 547, 5000, 65_535};
    private static final int[] OTHER_PROTOCOLS = {46, 47, 50, 89, 112, 113};
    private static final int[] TYPES = {8, 13, 17};
    private static final int[] TYPES_6 = {128, 134, 135, 139};
    private static final int FIRST_FREE_PORT = 10_000;

    static RandomCase of(long seed, int packets) {
        return new Generator(new Random(seed)).generate(packets);
    }

    private static List<IpAddress> addresses(String... texts) {
        return List.of(texts).stream().map(IpAddress::parse).toList();
    }

    private static List<Prefix> prefixes(String... texts) {
        return List.of(texts).stream().map(Prefix::parse).toList();
    }

    static MacAddress mac(String device) {
        return Objects.requireNonNull(MACS.get(device), device);
    }

    private static List<IpAddress> addressesOf(String device) {
        return Objects.requireNonNull(ADDRESSES.get(device), device);
    }

    /// As a test's failure shows it.
    @Override
    public String toString() {
        var text = new StringBuilder();
        groups.forEach(group -> {
            text.append(
                    "group %s stateful=%s addresses=%s%n".formatted(group.id(), group.stateful(), group.addresses()));
            group.rules().forEach(rule -> text.append("  ").append(rule).append('\n'));
        });
        text.append("members ").append(members).append('\n');
        endpoints.forEach(endpoint -> text.append(endpoint).append('\n'));
        probes.forEach(probe -> text.append(probe).append('\n'));
        return text.toString();
    }

    private static final class Generator {
        private final Random random;
        private int fresh = FIRST_FREE_PORT;

        Generator(Random random) {
            this.random = random;
        }

        RandomCase generate(int packets) {
            var groups = new ArrayList<SecurityGroup>();
            for (int id = 1; id <= GROUPS; id++) {
                groups.add(group(id));
            }
            var members = new HashMap<GroupId, Set<IpAddress>>();
            for (int id = 1; id <= GROUPS + 1; id++) {
                var some = new HashSet<IpAddress>();
                ADDRESSES
                        .values()
                        .forEach(addresses ->
                                addresses.stream().filter(_ -> chance(15)).forEach(some::add));
                members.put(new GroupId(id), some);
            }
            var probes = new ArrayList<Probe>();
            while (probes.size() < packets) {
                boolean again = !probes.isEmpty() && chance(35);
                probes.add(again ? again(pick(probes)) : probe());
            }
            return new RandomCase(groups, members, List.of(endpoint(A), endpoint(B)), probes);
        }

        private boolean chance(int percent) {
            return random.nextInt(100) < percent;
        }

        private <T> T pick(List<T> some) {
            return some.get(random.nextInt(some.size()));
        }

        private int pick(int... some) {
            return some[random.nextInt(some.length)];
        }

        private SecurityGroup group(int id) {
            var rules = new LinkedHashMap<List<Object>, Rule>();
            for (int i = random.nextInt(7); i > 0; i--) {
                Rule rule = rule("r" + i);
                rules.put(List.of(rule.direction(), rule.etherType(), rule.traffic(), rule.remote()), rule);
            }
            List<Prefix> listed = RANGES.stream()
                    .filter(_ -> chance(10))
                    .flatMap(range -> AddressRange.parse(range).stream())
                    .distinct()
                    .toList();
            return new SecurityGroup(new GroupId(id), "", id <= STATEFUL, listed, List.copyOf(rules.values()));
        }

        private Rule rule(String id) {
            EtherType family = pick(List.of(EtherType.values()));
            return new Rule(id, pick(List.of(Direction.values())), family, traffic(family), remote(family));
        }

        private Remote remote(EtherType family) {
            return switch (random.nextInt(3)) {
                case 0 -> new Remote.Anywhere();
                case 1 ->
                    new Remote.Addresses(pick(REMOTES.stream()
                            .filter(prefix -> EtherType.of(prefix.address()) == family)
                            .toList()));
                default -> new Remote.Members(new GroupId(1 + random.nextInt(GROUPS + 1)));
            };
        }

        private Traffic traffic(EtherType family) {
            return switch (random.nextInt(6)) {
                case 0 -> Traffic.of(family, null, null, null);
                case 1 -> Traffic.of(family, pick(List.of("tcp", "udp", "132", "icmp", "17")), null, null);
                case 2 -> Traffic.of(family, Integer.toString(pick(OTHER_PROTOCOLS)), null, null);
                case 3 -> {
                    int type = family == EtherType.IPV4 ? pick(TYPES) : pick(TYPES_6);
                    @Nullable Integer code = chance(50) ? null : (Integer) random.nextInt(2);
                    yield Traffic.of(family, "icmp", type, code);
                }
                default -> {
                    int one = pick(PORTS);
                    int other = pick(PORTS);
                    String protocol = pick(List.of("tcp", "udp", "sctp", "6"));
                    yield Traffic.of(family, protocol, Math.min(one, other), Math.max(one, other));
                }
            };
        }

        private EndpointPolicy endpoint(String device) {
            MacAddress mac = mac(device);
            Set<Prefix> own =
                    addressesOf(device).stream().map(IpAddress::hostPrefix).collect(Collectors.toSet());
            if (chance(5)) {
                return new EndpointPolicy(new InterfaceName(device), mac, own, Set.of(), List.of(), false);
            }
            var groups = new ArrayList<GroupId>();
            boolean stateful = chance(70);
            for (int id = stateful ? 1 : STATEFUL + 1; id <= (stateful ? STATEFUL : GROUPS); id++) {
                if (chance(50)) {
                    groups.add(new GroupId(id));
                }
            }
            Set<AddressPair> pairs = PAIR_PREFIXES.stream()
                    .filter(_ -> chance(25))
                    .map(prefix -> new AddressPair(prefix, chance(50) ? mac : PAIR_MAC))
                    .collect(Collectors.toSet());
            return new EndpointPolicy(new InterfaceName(device), mac, own, pairs, groups, true);
        }

        private Probe probe() {
            String from = pick(List.of(A, B, OUTSIDE));
            String to = pick(from.equals(OUTSIDE) ? List.of(A, B) : List.of(from.equals(A) ? B : A, OUTSIDE, OUTSIDE));
            IpAddress destination = pick(addressesOf(to));
            boolean strange = !from.equals(OUTSIDE) && chance(25);
            List<IpAddress> sources = (strange ? PAIR_SOURCES : addressesOf(from))
                    .stream()
                            .filter(source -> source.isIpv4() == destination.isIpv4())
                            .toList();
            MacAddress mac = chance(85) && !strange ? mac(from) : pick(List.of(PAIR_MAC, mac(from)));
            return probe(from, mac, pick(sources), destination);
        }

        private Probe probe(String from, MacAddress mac, IpAddress source, IpAddress destination) {
            boolean ipv4 = source.isIpv4();
            int id = fresh++;
            return switch (random.nextInt(6)) {
                case 0, 1 -> new Probe(from, mac, source, destination, Probe.TCP, id, pick(PORTS), 0, false);
                case 2 -> new Probe(from, mac, source, destination, Probe.UDP, id, pick(PORTS), 0, false);
                case 3 -> {
                    int port = pick(67, 68, 546, 547);
                    yield new Probe(
                            from, mac, source, destination, Probe.UDP, port, port ^ (port < 100 ? 7 : 1), 0, false);
                }
                case 4 -> {
                    int type = ipv4 ? pick(TYPES) : pick(TYPES_6);
                    int protocol = ipv4 ? Probe.ICMP : Probe.ICMPV6;
                    yield new Probe(from, mac, source, destination, protocol, type, random.nextInt(2), id, false);
                }
                default ->
                    chance(50)
                            ? new Probe(from, mac, source, destination, Probe.SCTP, id, pick(PORTS), 0, false)
                            : new Probe(from, mac, source, destination, pick(OTHER_PROTOCOLS), 0, 0, 0, false);
            };
        }

        /// An answer to a packet, or for UDP the packet once more; for what can't have either, a new one.
        private Probe again(Probe before) {
            boolean echo = before.isIcmp() && (before.first() == 8 || before.first() == 128);
            if (before.reply() || before.protocol() == Probe.SCTP || (before.isIcmp() && !echo)) {
                return probe();
            }
            if (before.protocol() == Probe.UDP && chance(40)) {
                return before;
            }
            String from = ADDRESSES.entrySet().stream()
                    .filter(entry -> entry.getValue().contains(before.destination()))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElseThrow();
            if (ADDRESSES.values().stream().noneMatch(known -> known.contains(before.source()))) {
                return probe(); // there is no way back to it
            }
            return new Probe(
                    from,
                    mac(from),
                    /* source= */ before.destination(),
                    /* destination= */ before.source(),
                    before.protocol(),
                    echo ? (before.first() == 8 ? 0 : 129) : before.second(),
                    echo ? before.second() : before.first(),
                    before.id(),
                    true);
        }
    }
}
