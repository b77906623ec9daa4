package slash32.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import slash32.testkit.Command;
import slash32.testkit.Requirement;

/// packaging/systemd, as systemd reads it.
@Tag("interop")
class UnitFileTest {
    private static final Path CHECKOUT = Path.of("..").toAbsolutePath().normalize();
    private static final String INSTALLED = "/opt/slash32/bin/slash32";

    @TempDir
    Path units;

    @BeforeAll
    static void systemd() {
        Requirement.program("systemd-analyze", "systemd");
    }

    @Test
    void systemdHasNoComplaint() throws IOException {
        String unit = Files.readString(CHECKOUT.resolve("packaging/systemd/slash32.service"));
        assertThat(unit).contains("ExecStart=" + INSTALLED + " agent ");
        Path here = Files.writeString(
                units.resolve("slash32.service"),
                unit.replace(INSTALLED, CHECKOUT.resolve("bin/slash32").toString()));

        Command.Outcome outcome = Command.tryRun("systemd-analyze", "verify", here.toString());
        assertThat(outcome).isEqualTo(new Command.Outcome(0, ""));
    }
}
