package slash32.agent.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Notices that a configuration file was written or replaced, by looking once per interval.
///
/// One thread waits; any may {@link #poke}.
public final class ConfigWatcher {
    private final Path file;
    private final Duration interval;
    private final Semaphore pokes = new Semaphore(0);
    private @Nullable Version seen;

    /// Takes the file as it is now for known.
    public ConfigWatcher(Path file, Duration interval) {
        this.file = file;
        this.interval = interval;
        this.seen = look();
    }

    /// What tells two writings apart: a replaced file has another key, a rewritten one another time or size.
    private record Version(
            FileTime time, long size, @Nullable Object key) {}

    /// Waits until the file is another than the last time, and there, or somebody pokes.
    public void await() throws InterruptedException {
        while (true) {
            boolean poked = pokes.tryAcquire(interval.toMillis(), TimeUnit.MILLISECONDS);
            Version now = look();
            boolean changed = now != null && !now.equals(seen);
            seen = now;
            if (poked || changed) {
                pokes.drainPermits();
                return;
            }
        }
    }

    /// Ends the wait, as SIGHUP does.
    public void poke() {
        pokes.release();
    }

    private @Nullable Version look() {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            return null; // gone for the moment, as while an editor replaces it
        }
    }
}
