package slash32.lab.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.Executors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import slash32.lab.cable.Guest;
import slash32.lab.cable.GuestSpec;
import slash32.lab.cable.LinkWatch;

/// `slash32 lab cable`.
@Command(
        name = "cable",
        description = {
            "Boots guests, each a namespace behind a TAP, and joins each to its hypervisor's TAP when that is there.",
            "Runs in the hypervisor's network namespace, until it is killed.",
        })
final class CableCommand implements Callable<Integer> {
    @Parameters(paramLabel = "GUESTS", description = "A file with guests: name, tap, mac, addresses of each.")
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Path guests;

    @Override
    public Integer call() throws IOException {
        // Platform threads: reading from a TAP blocks in the kernel.
        var executor = Executors.newThreadPerTaskExecutor(
                Thread.ofPlatform().daemon().name("cable-", 0).factory());
        try {
            var ends = new ExecutorCompletionService<Void>(executor);
            LinkWatch watch = LinkWatch.open();
            ends.submit(() -> {
                watch.run();
                return null;
            });
            for (GuestSpec spec : GuestSpec.read(guests)) {
                Guest guest = Guest.boot(spec, watch, System.out);
                ends.submit(() -> {
                    guest.carryIn();
                    return null;
                });
                ends.submit(() -> {
                    guest.carryOut();
                    return null;
                });
            }
            ends.take().get();
            return 1;
        } catch (ExecutionException e) {
            throw new IOException("a cable broke: " + e.getCause(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }
}
