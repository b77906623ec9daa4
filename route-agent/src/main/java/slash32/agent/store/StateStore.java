package slash32.agent.store;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.stream.Collectors.joining;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.intent.SegmentId;
import slash32.agent.intent.SegmentSpec;
import slash32.agent.intent.StaticFile;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.GroupJson;
import slash32.agent.json.SegmentJson;
import slash32.agent.json.StaticFileJson;
import slash32.agent.json.StrictJson;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// Keeps endpoints, groups, segments and what files say of them on disk.
///
/// A change is noted at once and given a ticket; {@link #run} writes what has come together meanwhile, and whoever has
/// to answer for a change waits for its ticket. Thread-safe.
public final class StateStore implements Runnable, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StateStore.class);
    private static final long RETRY_MILLIS = 1000;

    private final StateFiles files;
    private final Recovery recovered;
    private final @Nullable String lost;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition written = lock.newCondition();
    private final TreeMap<EndpointId, String> endpoints = new TreeMap<>();
    private final TreeMap<GroupId, String> groups = new TreeMap<>();
    private final TreeMap<SegmentId, String> segments = new TreeMap<>();
    private final TreeMap<String, String> staticFiles = new TreeMap<>();
    private final List<String> pending = new ArrayList<>();
    private long latestTicket;
    private long durableTicket;
    private long refusedTicket;
    private String refusal = "";
    private boolean closed;
    private boolean ended;

    private StateStore(StateFiles files, StateFiles.Content content) {
        this.files = files;
        switch (content) {
            case StateFiles.Content.Whole(Recovery recovery, int tornBytes) -> {
                recovered = recovery;
                lost = null;
                if (tornBytes > 0) {
                    log.warn(
                            "event=change-dropped reason=\"it was being written when the agent ended\" bytes={}",
                            tornBytes);
                }
            }
            case StateFiles.Content.Lost(String reason) -> {
                recovered = new Recovery();
                lost = reason;
            }
        }
        latestTicket = recovered.sequence();
        durableTicket = latestTicket;
        recovered.endpoints().forEach(spec -> endpoints.put(spec.id(), text(spec)));
        recovered.groups().forEach(group -> groups.put(group.id(), text(group)));
        recovered.segments().forEach(segment -> segments.put(segment.id(), text(segment)));
        recovered.files().forEach(file -> staticFiles.put(file.name(), text(file)));
    }

    /// Reads what an earlier run left in {@code directory}, which is made if it isn't there.
    ///
    /// @throws IOException if it can't be read
    public static StateStore open(Path directory) throws IOException {
        Files.createDirectories(directory);
        var files = new StateFiles(directory);
        return new StateStore(files, files.load());
    }

    /// Endpoints of the earlier run.
    public List<EndpointSpec> recoveredEndpoints() {
        return recovered.endpoints();
    }

    /// Groups of the earlier run.
    public List<SecurityGroup> recoveredGroups() {
        return recovered.groups();
    }

    /// Segments of the earlier run.
    public List<SegmentSpec> recoveredSegments() {
        return recovered.segments();
    }

    /// What the files of {@code endpoints.d} said last.
    public List<StaticFile> recoveredFiles() {
        return recovered.files();
    }

    /// Why nothing was recovered though something was there; null if all was. It is kept under another name.
    public @Nullable String lost() {
        return lost;
    }

    /// Notes {@code spec}, and gives back the ticket for {@link #awaitDurable}.
    public long put(EndpointSpec spec) {
        String text = text(spec);
        return note("endpoint", text, () -> endpoints.put(spec.id(), text));
    }

    public long remove(EndpointId id) {
        return note("no-endpoint", quoted(id.value()), () -> endpoints.remove(id));
    }

    /// Notes that {@code specs} are all endpoints.
    public long replaceEndpoints(List<EndpointSpec> specs) {
        var texts = new TreeMap<EndpointId, String>();
        specs.forEach(spec -> texts.put(spec.id(), text(spec)));
        return note("endpoints", "[" + String.join(",", texts.values()) + "]", () -> {
            endpoints.clear();
            endpoints.putAll(texts);
        });
    }

    public long put(SecurityGroup group) {
        String text = text(group);
        return note("group", text, () -> groups.put(group.id(), text));
    }

    public long remove(GroupId id) {
        return note("no-group", Long.toString(id.number()), () -> groups.remove(id));
    }

    public long put(SegmentSpec segment) {
        String text = text(segment);
        return note("segment", text, () -> segments.put(segment.id(), text));
    }

    public long remove(SegmentId id) {
        return note("no-segment", quoted(id.value()), () -> segments.remove(id));
    }

    /// Notes what a file of {@code endpoints.d} says; one that is empty is forgotten.
    public long put(StaticFile file) {
        if (file.isEmpty()) {
            return note("no-file", quoted(file.name()), () -> staticFiles.remove(file.name()));
        }
        String text = text(file);
        return note("file", text, () -> staticFiles.put(file.name(), text));
    }

    private long note(String kind, String value, Runnable change) {
        lock.lock();
        try {
            change.run();
            latestTicket++;
            pending.add("{\"sequence\":" + latestTicket + ",\"kind\":\"" + kind + "\",\"value\":" + value + "}");
            changed.signal();
            return latestTicket;
        } finally {
            lock.unlock();
        }
    }

    /// Waits until the change of {@code ticket} is on disk.
    ///
    /// @throws IOException if the last attempt to write it failed; it is tried again
    /// @throws InterruptedException if the waiting thread was
    public void awaitDurable(long ticket) throws IOException, InterruptedException {
        lock.lock();
        try {
            while (durableTicket < ticket) {
                if (refusedTicket >= ticket) {
                    throw new IOException(refusal);
                }
                if (ended) {
                    throw new IOException("the agent is stopping");
                }
                written.await();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Writes until {@link #close}, which still gets everything written that was noted before it.
    @Override
    public void run() {
        lock.lock();
        try {
            while (!closed || durableTicket < latestTicket) {
                if (durableTicket == latestTicket) {
                    changed.awaitUninterruptibly();
                } else if (!write() && !pause()) {
                    return;
                }
            }
        } finally {
            ended = true;
            written.signalAll();
            lock.unlock();
            closeFiles();
        }
    }

    private void closeFiles() {
        try {
            files.close();
        } catch (IOException e) {
            log.warn("event=state-not-closed reason=\"{}\"", e.toString());
        }
    }

    /// One attempt, without the lock while the disk works; true if it succeeded. What was noted and not written after a
    /// failure is in the whole that is written then.
    private boolean write() {
        long ticket = latestTicket;
        boolean whole = files.wantsWhole();
        List<String> changes = whole ? List.of() : List.copyOf(pending);
        String state = whole ? state() : "";
        pending.clear();
        String failure = null;
        lock.unlock();
        try {
            if (whole) {
                files.writeWhole(state);
            } else {
                files.append(changes.stream().map(Journal::line).collect(joining()));
            }
        } catch (IOException e) {
            failure = "keeping desired state: " + e;
        } finally {
            lock.lock();
        }
        if (failure == null) {
            if (refusedTicket > durableTicket) {
                log.info("event=state-kept after=failure");
            }
            durableTicket = ticket;
        } else {
            if (refusedTicket <= durableTicket) {
                log.error("event=state-not-kept reason=\"{}\" retryMillis={}", failure, RETRY_MILLIS);
            }
            refusedTicket = ticket;
            refusal = failure;
        }
        written.signalAll();
        return failure == null;
    }

    /// Waits before the next attempt; false if there is to be none.
    private boolean pause() {
        try {
            // A change that comes meanwhile is tried at once, so that its caller hears soon how it went.
            long before = latestTicket;
            long left = MILLISECONDS.toNanos(RETRY_MILLIS);
            while (left > 0 && latestTicket == before && !closed) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return !closed;
    }

    /// Ends {@link #run} after what was noted is written, or can't be.
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signal();
        } finally {
            lock.unlock();
        }
    }

    private String state() {
        return "{\"sequence\":" + latestTicket
                + ",\"endpoints\":[" + String.join(",", endpoints.values())
                + "],\"groups\":[" + String.join(",", groups.values())
                + (segments.isEmpty() ? "" : "],\"segments\":[" + String.join(",", segments.values()))
                + "],\"files\":[" + String.join(",", staticFiles.values()) + "]}";
    }

    private static String quoted(String text) {
        return StrictJson.text(json -> json.writeString(text));
    }

    private static String text(StaticFile file) {
        return StrictJson.text(json -> {
            json.writeStartObject();
            json.writeStringField("name", file.name());
            json.writeFieldName("content");
            StaticFileJson.write(json, file);
            json.writeEndObject();
        });
    }

    private static String text(EndpointSpec spec) {
        return StrictJson.text(json -> EndpointJson.write(json, spec));
    }

    private static String text(SegmentSpec segment) {
        return StrictJson.text(json -> SegmentJson.write(json, segment));
    }

    private static String text(SecurityGroup group) {
        return StrictJson.text(json -> GroupJson.write(json, group));
    }
}
