package slash32.agent;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import slash32.testkit.KernelVm;

/// Groups of segments' ports by the API of a running agent, on a kernel that tracks flows in bridges:
/// {@link SegmentGroupsScenario} in QEMU.
@Tag("interop")
class SegmentGroupsVmTest {
    @Test
    void anAgentEnforcesTheGroupsOfPorts() throws Exception {
        assertThat(KernelVm.run(SegmentGroupsScenario.class))
                .contains("ok members reach each other")
                .contains("ok a rule that goes takes its flows along")
                .contains("ok no groups: no IP")
                .contains("ok a restart changes nothing")
                .contains("ok a port without groups is not judged")
                .contains("ok members on two nodes reach each other")
                .contains("ok who leaves the group is no member anywhere")
                .contains("ok a restart loses nothing of members elsewhere")
                .contains("ok end");
    }
}
