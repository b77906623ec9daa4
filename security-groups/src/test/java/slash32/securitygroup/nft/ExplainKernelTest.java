package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import slash32.net.InterfaceName;
import slash32.net.IpAddress;
import slash32.netlink.message.Request;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.securitygroup.FirstPacket;
import slash32.securitygroup.IpProtocol;
import slash32.securitygroup.Judgement;
import slash32.securitygroup.compile.RulesetCompiler;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Seeds;

/// What the firewall says of a packet against what the kernel does with it, for random groups, rules, members,
/// pairs and packets. {@code -Dexplain.rulesets=200 -Dexplain.packets=1000} for more; {@code -Dseed=N} for one.
@InNetns
class ExplainKernelTest {
    private static final int RULESETS = Integer.getInteger("explain.rulesets", 12);
    private static final int PACKETS = Integer.getInteger("explain.packets", 250);
    private static final RulesetCompiler COMPILER =
            new RulesetCompiler(List.of("s32"), List.of(IpAddress.parse("169.254.1.1"), IpAddress.parse("fe80::1")));
    private static final int IPCTNL_MSG_CT_DELETE = 0x102;
    private static final int REQUEST_ACK = 5;

    static Stream<Long> seeds() {
        return Seeds.of(RULESETS);
    }

    @ParameterizedTest(name = "seed={0}")
    @MethodSource("seeds")
    void theFirewallSaysWhatTheKernelDoes(long seed) throws IOException {
        try (var wire = new Wire();
                var conntrack = NetlinkSocket.open(NetlinkProtocol.NETFILTER);
                var firewall = Firewall.open(COMPILER, seed % 2 == 0)) {
            RandomCase.ADDRESSES.forEach((device, addresses) ->
                    wire.attach(device, RandomCase.mac(device), addresses.toArray(IpAddress[]::new)));
            Command.run("sysctl", "-qw", "net.ipv4.conf.all.rp_filter=0", "net.ipv4.icmp_ratelimit=0");
            RandomCase random = RandomCase.of(seed, PACKETS);
            random.groups().forEach(firewall::putGroup);
            random.endpoints().forEach(firewall::putEndpoint);
            random.members()
                    .forEach((group, addresses) -> addresses.forEach(address -> firewall.putMember(group, address)));
            firewall.inSync();
            assertThat(firewall.apply(0).failed()).isEmpty();
            for (Probe probe : random.probes()) {
                if (probe.reply()) {
                    continue; // no first packet
                }
                conntrack.execute(Request.of(IPCTNL_MSG_CT_DELETE, REQUEST_ACK, () -> "flush conntrack")
                        .u8(0)
                        .u8(0)
                        .be16(0));
                var packet = new FirstPacket(
                        probe.source(),
                        probe.destination(),
                        new IpProtocol(probe.protocol()),
                        probe.first(),
                        probe.second());
                List<Judgement> judgements = firewall.explain(packet, new InterfaceName(probe.device()), probe.mac());
                boolean arrived = !wire.send(probe.device(), probe.mac(), probe.packet(wire.payload()))
                        .isEmpty();
                assertThat(judgements.stream().allMatch(Judgement::passes))
                        .as("seed=%d %s: %s", seed, probe, judgements)
                        .isEqualTo(arrived);
            }
        }
    }
}
