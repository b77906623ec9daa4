package slash32.bgp.speaker;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateEncoder;
import slash32.net.Prefix;

/// What the peer of an Established session is still to be told, and who waits for that. On thread {@code bgp}.
///
/// Prefixes wait in a set and are looked up when they are written: ten changes of one prefix while the peer does not
/// read are one message, and memory follows the routes, not the changes. Only as much is written as the connection
/// takes.
final class OutQueue {
    /// Between two looks at whether the connection takes more.
    private static final int PREFIXES_AT_ONCE = 4_096;

    private final Channel channel;
    private final Terms terms;
    private final Map<Prefix, PathAttributes> wanted;
    private ExportFilter filter;
    private final AdjRibOut adjRibOut;
    private final UpdateEncoder encoder;
    private final BooleanSupplier complete;
    private final Set<Prefix> waiting = new LinkedHashSet<>();
    private final List<AddressFamily> owedEndOfRib;
    private final Set<AddressFamily> owedEndOfRefresh = new LinkedHashSet<>();
    private final List<Runnable> waiters = new ArrayList<>();
    private @Nullable ChannelFuture lastWrite;

    /// A queue that owes the peer everything: {@code wanted}, then End-of-RIB of each family (RFC 4724 §2).
    ///
    /// @param wanted what the peer is to know, always looked at when something is written
    /// @param filter what of it, and how
    /// @param complete whether {@code wanted} has all that there is at the start: before, there is no End-of-RIB
    /// @param counter runs for each UPDATE
    OutQueue(
            Channel channel,
            Terms terms,
            Map<Prefix, PathAttributes> wanted,
            ExportFilter filter,
            AdjRibOut adjRibOut,
            BooleanSupplier complete,
            Runnable counter) {
        this.channel = channel;
        this.terms = terms;
        this.wanted = wanted;
        this.filter = filter;
        this.adjRibOut = adjRibOut;
        this.complete = complete;
        owedEndOfRib = new ArrayList<>(terms.families().stream().sorted().toList());
        encoder = new UpdateEncoder(terms, message -> {
            counter.run();
            write(message);
        });
        adjRibOut.clear();
        waiting.addAll(wanted.keySet());
    }

    /// What is wanted of {@code prefixes} may have changed.
    void touch(Collection<Prefix> prefixes) {
        waiting.addAll(prefixes);
        drain();
    }

    /// All that is wanted is looked at again, through another filter.
    void refilter(ExportFilter other) {
        filter = other;
        touch(wanted.keySet());
    }

    /// The peer asked to be told everything of {@code family} again (RFC 2918 §4).
    ///
    /// @param marked the peer wants to know where that begins and ends (RFC 7313 §4.1)
    void refresh(AddressFamily family, boolean marked) {
        adjRibOut.forget(family);
        if (marked) {
            write(MessageEncoder.encode(new Message.RouteRefresh(family, 1)));
            owedEndOfRefresh.add(family);
        }
        for (Prefix prefix : wanted.keySet()) {
            if (AdjRibOut.family(prefix).equals(family)) {
                waiting.add(prefix);
            }
        }
        drain();
    }

    /// Runs {@code waiter} once nothing waits and all is handed to the kernel, or the session has ended.
    void whenWritten(Runnable waiter) {
        waiters.add(waiter);
        settle();
    }

    /// Writes as much as the connection takes; called again when it takes more.
    void drain() {
        while (!waiting.isEmpty() && channel.isWritable()) {
            adjRibOut.advertise(nextPrefixes(), wanted, filter, terms, encoder);
        }
        if (waiting.isEmpty() && complete.getAsBoolean()) {
            owedEndOfRib.forEach(family -> write(MessageEncoder.endOfRib(family)));
            owedEndOfRib.clear();
        }
        if (waiting.isEmpty()) {
            owedEndOfRefresh.forEach(family -> write(MessageEncoder.encode(new Message.RouteRefresh(family, 2))));
            owedEndOfRefresh.clear();
        }
        channel.flush();
        settle();
    }

    /// The session has ended: nobody need wait for it.
    void end() {
        List<Runnable> all = List.copyOf(waiters);
        waiters.clear();
        all.forEach(Runnable::run);
    }

    private List<Prefix> nextPrefixes() {
        var next = new ArrayList<Prefix>(PREFIXES_AT_ONCE);
        for (var all = waiting.iterator(); all.hasNext() && next.size() < PREFIXES_AT_ONCE; ) {
            next.add(all.next());
            all.remove();
        }
        return next;
    }

    private void write(byte[] message) {
        lastWrite = channel.write(Unpooled.wrappedBuffer(message));
    }

    private void settle() {
        if (waiters.isEmpty() || !waiting.isEmpty()) {
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

    private void run(List<Runnable> settled) {
        for (Runnable waiter : settled) {
            if (waiters.remove(waiter)) {
                waiter.run();
            }
        }
    }
}
