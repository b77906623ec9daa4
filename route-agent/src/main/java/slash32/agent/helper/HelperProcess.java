package slash32.agent.helper;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import slash32.agent.config.ProcessConfig;

/// One helper process: kept running, read and written to.
///
/// Nobody waits for it. What it does not read is dropped beyond {@link #EVENTS_MAX} lines, and counted; what it writes
/// is read a command at a time, so that one which floods waits in its own pipe. What it announced stays for
/// {@link #ROUTES_STAY} after its end, for the next run to announce it again.
public final class HelperProcess {
    private static final Logger LOG = LoggerFactory.getLogger(HelperProcess.class);

    static final int EVENTS_MAX = 1_024;
    private static final int LINE_BYTES_MAX = 65_536;
    private static final Duration ROUTES_STAY = Duration.ofSeconds(30);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    /// One that ran for longer is started at once when it ends.
    private static final Duration STEADY = Duration.ofMinutes(1);

    private static final Duration FAREWELL = Duration.ofSeconds(1);
    /// No line: has the one who writes look around at once.
    private static final LongFunction<String> WAKE = Long::toString;

    private final ProcessConfig config;
    private final Commands commands;
    private final BlockingQueue<LongFunction<String>> lines = new ArrayBlockingQueue<>(EVENTS_MAX);
    private final AtomicLong dropped = new AtomicLong();
    private final CountDownLatch tried = new CountDownLatch(1);
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile @Nullable Process process;
    private volatile long sweepAtNanos;
    private volatile boolean sweeping;

    public HelperProcess(ProcessConfig config, Surroundings here, Announcer announcer) {
        this.config = config;
        commands = new Commands(config, here, announcer);
    }

    public ProcessConfig config() {
        return config;
    }

    void surroundings(Surroundings now) {
        commands.surroundings(now);
    }

    /// Goes on with what {@code before}, which has ended, announced under another configuration.
    void inherit(HelperProcess before) {
        commands.inherit(before.commands);
        sweepAtNanos = System.nanoTime() + ROUTES_STAY.toNanos();
        sweeping = true;
    }

    /// The process is no longer configured: what it announced goes.
    void forget() {
        commands.ended();
        commands.sweep();
    }

    /// Has the process told a line, made when it is written; what finds no room is dropped. Never waits.
    ///
    /// @param line made of the number of lines told so far, this one included
    void tell(LongFunction<String> line) {
        if (process != null && !lines.offer(line) && dropped.getAndIncrement() == 0) {
            LOG.warn("process={} event=not-reading dropped=\"lines beyond {}\"", config.name(), EVENTS_MAX);
        }
    }

    /// Lines that were dropped because the process did not read.
    public long dropped() {
        return dropped.get();
    }

    /// Starts the process, reads it, and starts it again, until {@link #close}.
    public void run() throws InterruptedException {
        Duration pause = FIRST_PAUSE;
        while (closed.getCount() > 0) {
            long began = System.nanoTime();
            String end = once();
            if (closed.getCount() == 0) {
                return;
            }
            commands.ended();
            if (!sweeping) { // one that ends again and again keeps them no longer
                sweepAtNanos = System.nanoTime() + (config.respawn() ? ROUTES_STAY.toNanos() : 0);
                sweeping = true;
            }
            boolean steady = System.nanoTime() - began > STEADY.toNanos();
            pause = steady ? FIRST_PAUSE : pause;
            LOG.warn(
                    "process={} event=ended reason=\"{}\" again={}",
                    config.name(),
                    end,
                    config.respawn() ? "in " + pause.toSeconds() + "s" : "never");
            if (!config.respawn() || closed.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                lines.offer(WAKE);
                closed.await();
                return;
            }
            pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
        }
    }

    /// Waits until the process runs, or did not start: from then on it is told everything.
    public void awaitFirstStart() throws InterruptedException {
        tried.await();
    }

