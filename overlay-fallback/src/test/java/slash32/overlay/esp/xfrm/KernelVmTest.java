package slash32.overlay.esp.xfrm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import slash32.testkit.KernelVm;
import slash32.testkit.Requirement;

/// The kernel's ESP, which this project's test machine has not, in QEMU with Debian's kernel on emulated CPUs.
@Tag("interop")
class KernelVmTest {
    /// Goes on for so long; ten minutes are {@code -Desp.soak=600}, with SECONDS_MAX=900 in the environment for the VM.
    private static final int SOAK_SECONDS = Integer.getInteger("esp.soak", 15);

    @Test
    void ourStatesCarryVxlan() throws Exception {
        assertThat(run("overlay"))
                .contains("ok VXLAN passes between two kernels")
                .contains("ok nothing is lost by it")
                .contains("ok the old agent's states carry on")
                .contains("ok plain VXLAN to a peer is blocked")
                .contains("ok tunnel mode is IP in IP sealed in transport mode")
                .contains("ok a kernel at one end, user space at the other")
                .contains("ok IKE asks where the kernel has seen the peer")
                .contains("ok nothing else was")
                .contains("ok end ");
    }

    @Test
    void strongswanWithTheKernelsEspAnswersAndBegins() throws Exception {
        Requirement.program("swanctl", "strongswan-swanctl");
        assertThat(run("strongswan"))
                .contains("ok strongSwan with the kernel's ESP answers us")
                .contains("ok strongSwan with the kernel's ESP begins with us")
                .contains("ok nothing is lost with strongSwan")
                .contains("ok strongSwan takes ESP without UDP")
                .contains("ok nothing is lost in " + SOAK_SECONDS + " s of rekeying")
                .contains("ok no SA is lost")
                .contains("ok end ");
    }

    /// Has {@link VmScenario} do one of its parts there.
    private static String run(String part) throws Exception {
        Requirement.program("tcpdump", "tcpdump");
        return KernelVm.run(VmScenario.class, part, "" + SOAK_SECONDS);
    }
}
