package slash32.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Runs a class with the calling test's class path in QEMU, as root, on Debian's kernel and emulated CPUs
/// ({@code .ci/kernel-vm}): for what this project's test machine has not in its kernel. Nothing there tells times.
public final class KernelVm {
    private static final Path RUN = Path.of("../.ci/kernel-vm").toAbsolutePath().normalize();

    private KernelVm() {}

    /// What the class printed.
    ///
    /// @throws AssertionError with what it printed if it did not exit with 0
    public static String run(Class<?> main, String... arguments) throws IOException, InterruptedException {
        Requirement.root();
        Requirement.program("qemu-system-x86_64", "qemu-system-x86");
        var command = new ArrayList<>(List.of(
                RUN.toString(),
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        Process vm = new ProcessBuilder(command).redirectErrorStream(true).start();
        vm.getOutputStream().close();
        String output = new String(vm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int code = vm.waitFor();
        if (code != 0) {
            throw new AssertionError("exit code " + code + "\n" + output);
        }
        return output;
    }
}