    /// Runs the process once; why it ended.
    private String once() throws InterruptedException {
        Process running;
        try {
            var builder = new ProcessBuilder(command()).redirectError(ProcessBuilder.Redirect.INHERIT);
            builder.environment().put("TERM", "dumb");
            running = builder.start();
        } catch (IOException e) {
            tried.countDown();
            return "not started: " + e.getMessage();
        }
        lines.clear();
        process = running;
        tried.countDown();
        if (closed.getCount() == 0) {
            running.destroy();
        }
        LOG.info("process={} event=started pid={}", config.name(), running.pid());
        String end = "end of its output";
        try {
            read(running);
        } catch (IOException e) {
            end = "reading it: " + e.getMessage();
        }
        process = null;
        stop(running);
        return end + ", exit status " + running.waitFor();
    }

    /// As another user with no capability and no way to one, if that is wanted.
    private List<String> command() throws IOException {
        String user = config.user();
        if (user == null) {
            return config.run();
        }
        var command = new ArrayList<>(List.of(
                "/usr/bin/setpriv",
                "--reuid=" + user,
                "--regid=" + groupOf(user),
                "--init-groups",
                "--inh-caps=-all",
                "--no-new-privs",
                "--"));
        command.addAll(config.run());
        return command;
    }

    private static String groupOf(String user) throws IOException {
        for (String line : Files.readAllLines(Path.of("/etc/passwd"))) {
            String[] fields = line.split(":", -1);
            if (fields.length > 3 && fields[0].equals(user)) {
                return fields[3];
            }
        }
        throw new IOException("there is no user " + user);
    }

    private void read(Process running) throws IOException, InterruptedException {
        InputStream in = new BufferedInputStream(running.getInputStream());
        var line = new ByteArrayOutputStream();
        boolean refusing = false;
        for (int octet = in.read(); octet >= 0; octet = in.read()) {
            if (octet != '\n') {
                line.write(octet);
                if (line.size() > LINE_BYTES_MAX) {
                    throw new IOException("a line of more than " + LINE_BYTES_MAX + " octets");
                }
                continue;
            }
            String text = line.toString(StandardCharsets.UTF_8).strip();
            line.reset();
            if (closed.getCount() == 0) {
                return; // it tidies up, and we leave all as it is
            }
            Commands.Answer answer = commands.line(text);
            if (answer.refusal() != null && !refusing) {
                LOG.warn("process={} event=command-refused reason=\"{}\"", config.name(), answer.refusal());
            }
            refusing = answer.refusal() != null;
            answer.lines().forEach(each -> tell(_ -> each));
            if (config.ack()) {
                String word = refusing ? "error" : "done";
                tell(_ -> word);
            }
        }
    }

    /// Writes to the process what it is told, until {@link #close}.
    public void runEvents() throws InterruptedException {
        long counter = 0;
        while (closed.getCount() > 0) {
            LongFunction<String> line = lines.poll(1, TimeUnit.SECONDS);
            if (sweeping && System.nanoTime() - sweepAtNanos > 0) {
                sweeping = false;
                int gone = commands.sweep();
                if (gone > 0) {
                    LOG.info("process={} event=routes-withdrawn count={}", config.name(), gone);
                }
            }
            Process running = process;
            if (line == null || line == WAKE || running == null) {
                continue;
            }
            try {
                OutputStream out = running.getOutputStream();
                out.write((line.apply(++counter) + "\n").getBytes(StandardCharsets.UTF_8));
                out.flush();
            } catch (IOException e) {
                LOG.debug("process={} event=not-written reason=\"{}\"", config.name(), e.getMessage());
                lines.clear();
            }
        }
    }

    /// Ends the process. What it announced stays announced: our peers keep it while we restart.
    public void close() {
        closed.countDown();
        lines.offer(WAKE);
        Process running = process;
        if (running != null) {
            running.destroy();
        }
    }

    private static void stop(Process running) throws InterruptedException {
        List<ProcessHandle> children = running.descendants().toList();
        running.destroy();
        if (!running.waitFor(FAREWELL.toMillis(), TimeUnit.MILLISECONDS)) {
            running.destroyForcibly();
        }
        children.forEach(ProcessHandle::destroy);
    }
}
