package slash32.lab.runner;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// A process of the host, known by its number and by when it started, so that a later one with its number is not taken
/// for it.
///
/// @param startTicks since boot, as in proc(5) stat
record HeldProcess(long pid, long startTicks) {
    private static final Duration END_WITHIN = Duration.ofSeconds(10);

    /// @throws LabException if there is no such process
    static HeldProcess of(long pid) throws IOException {
        long start = startTicks(pid);
        if (start < 0) {
            throw new LabException("process " + pid + " has ended");
        }
        return new HeldProcess(pid, start);
    }

    boolean isAlive() throws IOException {
        return startTicks == startTicks(pid);
    }

    /// The process's only child: the first process of the namespaces that it made.
    ///
    /// @throws LabException if it has none
    long child() throws IOException {
        String children = Files.readString(
                        Path.of("/proc/" + pid + "/task/" + pid + "/children"), StandardCharsets.US_ASCII)
                .strip();
        if (children.isEmpty()) {
            throw new LabException("process " + pid + " holds nothing");
        }
        return Long.parseLong(children.split(" ", -1)[0]);
    }

    /// Kills it, unless it has ended, and waits until it is gone.
    void kill() throws IOException {
        ProcessHandle handle = ProcessHandle.of(pid).orElse(null);
        if (handle == null || !isAlive()) {
            return;
        }
        handle.destroyForcibly();
        try {
            handle.onExit().get(END_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new LabException("process " + pid + " did not end when killed: " + e);
        }
    }

    /// -1 if there is no such process, or only its remains.
    private static long startTicks(long pid) throws IOException {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"), StandardCharsets.ISO_8859_1);
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            boolean ended = fields[0].equals("Z") || fields[0].equals("X");
            return ended ? -1 : Long.parseLong(fields[19]);
        } catch (NoSuchFileException e) {
            return -1;
        }
    }
}
