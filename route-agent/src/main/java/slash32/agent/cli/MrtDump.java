package slash32.agent.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// `slash32 mrt dump`: the table of a running agent or reflector as a file that bgpdump reads.
@Command(name = "dump", description = "Writes every path of every peer as an MRT file (TABLE_DUMP_V2).")
final class MrtDump implements Callable<Integer> {
    private final Console console;
    private final OutputStream standard;

    @Mixin
    private final Connection connection = new Connection();

    @Parameters(paramLabel = "FILE", description = "Where to; - for standard output.")
    private @Nullable String file;

    /// A command.
    ///
    /// @param standard standard output, for octets
    MrtDump(Console console, OutputStream standard) {
        this.console = console;
        this.standard = standard;
    }

    @Override
    public Integer call() {
        if (file == null || file.equals("-")) {
            return connection.copy("/v1/mrt", standard, console);
        }
        try (OutputStream out = Files.newOutputStream(Path.of(file))) {
            return connection.copy("/v1/mrt", out, console);
        } catch (IOException e) {
            console.complain(String.valueOf(e.getMessage()));
            return ExitCode.SOFTWARE;
        }
    }
}
