package slash32.bgp.speaker.monitor;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.bgp.speaker.Monitoring;
import slash32.bgp.wire.BgpIdentifier;
import slash32.net.Asn;

/// Writes MRT files: the table every so often, and what peers say. {@link #run} is a thread of its own, {@link #close}
/// is for any.
///
/// A file has {@code .part} behind its name until it is complete. One that can't be written, because the disk is full,
/// say, is given up; the next is tried when its time has come. What peers say meanwhile is lost, and nothing else.
public final class MrtLoop implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MrtLoop.class);

    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("yyyyMMdd.HHmmss").withZone(ZoneOffset.UTC);
    private static final String TABLE = "rib.";
    private static final String UPDATES = "updates.";
    private static final String SUFFIX = ".mrt";
    private static final String PART = ".part";
    private static final long WAITING_BYTES_MAX = 64L << 20;
    private static final long NEVER = Long.MAX_VALUE;

    private final MrtFiles files;
    private final Asn asn;
    private final Monitoring monitoring;
    private final TableDump dump;
    private Outbox outbox = new Outbox(WAITING_BYTES_MAX);
    private volatile boolean closed;
    private volatile @Nullable Outbox current;
    private @Nullable Path logFile;
    private @Nullable OutputStream log;

    public MrtLoop(MrtFiles files, Asn asn, BgpIdentifier identifier, Monitoring monitoring) {
        this.files = files;
        this.asn = asn;
        this.monitoring = monitoring;
        dump = new TableDump(monitoring, identifier);
    }

    /// Ends when it is closed.
    public void run() throws InterruptedException {
        adopt();
        UpdateLog listener = listen();
        long nextTable = next(files.tableEvery());
        long nextLog = next(files.updatesEvery());
        beginLog();
        while (!closed) {
            long until = Math.min(nextTable, nextLog);
            append(outbox.take(System.nanoTime() + nanosUntil(until)));
            if (outbox.isOverflown()) {
                LOG.warn("mrt={} event=updates-lost reason=\"the disk is too slow\"", files.folder());
                monitoring.remove(listener);
                endLog();
                listener = listen();
                beginLog();
            }
            long now = System.currentTimeMillis();
            if (now >= nextLog) {
                endLog();
                beginLog();
                nextLog = next(files.updatesEvery());
            }
            if (now >= nextTable) {
                table();
                nextTable = next(files.tableEvery());
            }
        }
        monitoring.remove(listener);
        endLog();
    }

    private UpdateLog listen() {
        outbox = new Outbox(WAITING_BYTES_MAX);
        current = outbox;
        if (closed) {
            outbox.close();
        }
        var listener = new UpdateLog(asn, outbox);
        if (!files.updatesEvery().isZero()) {
            monitoring.add(listener);
        }
        return listener;
    }

    /// The next multiple of {@code every} since 1970, in milliseconds.
    private static long next(Duration every) {
        if (every.isZero()) {
            return NEVER;
        }
        long step = every.toMillis();
        return (System.currentTimeMillis() / step + 1) * step;
    }

    private static long nanosUntil(long millis) {
        return millis == NEVER
                ? Long.MAX_VALUE / 2
                : TimeUnit.MILLISECONDS.toNanos(Math.max(0, millis - System.currentTimeMillis()));
    }

    /// What an earlier run left: a log is whole as far as it goes, a table is not.
    private void adopt() {
        for (Path left : named(UPDATES, SUFFIX + PART)) {
            complete(left);
        }
        for (Path left : named(TABLE, SUFFIX + PART)) {
            delete(left);
        }
    }

    private void beginLog() {
        if (files.updatesEvery().isZero()) {
            return;
        }
        try {
            Path file = part(UPDATES);
            log = open(file);
            logFile = file;
        } catch (IOException e) {
            failed(e);
        }
    }

    private void append(List<byte[]> records) {
        long octets = 0;
        for (byte[] each : records) {
            octets += each.length;
        }
        outbox.written(octets);
        if (log == null) {
            return;
        }
        try {
            for (byte[] each : records) {
                log.write(each);
            }
            log.flush();
        } catch (IOException e) {
            failed(e);
            endLog();
        }
    }

    private void endLog() {
        OutputStream open = log;
        Path file = logFile;
        log = null;
        logFile = null;
        if (open == null || file == null) {
            return;
        }
        try (open) {
            open.flush();
        } catch (IOException e) {
            failed(e);
        }
        complete(file);
        removeOld(UPDATES);
    }

    private void table() {
        try {
            Path file = part(TABLE);
            try (OutputStream out = open(file)) {
                dump.write(out);
            } catch (IOException e) {
                delete(file);
                throw e;
            }
            complete(file);
            removeOld(TABLE);
        } catch (IOException e) {
            failed(e);
        }
    }

    private Path part(String kind) throws IOException {
        Files.createDirectories(files.folder());
        return files.folder().resolve(kind + NAME.format(Instant.now()) + SUFFIX + PART);
    }

    private static OutputStream open(Path file) throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(file), 1 << 16);
    }

    private void complete(Path part) {
        String name = part.getFileName().toString();
        try {
            Files.move(
                    part,
                    part.resolveSibling(name.substring(0, name.length() - PART.length())),
                    StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            failed(e);
        }
    }

    private void removeOld(String kind) {
        List<Path> all = named(kind, SUFFIX);
        all.subList(0, Math.max(0, all.size() - files.keep())).forEach(this::delete);
    }

    private void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            failed(e);
        }
    }

    /// Files of a kind, the oldest first.
    private List<Path> named(String kind, String suffix) {
        var found = new ArrayList<Path>();
        if (Files.isDirectory(files.folder())) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(files.folder(), kind + "*" + suffix)) {
                all.forEach(found::add);
            } catch (IOException e) {
                failed(e);
            }
        }
        found.sort(Comparator.naturalOrder());
        return found;
    }

    private void failed(IOException why) {
        LOG.warn("mrt={} event=not-written reason=\"{}\"", files.folder(), why.toString());
    }

    @Override
    public void close() {
        closed = true;
        Outbox waiting = current;
        if (waiting != null) {
            waiting.close();
        }
    }
}
