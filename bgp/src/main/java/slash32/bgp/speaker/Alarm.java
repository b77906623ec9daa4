package slash32.bgp.speaker;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The one timer of a machine: goes off at its next deadline. On thread {@code bgp}.
final class Alarm {
    private final EventLoop loop;
    private final Runnable deadline;
    private @Nullable ScheduledFuture<?> timer;
    private long setToNanos = Long.MAX_VALUE;

    /// @param deadline has to {@link #set} the alarm again
    Alarm(EventLoop loop, Runnable deadline) {
        this.loop = loop;
        this.deadline = deadline;
    }

    /// Goes off at {@code nanos} of {@link System#nanoTime}, {@link Long#MAX_VALUE} for never; or earlier, where it was
    /// set to before: finding nothing due then is cheaper than moving a timer for each message.
    void set(long nanos) {
        if (timer != null && !timer.isDone() && nanos >= setToNanos) {
            return;
        }
        cancel();
        setToNanos = nanos;
        timer = nanos == Long.MAX_VALUE
                ? null
                : loop.schedule(this::goOff, Math.max(0, nanos - System.nanoTime()), TimeUnit.NANOSECONDS);
    }

    private void goOff() {
        timer = null;
        deadline.run();
    }

    void cancel() {
        if (timer != null) {
            timer.cancel(false);
        }
    }
}
