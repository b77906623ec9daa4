package slash32.agent.files;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.api.Problem;
import slash32.agent.intent.InvalidFieldException;
import slash32.agent.intent.StaticFile;
import slash32.agent.json.StaticFileJson;

/// Watches a folder, and states what its files say.
///
/// A file is read once it has been the same for a moment, so that none is read half written. One that can't be read or
/// may not be leaves in force what it said last, and so does a folder that is gone; a file that is gone takes what it
/// said with it. Where one file needs what another states or frees, their order doesn't matter.
public final class EndpointFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointFiles.class);
    private static final Duration SETTLE = Duration.ofMillis(100);
    private static final long MAX_BYTES = 16 << 20;

    private final Path folder;
    private final Duration lookEvery;
    private final Target target;
    private final WatchService watcher;
    private final Map<String, Seen> seen = new TreeMap<>();
    private final Map<String, StaticFile> pending = new TreeMap<>();
    private final Map<String, String> problems = new HashMap<>();
    private @Nullable WatchKey watched;
    private boolean lost;

    /// Files of {@code folder}, which needn't be there.
    ///
    /// @param inForce names of the files whose words an earlier run has taken
    /// @param lookEvery without an event: the folder may come later, and what a file needs may come from elsewhere
    public EndpointFiles(Path folder, List<String> inForce, Duration lookEvery, Target target) throws IOException {
        this.folder = folder;
        this.lookEvery = lookEvery;
        this.target = target;
        watcher = folder.getFileSystem().newWatchService();
        inForce.forEach(name -> seen.put(name, Seen.NOTHING));
    }

    /// Where it is decided what becomes of a file.
    public interface Target {
        /// Makes what {@code file} says all that it states.
        ///
        /// @return why it is refused; null if it isn't
        @Nullable
        Problem put(StaticFile file) throws InterruptedException;

        /// What the file {@code name} says now can't be taken.
        void refuse(String name, String reason);
    }

    /// What tells two writings of a file apart.
    private record Version(
            FileTime time, long size, @Nullable Object key) {
        static final Version UNREADABLE = new Version(FileTime.fromMillis(0), -1, null);
    }

    /// A file as it was seen last.
    ///
    /// @param read it was, and its words are decided on or pending
    private record Seen(@Nullable Version version, long atNanos, boolean read) {
        static final Seen NOTHING = new Seen(null, 0, false);
    }

    /// Watches until {@link #close}.
    public void run() throws InterruptedException {
        try {
            while (true) {
                watch();
                Duration pause = look() ? lookEvery : SETTLE;
                WatchKey key = watcher.poll(pause.toMillis(), TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
        } catch (ClosedWatchServiceException e) {
            // That is how it ends.
        }
    }

    private void watch() {
        if (watched != null && watched.isValid()) {
            return;
        }
        try {
            watched = folder.register(
                    watcher,
                    StandardWatchEventKinds.ENTRY_CREATE,
                    StandardWatchEventKinds.ENTRY_MODIFY,
                    StandardWatchEventKinds.ENTRY_DELETE);
        } catch (IOException e) {
            watched = null; // not there yet; tried again at the next look
        }
    }

    /// Takes what changed; false if a file changes still.
    private boolean look() throws InterruptedException {
        Map<String, Version> there;
        try {
            there = list();
        } catch (IOException e) {
            // Gone for good or for the moment: no reason to take endpoints away.
            seen.keySet().forEach(name -> refuse(name, folder + " can't be read: " + e));
            lost = true;
            return true;
        }
        if (lost) {
            lost = false;
            seen.replaceAll((_, file) -> new Seen(file.version(), file.atNanos(), false));
        }
        boolean settled = true;
        for (var file : there.entrySet()) {
            settled &= settle(file.getKey(), file.getValue());
        }
        for (String name : List.copyOf(seen.keySet())) {
            if (!there.containsKey(name)) {
                seen.remove(name);
                pending.put(name, StaticFile.empty(name));
            }
        }
        statePending();
        return settled;
    }

    private Map<String, Version> list() throws IOException {
        var there = new TreeMap<String, Version>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, EndpointFiles::isOurs)) {
            for (Path file : files) {
                there.put(file.getFileName().toString(), version(file));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return there;
    }

    private static boolean isOurs(Path file) {
        String name = file.getFileName().toString();
        return !name.startsWith(".") && (name.endsWith(".yaml") || name.endsWith(".yml"));
    }

    private static Version version(Path file) {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Version(attributes.lastModifiedTime(), attributes.size(), attributes.fileKey());
        } catch (IOException e) {
            return Version.UNREADABLE; // a link that leads nowhere, or gone at the next look
        }
    }

    /// Reads a file that is the same as a moment ago; false if that can't be said yet.
    private boolean settle(String name, Version version) {
        Seen before = seen.getOrDefault(name, Seen.NOTHING);
        long now = System.nanoTime();
        if (!version.equals(before.version())) {
            seen.put(name, new Seen(version, now, false));
            return false;
        }
        if (before.read()) {
            return true;
        }
        if (now - before.atNanos() < SETTLE.toNanos()) {
            return false;
        }
        pending.remove(name);
        try {
            pending.put(name, read(name));
            seen.put(name, new Seen(version, now, true));
        } catch (BadFileException e) {
            seen.put(name, new Seen(version, now, true));
            refuse(name, String.valueOf(e.getMessage()));
        } catch (IOException e) {
            refuse(name, e.toString());
        }
        return true;
    }

    private StaticFile read(String name) throws BadFileException, IOException {
        Path file = folder.resolve(name);
        if (Files.size(file) > MAX_BYTES) {
            throw new BadFileException("it has more than " + MAX_BYTES + " bytes");
        }
        YamlDocument document = YamlDocument.parse(name, Files.readString(file));
        try {
            return StaticFileJson.read(document.root(), "", name);
        } catch (InvalidFieldException e) {
            throw new BadFileException(document.place(e.field()) + e.field() + ": " + e.reason());
        }
    }

    /// States what is read and not taken, as long as that brings one further: a file may need another.
    private void statePending() throws InterruptedException {
        Map<String, Problem> refused = new TreeMap<>();
        boolean further = true;
        while (further && !pending.isEmpty()) {
            further = false;
            refused.clear();
            for (StaticFile file : List.copyOf(pending.values())) {
                Problem problem = target.put(file);
                if (problem == null) {
                    taken(file);
                    further = true;
                } else {
                    refused.put(file.name(), problem);
                }
            }
        }
        refused.forEach((name, problem) ->
                refuse(name, problem.field() == null ? problem.detail() : problem.field() + ": " + problem.detail()));
    }

    private void taken(StaticFile file) {
        pending.remove(file.name());
        problems.remove(file.name());
        LOG.info(
                "event=file-taken file={} endpoints={} groups={}",
                file.name(),
                file.endpoints().size(),
                file.groups().size());
    }

    private void refuse(String name, String reason) {
        if (!reason.equals(problems.put(name, reason))) {
            LOG.warn("event=file-refused file={} reason=\"{}\" in-force=\"what it said before\"", name, reason);
            target.refuse(name, reason);
        }
    }

    /// Ends {@link #run}.
    @Override
    public void close() throws IOException {
        watcher.close();
    }
}
