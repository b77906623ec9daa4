package slash32.overlay.vxlan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.netlink.socket.NetlinkProtocol;
import slash32.netlink.socket.NetlinkSocket;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

/// A veth pair is the device that is known to do wrong.
@InNetns
class OffloadCheckKernelTest {
    private static final String ONE = "tx-udp_tnl-segmentation";
    private static final String OTHER = "tx-udp_tnl-csum-segmentation";
    private static final OffloadFault BOTH = new OffloadFault(new InterfaceName("v0"), "veth", List.of(ONE, OTHER));

    @Test
    void aDeviceIsAtFaultUntilItIsLeftNothing() throws IOException {
        Requirement.program("ethtool", "ethtool");
        Command.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
        Command.run("sh", "-c", BOTH.remedy().replace("v0", "v1"));
        try (NetlinkSocket rtnl = NetlinkSocket.open(NetlinkProtocol.ROUTE);
                OffloadCheck check = OffloadCheck.open(rtnl, Map.of("veth", List.of(ONE, OTHER)));
                OffloadCheck usual = OffloadCheck.open(rtnl)) {
            assertThat(check.faults()).containsExactly(BOTH);
            Command.run("ethtool", "-K", "v0", OTHER, "off");
            List<OffloadFault> left = check.faults();
            assertThat(left).containsExactly(new OffloadFault(new InterfaceName("v0"), "veth", List.of(ONE)));
            Command.run("sh", "-c", left.getFirst().remedy());
            assertThat(check.faults()).isEmpty();
            Command.run("ip", "link", "del", "v0");
            assertThat(check.faults()).isEmpty();
            assertThat(usual.faults())
                    .as("of drivers that are not known for it")
                    .isEmpty();
        }
    }
}
