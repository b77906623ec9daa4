package slash32.bgp.speaker;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;

/// The way to the peer of an Established session: what is still owed to it besides what waits for its {@link Cohort},
/// and who waits for that. On thread {@code bgp}.
final class OutQueue {
    private final Channel channel;
    private final int number;
    private final Listener listener;
    private final List<AddressFamily> owedEndOfRib;
    private final Set<AddressFamily> owedEndOfRefresh = new LinkedHashSet<>();
    /// What its cohort had passed already when it joined.
    private final Map<AddressFamily, BitSet> owed = new HashMap<>();

    private final List<Runnable> waiters = new ArrayList<>();
    private @Nullable ChannelFuture lastWrite;
    private boolean endOfRibHeld;

    /// Hears of UPDATEs that are written.
    interface Listener {
        /// Called before they are handed over.
        ///
        /// @param messages all of them; to be left as they are
        void sent(ByteBuf messages, int updates);
    }

    /// A queue that owes End-of-RIB of each of {@code families} (RFC 4724 §2).
    ///
    /// @param number the peer's
    OutQueue(Channel channel, int number, Set<AddressFamily> families, Listener listener) {
        this.channel = channel;
        this.number = number;
        this.listener = listener;
        owedEndOfRib = new ArrayList<>(families.stream().sorted().toList());
    }

    int number() {
        return number;
    }

    /// True if the connection takes more at once.
    boolean isReady() {
        return channel.isWritable();
    }

    /// True if more than {@code bytes} wait for the connection.
    boolean isBehind(long bytes) {
        return channel.bytesBeforeWritable() > bytes;
    }

    /// Hands over {@code updates} UPDATE messages, which others may be given too.
    void write(ByteBuf messages, int updates) {
        listener.sent(messages, updates);
        lastWrite = channel.write(messages);
    }

    void flush() {
        channel.flush();
    }

    private void write(byte[] message) {
        lastWrite = channel.write(Unpooled.wrappedBuffer(message));
    }

    /// Notes what its cohort has passed.
    void owes(AddressFamily family, BitSet numbers) {
        owed.computeIfAbsent(family, _ -> new BitSet()).or(numbers);
    }

    boolean isOwed() {
        return !owed.isEmpty();
    }

    /// What it is owed, which the caller now sees to.
    Map<AddressFamily, BitSet> takeOwed() {
        var all = Map.copyOf(owed);
        owed.clear();
        return all;
    }

    /// The peer wants to know where a refresh of {@code family} begins and ends (RFC 7313 §4).
    void beginRefresh(AddressFamily family) {
        write(MessageEncoder.encode(new Message.RouteRefresh(family, 1)));
        owedEndOfRefresh.add(family);
    }

    /// Keeps End-of-RIB back until {@link #releaseEndOfRib}: the peer has not said yet what it wants.
    void holdEndOfRib() {
        endOfRibHeld = true;
    }

    void releaseEndOfRib() {
        endOfRibHeld = false;
    }

    /// Runs {@code waiter} once all is told and handed to the kernel, or the session has ended.
    void whenWritten(Runnable waiter) {
        waiters.add(waiter);
    }

    /// True if there is something to do once all is told.
    boolean expectsMore() {
        return !owedEndOfRib.isEmpty() || !owedEndOfRefresh.isEmpty() || !waiters.isEmpty();
    }

    /// All is told.
    ///
    /// @param complete of which families that is all that there is at the start: before, there is no End-of-RIB
    void settled(Predicate<AddressFamily> complete) {
        List<AddressFamily> ended = endOfRibHeld
                ? List.of()
                : owedEndOfRib.stream().filter(complete).toList();
        if (!ended.isEmpty()) {
            ended.forEach(family -> write(MessageEncoder.endOfRib(family)));
            owedEndOfRib.removeAll(ended);
            channel.flush();
        }
        if (!owedEndOfRefresh.isEmpty()) {
            owedEndOfRefresh.forEach(family -> write(MessageEncoder.encode(new Message.RouteRefresh(family, 2))));
            owedEndOfRefresh.clear();
            channel.flush();
        }
        if (waiters.isEmpty()) {
            return;
        }
        List<Runnable> settled = List.copyOf(waiters);
        if (lastWrite == null) {
            run(settled);
        } else {
            // a write that failed has not told the peer: its session is about to end, and that runs the waiters
            var _ = lastWrite.addListener(write -> {
                if (write.isSuccess()) {
                    run(settled);
                }
            });
        }
    }

    /// The session has ended: nobody need wait for it.
    void end() {
        List<Runnable> all = List.copyOf(waiters);
        waiters.clear();
        all.forEach(Runnable::run);
    }

    private void run(List<Runnable> settled) {
        for (Runnable waiter : settled) {
            if (waiters.remove(waiter)) {
                waiter.run();
            }
        }
    }
}
