package slash32.netlink.ethtool;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;
import slash32.net.InterfaceName;
import slash32.testkit.Command;
import slash32.testkit.InNetns;
import slash32.testkit.Requirement;

@InNetns
class EthtoolKernelTest {
    private static final InterfaceName DEVICE = new InterfaceName("v0");
    private static final InterfaceName NONE = new InterfaceName("none");
    private static final String FEATURE = "tx-udp_tnl-segmentation";

    @Test
    void saysWhatADeviceIsAndDoes() throws IOException {
        Requirement.program("ethtool", "ethtool");
        Command.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1");
        try (Ethtool ethtool = Ethtool.open()) {
            assertThat(ethtool.driver(DEVICE)).isEqualTo("veth");
            Set<String> on = ethtool.features(DEVICE);
            assertThat(on).contains(FEATURE);
            Command.run("ethtool", "-k", "v0")
                    .lines()
                    .map(String::strip)
                    .filter(line -> line.matches("tx-(udp|gre|gso|checksum-).*")) // the others have aliases
                    .forEach(line -> assertThat(on.contains(line.substring(0, line.indexOf(':'))))
                            .as(line)
                            .isEqualTo(line.contains(": on")));
            Command.run("ethtool", "-K", "v0", FEATURE, "off");
            assertThat(ethtool.features(DEVICE)).doesNotContain(FEATURE).hasSizeGreaterThan(3);
            assertThat(ethtool.driver(NONE)).isEmpty();
            assertThat(ethtool.features(NONE)).isEmpty();
        }
    }
}
