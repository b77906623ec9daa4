package slash32.bgp.bfd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/// Two machines and a network that loses, delays, doubles and reorders, in simulated time, all chance from one
/// seed.
///
/// After every packet the invariants of {@link #check} hold.
final class BfdSimulation {
    static final long MILLI = 1_000_000L;
    static final long SECOND = 1_000 * MILLI;
    private static final int LATENCY_MAX_MICROS = 20_000;
    private static final int RECENT_MAX = 30;

    final Node left;
    final Node right;
    final Random random;
    long now = 1_000 * SECOND;
    double loss;
    private final PriorityQueue<Happening> agenda =
            new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::order));
    private final ArrayDeque<Note> recent = new ArrayDeque<>();
    private long order;

    private record Happening(long at, long order, Runnable what) {}

    /// What happened, put into words only when somebody is to read it.
    private record Note(long at, Supplier<String> what) {
        @Override
        public String toString() {
            return "%.4f %s".formatted(at / 1e9, what.get());
        }
    }

    BfdSimulation(long seed, BfdTerms left, BfdTerms right) {
        random = new Random(seed);
        this.left = new Node("left", left);
        this.right = new Node("right", right);
    }

    void later(long nanos, Runnable what) {
        agenda.add(new Happening(now + nanos, order++, what));
    }

    /// Runs everything that is due in the next {@code nanos}.
    void run(long nanos) {
        long end = now + nanos;
        while (true) {
            Happening next = agenda.peek();
            long deadline = Math.min(left.wakeAt(), right.wakeAt());
            long at = Math.min(deadline, next == null ? Long.MAX_VALUE : next.at);
            if (at > end) {
                now = end;
                return;
            }
            now = Math.max(now, at);
            try {
                if (next != null && next.at <= deadline) {
                    agenda.remove();
                    next.what.run();
                } else {
                    (left.wakeAt() <= right.wakeAt() ? left : right).turn();
                }
            } catch (AssertionError e) {
                String before = recent.stream().map(Note::toString).collect(Collectors.joining("\n"));
                throw new AssertionError(e.getMessage() + "\nafter\n" + before, e);
            }
        }
    }

    private void note(Supplier<String> what) {
        recent.add(new Note(now, what));
        if (recent.size() > RECENT_MAX) {
            recent.remove();
        }
    }

    private static void check(ControlPacket packet) {
        assertThat(packet.poll && packet.isFinal).as("poll and final").isFalse();
        if (packet.state != BfdState.UP) {
            assertThat(packet.desiredMinTxMicros).isGreaterThanOrEqualTo(1_000_000);
        }
        ByteBuffer octets = ByteBuffer.allocate(ControlPacket.BYTES);
        packet.encode(octets);
        assertThat(new ControlPacket().decode(octets, ControlPacket.BYTES))
                .as(packet::toString)
                .isNull();
    }

    /// One end: a machine and the socket in front of it.
    final class Node {
        final String name;
        BfdMachine machine;
        BfdTerms terms;
        long sent;
        long lost;
        long stalledUntil;
        long cutUntil;
        private final ArrayDeque<ControlPacket> socket = new ArrayDeque<>();

        Node(String name, BfdTerms terms) {
            this.name = name;
            this.terms = terms;
            machine = newMachine();
        }

        private BfdMachine newMachine() {
            return new BfdMachine(1 + random.nextInt(Integer.MAX_VALUE - 1), terms, random::nextDouble, now);
        }

        /// The process dies and is back at once, knowing nothing.
        void restart() {
            note(() -> name + " restarts");
            socket.clear();
            machine = newMachine();
        }

        void reconfigure(BfdTerms newTerms) {
            terms = newTerms;
            machine.configure(newTerms, now);
        }

        long wakeAt() {
            return machine.isOver(now) ? Long.MAX_VALUE : Math.max(machine.nextDeadlineNanos(), stalledUntil);
        }

        /// What the shell does when it wakes.
        void turn() {
            while (!socket.isEmpty()) {
                took(machine.received(socket.remove(), now));
            }
            if (machine.isOver(now)) {
                return;
            }
            took(machine.expire(now));
            var out = new ControlPacket();
            int burst = 0;
            while (machine.transmit(out, now)) {
                assertThat(++burst).as("packets at one instant").isLessThanOrEqualTo(2);
                check(out);
                carry(out);
                out = new ControlPacket();
            }
            assertThat(machine.nextDeadlineNanos()).as("deadline of %s", name).isGreaterThan(now);
        }

        private void took(Transition transition) {
            if (transition != Transition.NONE) {
                var diagnostic = machine.diagnostic();
                note(() -> name + " " + transition + " " + diagnostic);
            }
            if (transition == Transition.LOST) {
                lost++;
            }
        }

        private void carry(ControlPacket packet) {
            sent++;
            note(() -> name + " sends " + packet);
            Node to = this == left ? right : left;
            int copies = random.nextDouble() < loss ? 0 : random.nextDouble() < loss / 4 ? 2 : 1;
            for (int copy = 0; copy < copies && cutUntil <= now; copy++) {
                later(random.nextInt(LATENCY_MAX_MICROS) * 1_000L, () -> to.arrived(packet));
            }
        }

        /// The demultiplexing of RFC 5880 §6.8.6, with one session.
        private void arrived(ControlPacket packet) {
            if (packet.yourDiscriminator == 0 || packet.yourDiscriminator == machine.discriminator()) {
                socket.add(packet);
                if (stalledUntil <= now) {
                    turn();
                }
            }
        }
    }
}
