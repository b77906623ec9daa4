package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.net.MacAddress;
import slash32.net.Prefix;
import slash32.net.Vni;
import slash32.netlink.message.Request;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.Direction;
import slash32.securitygroup.Drop;
import slash32.securitygroup.DropReason;
import slash32.securitygroup.EndpointPolicy;
import slash32.securitygroup.EtherType;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Judgement;
import slash32.securitygroup.Remote;
import slash32.securitygroup.Rule;
import slash32.securitygroup.SecurityGroup;
import slash32.securitygroup.Traffic;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;

/// What {@link BridgedGroupsVmTest} has done inside the VM. Each step that holds prints a line that begins with "ok".
final class BridgedGroupsScenario {
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final Vni BLUE = new Vni(5001);
    private static final Vni GREEN = new Vni(0x1_0000 + 5001); // the same lower 16 bits
    private static final Vni MODEL = new Vni(7);
    private static final String BLUE_BRIDGE = "b32-5001";
    private static final String GREEN_BRIDGE = "b32-70537";
    private static final String MODEL_BRIDGE = "b32-7";
    private static final GroupId OUT = new GroupId(1);
    private static final GroupId IN = new GroupId(2);
    private static final GroupId PEERS = new GroupId(3);
    private static final int IPCTNL_MSG_CT_DELETE = 0x102;
    private static final int REQUEST_ACK = 5;
    private static final int ANSWER = Packets.SYN | Packets.ACK;

    private final Wire wire = new Wire();
    private Firewall firewall = Firewall.open(COMPILER);

    private BridgedGroupsScenario() throws IOException {}

    public static void main(String[] args) throws IOException {
        boolean done = false;
        try {
            new BridgedGroupsScenario().play(Long.parseLong(args[0]), Integer.parseInt(args[1]));
            ok("end");
            done = true;
        } catch (AssertionError | RuntimeException e) {
            e.printStackTrace(System.out);
            System.out.println(Command.tryRun("nft", "list", "ruleset").output());
        }
        Runtime.getRuntime().halt(done ? 0 : 1);
    }

    private static void ok(String what) {
        System.out.println("ok " + what);
    }

