package slash32.agent;

import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import slash32.agent.dataplane.Dataplane;
import slash32.agent.intent.Effect;
import slash32.agent.intent.Progress;
import slash32.net.InterfaceName;

/// Thread {@code kernel}: the one writer of what is in force. What arrives while a pass runs is the next pass.
final class KernelLoop implements Runnable {
    private static final int FULL_AT = 256;
    private static final long LONGEST_WAIT_NANOS = 3_600_000_000_000L;

    private final Mailbox mailbox = new Mailbox(FULL_AT);
    private final Dataplane dataplane;
    private final Consumer<List<Progress>> reports;
    private final BiConsumer<InterfaceName, Optional<String>> portRules;
    private final Runnable drained;
    private final HeapTrim trim = new HeapTrim();

    /// A loop that has yet to run.
    ///
    /// @param reports takes what changed for endpoints, without waiting
    /// @param portRules takes why the groups of a segment's port are not in force, or that they are, likewise
    /// @param drained run after each pass, for producers that stopped because the mailbox was full
    KernelLoop(
            Dataplane dataplane,
            Consumer<List<Progress>> reports,
            BiConsumer<InterfaceName, Optional<String>> portRules,
            Runnable drained) {
        this.dataplane = dataplane;
        this.reports = reports;
        this.portRules = portRules;
        this.drained = drained;
    }

    void desire(Effect.Desire desire) {
        mailbox.put(() -> dataplane.desire(desire));
    }

    /// Has {@code task} run once all that was desired before has been through a pass, and its reports are out.
    void afterNextPass(Runnable task) {
        mailbox.put(() -> mailbox.put(task));
    }

    void tell(Consumer<Dataplane> task) {
        mailbox.put(() -> task.accept(dataplane));
    }

    <T> T ask(Function<Dataplane, T> question) throws InterruptedException {
        return mailbox.ask(() -> question.apply(dataplane));
    }

    boolean isFull() {
        return mailbox.isFull();
    }

    @Override
    public void run() {
        try {
            while (!mailbox.isClosed()) {
                long now = System.nanoTime();
                long next = Math.min(dataplane.nextDeadlineNanos(now), trim.nextDeadlineNanos());
                long wait = Math.min(LONGEST_WAIT_NANOS, next - now);
                mailbox.take(wait).forEach(Runnable::run);
                List<Progress> progress = dataplane.pass(System.nanoTime());
                if (!progress.isEmpty()) {
                    reports.accept(progress);
                }
                dataplane.portRules().forEach(portRules);
                dataplane.giveBack(System.nanoTime());
                drained.run();
                if (trim.isDue(dataplane.routesWorked(), System.nanoTime())) {
                    System.gc();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void close() {
        mailbox.close();
    }
}
