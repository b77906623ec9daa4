package slash32.agent.helper;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import slash32.agent.config.ProcessConfig;
import slash32.bgp.speaker.Monitoring;

/// The helper processes that are configured at this moment. One whose configuration did not change runs on when others
/// come and go; one that changed is ended before its successor starts, which has time to announce its routes again.
public final class Helpers {
    /// What a thread does.
    public interface Loop {
        void run() throws InterruptedException;
    }

    /// Starts threads.
    public interface Starter {
        Thread start(String name, Loop loop);
    }

    private final Announcer announcer;
    private final Monitoring monitoring;
    private final Starter starter;
    private final SessionEvents events;
    private final Map<String, Running> running = new LinkedHashMap<>();
    private boolean watching;

    /// A process and its threads.
    private record Running(HelperProcess process, List<Thread> threads) {}

    /// None runs before {@link #configure}.
    ///
    /// @param host this host's name, which is in each event
    public Helpers(Surroundings here, String host, Announcer announcer, Monitoring monitoring, Starter starter) {
        this.announcer = announcer;
        this.monitoring = monitoring;
        this.starter = starter;
        events = new SessionEvents(here, host);
    }

    /// Has these processes run, and no others. Waits until new ones are started, and so hear of every session that
    /// comes; they are told of those that are there.
    public synchronized void configure(List<ProcessConfig> wanted, Surroundings here) throws IOException {
        try {
            Map<String, HelperProcess> ended = end(wanted);
            running.values().forEach(each -> each.process().surroundings(here));
            var fresh = new ArrayList<HelperProcess>();
            for (ProcessConfig config : wanted) {
                if (!running.containsKey(config.name())) {
                    fresh.add(start(config, here, ended.remove(config.name())));
                }
            }
            ended.values().forEach(HelperProcess::forget);
            for (HelperProcess process : fresh) {
                process.awaitFirstStart();
            }
            tell(here, fresh);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (IOException) new InterruptedIOException("interrupted while helper processes started").initCause(e);
        }
    }

    /// Ends those that are not wanted as they are.
    private Map<String, HelperProcess> end(List<ProcessConfig> wanted) throws InterruptedException {
        Set<ProcessConfig> staying = Set.copyOf(wanted);
        List<Running> leaving = running.values().stream()
                .filter(each -> !staying.contains(each.process().config()))
                .toList();
        var ended = new LinkedHashMap<String, HelperProcess>();
        for (Running each : leaving) {
            each.process().close();
            for (Thread thread : each.threads()) {
                thread.join();
            }
            running.remove(each.process().config().name());
            ended.put(each.process().config().name(), each.process());
        }
        return ended;
    }

    private HelperProcess start(ProcessConfig config, Surroundings here, @Nullable HelperProcess before) {
        var process = new HelperProcess(config, here, announcer);
        if (before != null) {
            process.inherit(before);
        }
        String name = "helper-" + config.name();
        List<Thread> threads =
                List.of(starter.start(name, process::run), starter.start(name + "-events", process::runEvents));
        running.put(config.name(), new Running(process, threads));
        return process;
    }

    /// A monitor costs the speaker something, so there is none without processes.
    private void tell(Surroundings here, List<HelperProcess> fresh) {
        List<HelperProcess> all =
                running.values().stream().map(Running::process).toList();
        if (all.isEmpty()) {
            monitoring.remove(events);
            watching = false;
        }
        boolean introduced = watching;
        if (introduced) {
            monitoring.execute(() -> {
                events.tell(all, here);
                fresh.forEach(process -> events.introduce(process, monitoring.sessions()));
            });
        } else {
            events.tell(all, here);
        }
        if (!all.isEmpty() && !watching) {
            monitoring.add(events);
            watching = true;
        }
    }

    /// Ends them all. What they announced stays announced: our peers keep it while we restart.
    public synchronized void close() {
        running.values().forEach(each -> each.process().close());
        for (Running each : running.values()) {
            for (Thread thread : each.threads()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
        }
    }
}