    private static void must(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /// A guest of a segment, by the last octet of its addresses.
    private record Guest(String device, int number) {
        MacAddress mac() {
            return new MacAddress(0x5254_0000_0000L + number + (device.startsWith("green") ? 0x100 : 0));
        }

        IpAddress address(boolean v6) {
            return IpAddress.parse((v6 ? "fd00::" : "192.0.2.") + number);
        }

        EndpointPolicy in(Vni segment, GroupId... groups) {
            Set<Prefix> own = Set.of(address(false).hostPrefix(), address(true).hostPrefix());
            return EndpointPolicy.inSegment(new InterfaceName(device), mac(), own, List.of(groups), segment, Set.of());
        }
    }

    private static final Guest A = new Guest("bluea", 1);
    private static final Guest B = new Guest("blueb", 2);
    private static final Guest C = new Guest("bluec", 3);
    private static final Guest FREE = new Guest("bluef", 4);
    private static final Guest GREEN_A = new Guest("greena", 1);
    private static final Guest GREEN_B = new Guest("greenb", 2);

    /// @param rulesets random ones
    /// @param packets of each
    private void play(long rulesets, int packets) throws IOException {
        must(firewall.judgesSegments(), "the kernel tracks flows in bridges");
        Wire.bridge(BLUE_BRIDGE);
        Stream.of(A, B, C, FREE).forEach(guest -> wire.join(BLUE_BRIDGE, guest.device(), guest.mac()));
        Wire.bridge(GREEN_BRIDGE);
        Stream.of(GREEN_A, GREEN_B).forEach(guest -> wire.join(GREEN_BRIDGE, guest.device(), guest.mac()));
        firewall.putSegment(BLUE, new InterfaceName(BLUE_BRIDGE), Set.of());
        firewall.putSegment(GREEN, new InterfaceName(GREEN_BRIDGE), Set.of());
        firewall.inSync();
        apply();
        must(tables().stream().noneMatch("table bridge slash32_groups"::equals), "nothing in bridges without groups");
        for (boolean v6 : new boolean[] {false, true}) {
            String family = v6 ? " (IPv6)" : " (IPv4)";
            begin(v6);
            defaultDeny(v6);
            ok("default deny" + family);
            stateful(v6);
            ok("replies pass and nothing else" + family);
            permissionEnds(v6);
            ok("a flow ends with its permission" + family);
            onlyWhoMayHears(v6);
            ok("multicast is judged for each port" + family);
            segmentsApart(v6);
            ok("segments with the same addresses know nothing of each other" + family);
            membersOfSegments(v6);
            ok("a member of a segment is one there alone" + family);
            restart(v6);
            ok("a restart ends nothing" + family);
            flush(v6);
            ok("a flush is repaired" + family);
            stateless(v6);
            ok("a stateless group lets no answer pass that no rule names" + family);
            end();
            ok("the last port takes the rules along" + family);
        }
        model(rulesets, packets);
        ok("the kernel does what the contract says");
    }

    private static List<String> tables() {
        return Command.run("nft", "list", "tables").lines().toList();
    }

    private void apply() {
        var pass = firewall.apply(0);
        must(pass.broken() == null && pass.failed().isEmpty(), pass.broken() + " " + pass.failed());
    }

    private static EtherType family(boolean v6) {
        return v6 ? EtherType.IPV6 : EtherType.IPV4;
    }

    private static Rule rule(String id, Direction direction, boolean v6, Traffic traffic, Remote remote) {
        return new Rule(id, direction, family(v6), traffic, remote);
    }

    private static SecurityGroup group(GroupId id, Rule... rules) {
        return new SecurityGroup(id, "", List.of(rules));
    }

    private static Traffic tcp(boolean v6, int port) {
        return Traffic.of(family(v6), "tcp", port, port);
    }

    private void begin(boolean v6) {
        firewall.putGroup(group(OUT, rule("out", Direction.EGRESS, v6, new Traffic.Any(), new Remote.Anywhere())));
        firewall.putGroup(in(v6));
        firewall.putGroup(group(PEERS));
        firewall.putEndpoint(A.in(BLUE, OUT, PEERS));
        firewall.putEndpoint(B.in(BLUE, IN));
        firewall.putEndpoint(C.in(BLUE));
        firewall.putEndpoint(GREEN_A.in(GREEN, OUT));
        firewall.putEndpoint(GREEN_B.in(GREEN, IN));
        apply();
    }

    /// TCP 80 of members, UDP 5000 to 5006 of anybody.
    private static SecurityGroup in(boolean v6) {
        return group(
                IN,
                rule("web", Direction.INGRESS, v6, tcp(v6, 80), new Remote.Members(PEERS)),
                rule("range", Direction.INGRESS, v6, Traffic.of(family(v6), "udp", 5000, 5006), new Remote.Anywhere()));
    }

    private byte[] tcpPacket(Guest from, int source, Guest to, int port, int flags, boolean v6) {
        return Packets.tcp(from.address(v6), source, to.address(v6), port, flags, wire.payload());
    }

    private boolean tcp(Guest from, int source, Guest to, int port, int flags, boolean v6) {
        return arrives(from, to, tcpPacket(from, source, to, port, flags, v6));
    }

    private boolean udp(Guest from, int source, Guest to, int port, boolean v6) {
        return arrives(from, to, Packets.udp(from.address(v6), source, to.address(v6), port, wire.payload()));
    }

    private boolean arrives(Guest from, Guest to, byte[] packet) {
        List<String> ports = wire.sendFrame(from.device(), Packets.frame(to.mac(), from.mac(), packet));
        must(ports.isEmpty() || ports.equals(List.of(to.device())), "arrived at " + ports);
        return !ports.isEmpty();
    }

    private static long dropped(DropReason reason, Direction direction) throws IOException {
        try (var counters = DropCounters.open()) {
            return Objects.requireNonNull(counters.read().get(new Drop(reason, direction)))
                    .packets();
        }
    }

    private void defaultDeny(boolean v6) throws IOException {
        long before = dropped(DropReason.NO_RULE, Direction.INGRESS);
        must(!tcp(A, 1000, B, 81, Packets.SYN, v6), "no rule for port 81");
        must(!tcp(A, 1000, C, 80, Packets.SYN, v6), "no groups at all");
        must(dropped(DropReason.NO_RULE, Direction.INGRESS) == before + 2, "each is counted");
        long beforeOut = dropped(DropReason.NO_RULE, Direction.EGRESS);
        must(!udp(B, 1000, FREE, 53, v6), "no egress rule");
        must(!udp(C, 1000, FREE, 53, v6), "no groups at all");
        must(dropped(DropReason.NO_RULE, Direction.EGRESS) == beforeOut + 2, "each is counted");
        must(udp(FREE, 1000, B, 5006, v6) && !udp(FREE, 1000, B, 5007, v6), "a range of ports");
        must(!tcp(FREE, 1000, B, 80, Packets.SYN, v6), "no member");
        must(udp(A, 1000, FREE, 53, v6), "egress of anything");
        byte[] question = v6 ? Packets.icmp(B.address(true), A.address(true), 135, 0, neighbor()) : new byte[0];
        if (v6) {
            must(arrives(B, A, question), "neighbor solicitation");
            must(!arrives(B, A, Packets.icmp(B.address(true), A.address(true), 134, 0, neighbor())), "no router");
        } else {
            byte[] arp = Packets.arp(B.mac(), 2, B.mac(), B.address(false), A.mac(), A.address(false));
            must(wire.exchange(B.device(), arp).containsKey(A.device()), "ARP is not judged");
        }
        byte[] other = Packets.ethernet(A.mac(), C.mac(), 0x88b6, wire.payload());
        must(wire.sendFrame(C.device(), other).equals(List.of(A.device())), "nor is what is no IP");
    }

    private byte[] neighbor() {
        return HexFormat.of().parseHex("00000000" + "fd000000000000000000000000000001" + "%016x".formatted(7));
    }

    private void stateful(boolean v6) {
        must(tcp(A, 2000, B, 80, Packets.SYN, v6), "a member");
        must(tcp(B, 80, A, 2000, ANSWER, v6), "an answer");
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "established");
        must(!tcp(B, 80, A, 2001, ANSWER, v6), "an answer to nothing");
        must(!tcp(B, 2000, A, 80, Packets.SYN, v6), "a new flow from the other side");
        must(udp(FREE, 3000, B, 5000, v6) && udp(B, 5000, FREE, 3000, v6), "an answer of UDP");
        must(!udp(B, 5000, FREE, 3001, v6), "an answer of UDP to nothing");
        var packet = new FirstPacket(A.address(v6), B.address(v6), IpProtocol.TCP, 2000, 80);
        List<Judgement> said = firewall.explain(packet, new InterfaceName(A.device()), null);
        must(said.size() == 2 && said.stream().allMatch(Judgement::passes), "explained: " + said);
    }

