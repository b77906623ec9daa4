package slash32.securitygroup.nft;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.netlink.netfilter.SetElement;
import slash32.securitygroup.compile.Layout;
import slash32.securitygroup.compile.Subject;

/// The mark of flows that the rules of now let pass, and the one that flows are given.
///
/// What takes something away makes another mark the fresh one in its own transaction, so that every flow is judged
/// anew. The mark that flows are given follows only {@link #GRACE_NANOS} later: a packet that the old rules let
/// pass just before must not mark its flow as one that the new ones do. Meanwhile each packet is judged.
///
/// Not thread-safe.
final class FlowMarks {
    /// Longer than a packet takes from one of our chains to the next.
    static final long GRACE_NANOS = 100_000_000;

    private static final int NFPROTO_IPV4 = 2;
    private static final int NFPROTO_IPV6 = 10;

    private final int first;
    private @Nullable Held held;
    private @Nullable Held planned;
    /// What the sets hold instead, so that it can be deleted.
    private Found found = Found.NOTHING;

    /// What the kernel has, as we made it.
    private record Held(int fresh, int stamp) {}

    /// What was read back.
    record Found(Set<SetElement> fresh, Set<SetElement> stamp) {
        static final Found NOTHING = new Found(Set.of(), Set.of());
    }

    /// @param first any number: the first mark where the kernel has none
    FlowMarks(int first) {
        this.first = first;
    }

    /// Takes what was read back.
    ///
    /// @return false if it has to be put right
    boolean read(Found read) {
        int fresh = read.fresh().size() == 1 ? only(read.fresh()) : 0;
        int stamp = read.stamp().stream()
                .map(element -> element.value() instanceof SetElement.Value.Mark(int mark) ? mark : 0)
                .findAny()
                .orElse(0);
        boolean whole = fresh != 0 && read.stamp().equals(stamps(stamp));
        boolean right = whole && (held == null || held.equals(new Held(fresh, stamp)));
        held = right ? new Held(fresh, stamp) : null;
        found = read;
        return right;
    }

    private static int only(Set<SetElement> elements) {
        return ByteBuffer.wrap(elements.iterator().next().key().toArray())
                .order(ByteOrder.nativeOrder())
                .getInt();
    }

    /// Adds what makes another mark the fresh one.
    ///
    /// @param anew whether the transaction makes the sets
    /// @param cause what changes
    void renew(Transaction transaction, boolean anew, Set<Subject> cause) {
        Held now = held;
        int next = now == null ? first : now.fresh() + 1;
        next = next == 0 ? 1 : next;
        if (anew) {
            planned = new Held(next, next); // no packet was judged by these tables before
            transaction.elements(Layout.FRESH, List.of(), List.of(fresh(next)), cause);
            transaction.elements(Layout.STAMP, List.of(), List.copyOf(stamps(next)), cause);
        } else if (now == null) {
            planned = new Held(next, 0);
            transaction.elements(Layout.FRESH, found.fresh(), List.of(fresh(next)), cause);
            transaction.elements(Layout.STAMP, found.stamp(), List.copyOf(stamps(0)), cause);
        } else {
            planned = new Held(next, now.stamp());
            transaction.elements(Layout.FRESH, List.of(fresh(now.fresh())), List.of(fresh(next)), cause);
        }
    }

    /// Adds what gives flows the fresh mark.
    void follow(Transaction transaction) {
        Held now = held;
        if (now != null) {
            planned = new Held(now.fresh(), now.fresh());
            transaction.elements(Layout.STAMP, stamps(now.stamp()), List.copyOf(stamps(now.fresh())), Set.of());
        }
    }

    /// What was added last is in force.
    ///
    /// @return whether the fresh mark is another now
    boolean settle() {
        Held before = held;
        if (planned == null) {
            return false;
        }
        held = planned;
        planned = null;
        return before == null || before.fresh() != held.fresh();
    }

    /// What was added last is not in force.
    void forget() {
        planned = null;
    }

    /// True while packets of flows that pass are judged one by one.
    boolean lags() {
        return held != null && held.fresh() != held.stamp();
    }

    /// True if the kernel has what we think.
    boolean known() {
        return held != null;
    }

    private static SetElement fresh(int mark) {
        return SetElement.of(Bytes.copyOf(ByteBuffer.allocate(4)
                .order(ByteOrder.nativeOrder())
                .putInt(mark)
                .array()));
    }

    private static Set<SetElement> stamps(int mark) {
        return Stream.of(NFPROTO_IPV4, NFPROTO_IPV6)
                .map(family ->
                        new SetElement(Bytes.copyOf(new byte[] {(byte) (int) family}), new SetElement.Value.Mark(mark)))
                .collect(Collectors.toSet());
    }
}
