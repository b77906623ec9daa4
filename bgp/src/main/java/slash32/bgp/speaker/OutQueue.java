package slash32.bgp.speaker;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.MessageEncoder;
import slash32.bgp.wire.Terms;
import slash32.bgp.wire.UpdateEncoder;

/// What the peer of an Established session is still to be told, and who waits for that. On thread {@code bgp}.
///
/// Prefixes wait, a bit each, and are looked up when they are written: ten changes of one prefix while the peer does
/// not read are one message, and memory follows the routes, not the changes. Only as much is written as the connection
/// takes.
final class OutQueue {
    /// Between two looks at whether the connection takes more.
    private static final int PREFIXES_AT_ONCE = 4_096;

    private final Channel channel;
    private final Terms terms;
    private final Offers offers;
    private Recipient recipient;
    private final AdjRibOut adjRibOut;
    private final UpdateEncoder encoder;
    private final BooleanSupplier complete;
    private final BitSet waiting;
    private final List<AddressFamily> owedEndOfRib;
    private final Set<AddressFamily> owedEndOfRefresh = new LinkedHashSet<>();
    private final List<Runnable> waiters = new ArrayList<>();
    private @Nullable ChannelFuture lastWrite;

    /// A queue that owes the peer everything: what is offered, then End-of-RIB of each family (RFC 4724 §2).
    ///
    /// @param offers always looked at when something is written
    /// @param recipient what of it the peer is told, and how
    /// @param complete whether {@code offers} has all that there is at the start: before, there is no End-of-RIB
    /// @param updates hears of each UPDATE that is written
    OutQueue(
            Channel channel,
            Terms terms,
            Offers offers,
            Recipient recipient,
            AdjRibOut adjRibOut,
            BooleanSupplier complete,
            Consumer<byte[]> updates) {
        this.channel = channel;
        this.terms = terms;
        this.offers = offers;
        this.recipient = recipient;
        this.adjRibOut = adjRibOut;
        this.complete = complete;
        owedEndOfRib = new ArrayList<>(terms.families().stream().sorted().toList());
        encoder = new UpdateEncoder(terms, message -> {
            updates.accept(message);
            write(message);
        });
        adjRibOut.clear();
        waiting = offers.all();
    }

    /// What is offered of the prefixes of these numbers may have changed.
    void touch(BitSet numbers) {
        waiting.or(numbers);
        drain();
    }

    /// All that is offered is looked at again, for a recipient that is another now.
    void refilter(Recipient other) {
        recipient = other;
        touch(offers.all());
    }

    /// The peer asked to be told everything of {@code family} again (RFC 2918 §4).
    ///
    /// @param marked the peer wants to know where that begins and ends (RFC 7313 §4.1)
    void refresh(AddressFamily family, boolean marked) {
        if (marked) {
            write(MessageEncoder.encode(new Message.RouteRefresh(family, 1)));
            owedEndOfRefresh.add(family);
        }
        offers.all().stream()
                .filter(number -> AdjRibOut.family(offers.prefix(number)).equals(family))
                .forEach(waiting::set);
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
            adjRibOut.advertise(next(), offers, recipient, terms, encoder);
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

    /// Writes some of what the peer was told once more, to somebody else.
    ///
    /// @param from the first prefix number to look at
    /// @return the next one; -1 at the end
    int tellAgain(int from, Consumer<byte[]> elsewhere) {
        var some = new BitSet();
        int next = adjRibOut.next(from);
        for (int taken = 0; next >= 0 && taken < PREFIXES_AT_ONCE; next = adjRibOut.next(next + 1)) {
            if (!waiting.get(next)) {
                some.set(next);
                taken++;
            }
        }
        adjRibOut.advertise(some, offers, recipient, terms, new UpdateEncoder(terms, elsewhere));
        return next;
    }

    /// True if a change of the prefix of this number is still to be told.
    boolean isWaiting(int number) {
        return waiting.get(number);
    }

    private BitSet next() {
        var next = new BitSet();
        int taken = 0;
        for (int number = waiting.nextSetBit(0);
                number >= 0 && taken < PREFIXES_AT_ONCE;
                number = waiting.nextSetBit(number + 1)) {
            next.set(number);
            taken++;
        }
        waiting.andNot(next);
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
