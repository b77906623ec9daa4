package slash32.overlay.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceIndex;
import slash32.net.Ipv4Address;
import slash32.netlink.socket.KernelException;
import slash32.testkit.Command;
import slash32.testkit.InNetns;

@InNetns
class NodeDevicesKernelTest {
    private static final Ipv4Address SELF = Ipv4Address.parse("10.0.0.11");
    private static final Ipv4Address NODE = Ipv4Address.parse("10.0.2.13");
    private static final InterfaceIndex LINK = new InterfaceIndex(1);

    @Test
    void aKernelWithoutGreSaysSoAndOneWithItMakesTheTunnel() throws IOException {
        boolean has =
                Command.tryRun("ip", "link", "add", "other", "type", "gre", "remote", "10.0.0.9", "local", "10.0.0.1")
                                .exitCode()
                        == 0;
        try (var devices = new NodeDevices(NodeDevices.Kind.GRE, 1_414)) {
            if (!has) {
                assertThatThrownBy(() -> devices.putGre(NODE, SELF, LINK))
                        .isInstanceOf(KernelException.class)
                        .hasMessageMatching("(?s)add link g32-0a00020d: EOPNOTSUPP.*");
                return;
            }
            devices.putGre(NODE, SELF, LINK);
            devices.putGre(NODE, SELF, LINK);
            assertThat(Command.run("ip", "-d", "link", "show", "g32-0a00020d"))
                    .contains("gre remote 10.0.2.13", "dev lo");
            devices.keep(Set.of());
            assertThat(Command.run("ip", "link")).doesNotContain("g32-").contains("other");
        }
    }
}
