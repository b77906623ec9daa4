package slash32.overlay.esp.xfrm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import slash32.testkit.Requirement;

/// The kernel's ESP, which this project's test machine has not, in QEMU with Debian's kernel on emulated CPUs.
@Tag("interop")
class KernelVmTest {
    private static final Path RUN = Path.of("../.ci/kernel-vm").toAbsolutePath().normalize();

    @Test
    void ourStatesCarryVxlan() throws Exception {
        assertThat(run("overlay"))
                .contains("ok VXLAN passes between two kernels")
                .contains("ok nothing is lost by it")
                .contains("ok the old agent's states carry on")
                .contains("ok plain VXLAN to a peer is blocked")
                .contains("ok a kernel at one end, user space at the other")
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
                .contains("ok end ");
    }

    /// Has {@link VmScenario} do one of its parts there.
    private static String run(String part) throws Exception {
        Requirement.root();
        Requirement.program("qemu-system-x86_64", "qemu-system-x86");
        Requirement.program("tcpdump", "tcpdump");
        Process vm = new ProcessBuilder(
                        RUN.toString(),
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VmScenario.class.getName(),
                        part)
                .redirectErrorStream(true)
                .start();
        vm.getOutputStream().close();
        String output = new String(vm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(vm.waitFor()).as(output).isZero();
        return output;
    }
}
