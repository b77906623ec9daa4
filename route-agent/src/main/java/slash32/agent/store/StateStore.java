package slash32.agent.store;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.intent.EndpointId;
import slash32.agent.intent.EndpointSpec;
import slash32.agent.json.EndpointJson;
import slash32.agent.json.GroupJson;
import slash32.agent.json.StrictJson;
import slash32.securitygroup.GroupId;
import slash32.securitygroup.SecurityGroup;

/// Keeps endpoints and groups on disk.
///
/// A change is noted at once and given a ticket; {@link #run} writes what has come together meanwhile, and whoever has
/// to answer for a change waits for its ticket. Thread-safe.
public final class StateStore implements Runnable, AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StateStore.class);
    private static final long RETRY_MILLIS = 1000;

    private final StateFile file;
    private final StateFile.Content.State recovered;
    private final @Nullable String lost;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Condition written = lock.newCondition();
    private final TreeMap<EndpointId, String> endpoints = new TreeMap<>();
    private final TreeMap<GroupId, String> groups = new TreeMap<>();
    private long latestTicket;
    private long durableTicket;
    private long refusedTicket;
    private String refusal = "";
    private boolean closed;
    private boolean ended;

    private StateStore(StateFile file, StateFile.Content content) {
        this.file = file;
        switch (content) {
            case StateFile.Content.State state -> {
                recovered = state;
                lost = null;
            }
            case StateFile.Content.Lost(String reason) -> {
                recovered = new StateFile.Content.State(List.of(), List.of());
                lost = reason;
            }
        }
        recovered.endpoints().forEach(spec -> endpoints.put(spec.id(), text(spec)));
        recovered.groups().forEach(group -> groups.put(group.id(), text(group)));
    }

    /// Reads what an earlier run left in {@code directory}, which is made if it isn't there.
    ///
    /// @throws IOException if it can't be read
    public static StateStore open(Path directory) throws IOException {
        Files.createDirectories(directory);
        var file = new StateFile(directory);
        return new StateStore(file, file.load());
    }

    /// Endpoints of the earlier run.
    public List<EndpointSpec> recoveredEndpoints() {
        return recovered.endpoints();
    }

    /// Groups of the earlier run.
    public List<SecurityGroup> recoveredGroups() {
        return recovered.groups();
    }

    /// Why nothing was recovered though something was there; null if all was. The file is kept under another name.
    public @Nullable String lost() {
        return lost;
    }

    /// Notes {@code spec}, and gives back the ticket for {@link #awaitDurable}.
    public long put(EndpointSpec spec) {
        String text = text(spec);
        return note(() -> endpoints.put(spec.id(), text));
    }

    public long remove(EndpointId id) {
        return note(() -> endpoints.remove(id));
    }

    /// Notes that {@code specs} are all endpoints.
    public long replaceEndpoints(List<EndpointSpec> specs) {
        var texts = new TreeMap<EndpointId, String>();
        specs.forEach(spec -> texts.put(spec.id(), text(spec)));
        return note(() -> {
            endpoints.clear();
            endpoints.putAll(texts);
        });
    }

    public long put(SecurityGroup group) {
        String text = text(group);
        return note(() -> groups.put(group.id(), text));
    }

    public long remove(GroupId id) {
        return note(() -> groups.remove(id));
    }

    private long note(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signal();
            return ++latestTicket;
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
        }
    }

    /// One attempt, without the lock while the disk works; true if it succeeded.
    private boolean write() {
        long ticket = latestTicket;
        String state = "{\"endpoints\":[" + String.join(",", endpoints.values()) + "],\"groups\":["
                + String.join(",", groups.values()) + "]}";
        String failure = null;
        lock.unlock();
        try {
            file.replace(state);
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

    private static String text(EndpointSpec spec) {
        return StrictJson.text(json -> EndpointJson.write(json, spec));
    }

    private static String text(SecurityGroup group) {
        return StrictJson.text(json -> GroupJson.write(json, group));
    }
}
