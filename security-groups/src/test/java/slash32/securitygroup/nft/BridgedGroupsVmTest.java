package slash32.securitygroup.nft;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import slash32.testkit.KernelVm;

/// Groups at the ports of bridges, on a kernel that tracks flows there: {@link BridgedGroupsScenario} in QEMU,
/// whose last part is random rules against the contract. {@code -Dbridge.rulesets=20 -Dbridge.packets=250} for more
/// of those.
class BridgedGroupsVmTest {
    private static final String RULESETS = System.getProperty("bridge.rulesets", "2");
    private static final String PACKETS = System.getProperty("bridge.packets", "100");

    @Test
    @Tag("interop")
    void groupsHoldAtThePortsOfBridges() throws Exception {
        assertThat(KernelVm.run(BridgedGroupsScenario.class, RULESETS, PACKETS))
                .contains("ok default deny (IPv4)")
                .contains("ok default deny (IPv6)")
                .contains("ok a flow ends with its permission (IPv4)")
                .contains("ok a flow ends with its permission (IPv6)")
                .contains("ok a member of a segment is one there alone (IPv4)")
                .contains("ok a member of a segment is one there alone (IPv6)")
                .contains("ok the kernel does what the contract says")
                .contains("ok end");
    }
}