    private void permissionEnds(boolean v6) {
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "established");
        must(udp(FREE, 3000, B, 5000, v6), "another flow");
        firewall.putEndpoint(A.in(BLUE, OUT)); // no member of PEERS any more
        apply();
        must(!tcp(A, 2000, B, 80, Packets.ACK, v6) && !tcp(B, 80, A, 2000, Packets.ACK, v6), "a member goes");
        must(udp(FREE, 3000, B, 5000, v6) && udp(B, 5000, FREE, 3000, v6), "the other flow goes on");
        firewall.putMember(PEERS, A.address(v6));
        apply();
        must(tcp(A, 2000, B, 80, Packets.ACK, v6) && tcp(B, 80, A, 2000, Packets.ACK, v6), "it is back by a route");
        firewall.removeMember(PEERS, A.address(v6));
        firewall.putEndpoint(A.in(BLUE, OUT, PEERS));
        apply();
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "it is back");
        SecurityGroup whole = in(v6);
        firewall.putGroup(group(IN, whole.rules().getFirst()));
        apply();
        must(!udp(FREE, 3000, B, 5000, v6) && !udp(B, 5000, FREE, 3000, v6), "a rule goes");
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "another rule's flow goes on");
        firewall.putEndpoint(B.in(BLUE));
        apply();
        must(!tcp(A, 2000, B, 80, Packets.ACK, v6) && !tcp(B, 80, A, 2000, Packets.ACK, v6), "a group is taken off");
        firewall.putGroup(whole);
        firewall.putEndpoint(B.in(BLUE, IN));
        apply();
        must(tcp(B, 80, A, 2000, Packets.ACK, v6) && udp(FREE, 3000, B, 5000, v6), "all is back");
    }

    /// One frame for several ports is one flow's; what one port may hear, the next may not.
    private void onlyWhoMayHears(boolean v6) {
        IpAddress all = IpAddress.parse(v6 ? "ff02::fb" : "224.0.0.251");
        MacAddress to = MacAddress.parse(v6 ? "33:33:00:00:00:fb" : "01:00:5e:00:00:fb");
        byte[] packet = Packets.udp(A.address(v6), 5000, all, 5001, wire.payload());
        List<String> heard = wire.sendFrame(A.device(), Packets.frame(to, A.mac(), packet));
        must(Set.copyOf(heard).equals(Set.of(B.device(), FREE.device())), "heard by " + heard);
    }

    private void segmentsApart(boolean v6) {
        must(udp(FREE, 4000, B, 5002, v6), "a flow of blue");
        must(tcp(A, 4001, B, 80, Packets.SYN, v6), "and another");
        must(!udp(GREEN_B, 5002, GREEN_A, 4000, v6), "an answer to a question of another segment");
        must(!tcp(GREEN_B, 80, GREEN_A, 4001, ANSWER, v6), "an answer to a question of another segment");
        must(udp(GREEN_A, 4000, GREEN_B, 5002, v6), "its own question");
        must(udp(GREEN_B, 5002, GREEN_A, 4000, v6), "its own answer");
        must(tcp(B, 80, A, 4001, ANSWER, v6), "blue goes on");
    }

    /// Another node's guest is a member in its segment, as one of this node is, and whoever has its address
    /// elsewhere is not.
    private void membersOfSegments(boolean v6) {
        must(!tcp(GREEN_A, 4100, GREEN_B, 80, Packets.SYN, v6), "blue's member has this address");
        firewall.putMember(PEERS, GREEN, GREEN_A.address(v6));
        firewall.putMember(PEERS, GREEN, FREE.address(v6));
        apply();
        must(tcp(GREEN_A, 4100, GREEN_B, 80, Packets.SYN, v6), "a member of green");
        must(tcp(GREEN_B, 80, GREEN_A, 4100, ANSWER, v6), "its answer");
        must(!tcp(FREE, 4100, B, 80, Packets.SYN, v6), "green's member has this address");
        var packet = new FirstPacket(FREE.address(v6), B.address(v6), IpProtocol.TCP, 4100, 80);
        must(!explained(B, packet), "explained in blue");
        firewall.putMember(PEERS, BLUE, FREE.address(v6));
        firewall.removeMember(PEERS, GREEN, FREE.address(v6));
        firewall.removeMember(PEERS, GREEN, GREEN_A.address(v6));
        apply();
        must(tcp(FREE, 4100, B, 80, Packets.SYN, v6) && explained(B, packet), "a member of blue");
        must(tcp(B, 80, FREE, 4100, ANSWER, v6), "its answer");
        must(!tcp(GREEN_A, 4100, GREEN_B, 80, Packets.ACK, v6), "its flow ends with it");
        must(!tcp(GREEN_B, 80, GREEN_A, 4100, Packets.ACK, v6), "both ways");
    }

    private boolean explained(Guest to, FirstPacket packet) {
        return Objects.requireNonNull(firewall.explainPort(new InterfaceName(to.device()), Direction.INGRESS, packet))
                .passes();
    }

    private void restart(boolean v6) throws IOException {
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "a flow");
        long dropped = dropped(DropReason.NO_RULE, Direction.INGRESS);
        firewall.close();
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "without an agent");
        firewall = Firewall.open(COMPILER);
        firewall.putSegment(BLUE, new InterfaceName(BLUE_BRIDGE), Set.of());
        firewall.putSegment(GREEN, new InterfaceName(GREEN_BRIDGE), Set.of());
        begin(v6);
        must(tcp(A, 2000, B, 80, Packets.ACK, v6), "before all is said");
        must(tcp(FREE, 4100, B, 80, Packets.ACK, v6), "a member elsewhere that is yet to be said");
        firewall.inSync();
        apply();
        must(!tcp(FREE, 4100, B, 80, Packets.ACK, v6), "and was not");
        must(tcp(B, 80, A, 2000, Packets.ACK, v6), "afterwards");
        must(!tcp(A, 2000, B, 81, Packets.SYN, v6), "and no more than before");
        must(dropped(DropReason.NO_RULE, Direction.INGRESS) == dropped + 2, "the counts go on");
    }

    private void flush(boolean v6) {
        if (!Command.tryRun("nft", "flush", "ruleset").output().isEmpty()) {
            return; // the tables are ours alone
        }
        firewall.resync();
        apply();
        must(!tcp(A, 2000, B, 81, Packets.SYN, v6) && tcp(A, 5000, B, 80, Packets.SYN, v6), "as before");
    }

    private void stateless(boolean v6) {
        var questions = new SecurityGroup(
                OUT,
                "",
                false,
                List.of(),
                List.of(rule(
                        "dns", Direction.EGRESS, v6, Traffic.of(family(v6), "udp", 53, 53), new Remote.Anywhere())));
        firewall.putGroup(questions);
        firewall.putEndpoint(A.in(BLUE, OUT));
        apply();
        must(udp(A, 6000, FREE, 53, v6) && !udp(FREE, 53, A, 6000, v6), "no rule for the answer");
    }

    private void end() {
        Stream.of(A, B, C, GREEN_A, GREEN_B).forEach(guest -> firewall.removePort(new InterfaceName(guest.device())));
        apply();
        String left = Command.run("nft", "list", "table", "bridge", "slash32_groups");
        must(!left.contains("chain") && !left.contains("set"), "left: " + left);
    }

    /// Random groups, members and packets, as for routed interfaces: two ports with groups, and a third without.
    private void model(long seeds, int packets) throws IOException {
        Wire.bridge(MODEL_BRIDGE);
        RandomCase.ADDRESSES.keySet().forEach(device -> wire.join(MODEL_BRIDGE, device, RandomCase.mac(device)));
        long first = System.nanoTime();
        int passed = 0;
        try (var conntrack = NetlinkSocket.open(NetlinkProtocol.NETFILTER)) {
            for (long seed = first; seed < first + seeds; seed++) {
                conntrack.execute(Request.of(IPCTNL_MSG_CT_DELETE, REQUEST_ACK, () -> "flush conntrack")
                        .u8(0)
                        .u8(0)
                        .be16(0));
                passed += model(seed, RandomCase.of(seed, packets));
            }
        }
        must(passed > 0, "some packets pass");
        System.out.printf("seeds %d to %d, %d packets each, %d passed%n", first, first + seeds - 1, packets, passed);
    }

    private int model(long seed, RandomCase random) throws IOException {
        firewall.close();
        firewall = Firewall.open(COMPILER);
        firewall.putSegment(MODEL, new InterfaceName(MODEL_BRIDGE), Set.of());
        var ports = new ArrayList<EndpointPolicy>();
        for (EndpointPolicy routed : random.endpoints()) {
            if (routed.portSecurity()) {
                ports.add(EndpointPolicy.inSegment(
                        routed.device(), routed.mac(), routed.addresses(), routed.groups(), MODEL, Set.of()));
            }
        }
        random.groups().forEach(firewall::putGroup);
        ports.forEach(firewall::putEndpoint);
        random.members()
                .forEach((group, addresses) -> addresses.forEach(address -> firewall.putMember(group, address)));
        firewall.inSync();
        apply();
        var contract = new Contract(random.groups(), random.members(), ports);
        int passed = 0;
        for (Probe probe : random.probes()) {
            boolean own = probe.mac().equals(RandomCase.mac(probe.device()))
                    && addresses(probe.device()).contains(probe.source());
            String to = RandomCase.ADDRESSES.keySet().stream()
                    .filter(device -> addresses(device).contains(probe.destination()))
                    .collect(Collectors.joining());
            if (!own || to.isEmpty()) {
                continue; // who sends as whom is for the bridge's guard
            }
            boolean expected = contract.passes(probe);
            byte[] frame = Packets.frame(RandomCase.mac(to), probe.mac(), probe.packet(wire.payload()));
            List<String> arrived = wire.sendFrame(probe.device(), frame);
            must(
                    expected != arrived.isEmpty(),
                    "seed=%d should%s pass, arrived at %s: %s%n%s"
                            .formatted(seed, expected ? "" : " not", arrived, probe, random));
            passed += expected ? 1 : 0;
        }
        return passed;
    }

    private static List<IpAddress> addresses(String device) {
        return Objects.requireNonNull(RandomCase.ADDRESSES.get(device), device);
    }
}
