package slash32.bgp.session;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.NotificationCode;

/// Two session machines and the network between them, in simulated time, all chance from one seed.
///
/// The network keeps the order of each direction and loses nothing unless a connection dies, as TCP does; a cut delays
/// all that is under way to its end, and each connection has latencies of its own, so that one overtakes another. A
/// crashed node forgets its connections without a word, and what then arrives on one is answered with a reset. A
/// node's clock may go ahead. After every step the invariants of {@link Node#check} hold.
final class SessionSimulation {
    static final long SECOND = 1_000_000_000L;
    private static final int LATENCY_MAX_MILLIS = 200;
    private static final int RECENT_MAX = 20;
    private static final long STEPS_MAX = 2_000_000;

    final Node left;
    final Node right;
    final Random random;
    long now = 1_000 * SECOND;
    long steps;
    private final PriorityQueue<Happening> agenda =
            new PriorityQueue<>(Comparator.comparingLong(Happening::at).thenComparingLong(Happening::order));
    private final ArrayDeque<Step> recent = new ArrayDeque<>();
    private long cutUntil;
    private long order;

    /// What happened, put into words only if something is wrong: there are 500 million in ten thousand seeds.
    private record Step(long at, String node, Event event, List<Action> actions) {
        @Override
        public String toString() {
            return "%.3f %s: %s -> %s".formatted(at / 1e9, node, event, actions);
        }
    }

    private record Happening(long at, long order, Runnable what) {}

    /// One TCP connection as the network sees it; each end is known by the node and its number there.
    private static final class Wire {
        final Node dialer;
        final long dialerNumber;
        final Node listener;
        final long listenerNumber;
        long lastToDialer;
        long lastToListener;

        Wire(Node dialer, long dialerNumber, Node listener, long listenerNumber) {
            this.dialer = dialer;
            this.dialerNumber = dialerNumber;
            this.listener = listener;
            this.listenerNumber = listenerNumber;
        }

        Node other(Node node) {
            return node == dialer ? listener : dialer;
        }

        long numberAt(Node node) {
            return node == dialer ? dialerNumber : listenerNumber;
        }
    }

    SessionSimulation(long seed, SessionConfig left, SessionConfig right) {
        random = new Random(seed);
        this.left = new Node("left", left);
        this.right = new Node("right", right);
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
            steps++;
            must(steps < STEPS_MAX, "it never ends");
            try {
                if (next != null && next.at <= deadline) {
                    agenda.remove();
                    next.what.run();
                } else {
                    (left.wakeAt() <= right.wakeAt() ? left : right).feed(new Event.DeadlineReached());
                }
            } catch (AssertionError e) {
                String steps = recent.stream().map(Step::toString).collect(Collectors.joining("\n"));
                throw new AssertionError(e.getMessage() + "\nafter\n" + steps, e);
            }
        }
    }

    /// Nothing gets through for a while; what is under way arrives after it.
    void cut(long nanos) {
        cutUntil = Math.max(cutUntil, now + nanos);
    }

    void later(long nanos, Runnable what) {
        agenda.add(new Happening(now + nanos, order++, what));
    }

    private long arrival(long notBefore) {
        long latency = (1 + random.nextInt(LATENCY_MAX_MILLIS)) * 1_000_000L;
        return Math.max(Math.max(now, cutUntil) + latency, notBefore + 1);
    }

    private void dial(Node from, long number) {
        Node to = from == left ? right : left;
        SessionMachine dialer = from.machine;
        later(arrival(0) - now, () -> {
            if (!from.isDialing(dialer, number)) {
                return;
            }
            if (to.down) {
                later(arrival(0) - now, () -> from.answered(dialer, number, new Event.DialFailed(number, "refused")));
            } else {
                accepted(from, dialer, number, to);
            }
        });
    }

    /// The listener's kernel takes the connection, whether or not its process looks at once.
    private void accepted(Node from, SessionMachine dialer, long number, Node to) {
        var wire = new Wire(from, number, to, to.machine.newConnection());
        wire.lastToDialer = arrival(0);
        later(
                wire.lastToDialer - now,
                () -> from.deliver(() -> {
                    if (from.isDialing(dialer, number)) {
                        from.open.put(number, wire);
                        from.answered(dialer, number, new Event.Connected(number, true));
                    } else {
                        reset(wire, to);
                    }
                }));
        to.deliver(() -> {
            to.open.put(wire.listenerNumber, wire);
            to.feed(new Event.Connected(wire.listenerNumber, false));
        });
    }

    /// Delivers in order; to an end that no longer knows the connection, answers with a reset.
    private void carry(Wire wire, Node from, Event event) {
        Node to = wire.other(from);
        long at = arrival(to == wire.dialer ? wire.lastToDialer : wire.lastToListener);
        if (to == wire.dialer) {
            wire.lastToDialer = at;
        } else {
            wire.lastToListener = at;
        }
        later(at - now, () -> {
            if (to.down) {
                return; // no power, no answer
            }
            to.deliver(() -> {
                if (to.open.get(wire.numberAt(to)) != wire) {
                    reset(wire, from);
                } else if (event instanceof Event.Closed) {
                    to.lost(wire);
                } else {
                    to.feed(event);
                }
            });
        });
    }

    private void reset(Wire wire, Node node) {
        later(arrival(0) - now, () -> node.deliver(() -> node.lost(wire)));
    }

    /// One speaker: its machine, and what its shell knows.
    final class Node {
        final String name;
        private final SessionConfig config;
        SessionMachine machine;
        final Map<Long, Wire> open = new HashMap<>();
        final Set<Long> dials = new HashSet<>();
        boolean down;
        private boolean stopped = true;
        /// How far its clock is ahead of the others'.
        private long skewNanos;

        @Nullable
        Long established;

        int ups;
        private final List<Runnable> waiting = new ArrayList<>();
        private boolean paused;
        private SessionState state = SessionState.IDLE;

        Node(String name, SessionConfig config) {
            this.name = name;
            this.config = config;
            machine = newMachine(false);
        }

        private SessionMachine newMachine(boolean restarted) {
            return new SessionMachine(config, restarted, random::nextDouble);
        }

        void start() {
            deliver(() -> {
                stopped = false;
                feed(new Event.Start());
            });
        }

        void stop() {
            var cease = Message.Notification.cease(NotificationCode.ADMINISTRATIVE_SHUTDOWN, "test");
            deliver(() -> {
                stopped = true;
                feed(new Event.Stop(cease));
            });
        }

        void losePath(boolean keepsRoutes) {
            deliver(() -> feed(new Event.PathDown("BFD", keepsRoutes)));
        }

        /// The process dies; the kernel says nothing on its behalf, as when power fails.
        void crash() {
            down = true;
            open.clear();
            dials.clear();
            waiting.clear();
            established = null;
            paused = false;
        }

        void reboot() {
            down = false;
            machine = newMachine(true);
            stopped = true;
            state = SessionState.IDLE;
            start();
        }

        /// Its clock goes ahead, as after a suspended host.
        void jump(long nanos) {
            skewNanos += nanos;
        }

        /// Takes part in nothing for a while, as in a long garbage collection; what happens queues up.
        void pause(long nanos) {
            paused = !down;
            later(nanos, () -> {
                paused = false;
                while (!waiting.isEmpty() && !down) {
                    waiting.removeFirst().run();
                }
            });
        }

        /// Lets something happen at this node in its turn; nothing does while it is down.
        void deliver(Runnable what) {
            if (paused) {
                waiting.add(what);
            } else if (!down) {
                what.run();
            }
        }

        long wakeAt() {
            long deadline = machine.nextDeadlineNanos();
            return paused || down || deadline == Long.MAX_VALUE ? Long.MAX_VALUE : deadline - skewNanos;
        }

        /// True if the process that dialled is still there and waits.
        boolean isDialing(SessionMachine dialer, long number) {
            return machine == dialer && dials.contains(number);
        }

        void answered(SessionMachine dialer, long number, Event answer) {
            deliver(() -> {
                if (isDialing(dialer, number)) {
                    dials.remove(number);
                    feed(answer);
                }
            });
        }

        void lost(Wire wire) {
            long number = wire.numberAt(this);
            if (open.remove(number, wire)) {
                feed(new Event.Closed(number, "connection reset"));
            }
        }

        void feed(Event event) {
            List<Action> actions = machine.on(event, now + skewNanos);
            if (recent.size() == RECENT_MAX) {
                recent.remove();
            }
            recent.add(new Step(now, name, event, actions));
            actions.forEach(this::perform);
            check(event);
        }

        private void perform(Action action) {
            switch (action) {
                case Action.Dial(long number) -> {
                    must(open.isEmpty(), "a node that dials has no connection");
                    dials.add(number);
                    dial(this, number);
                }
                case Action.Send(long number, Message message) -> {
                    Wire wire = open.get(number);
                    must(wire != null, "a message goes out on a connection that there is");
                    Objects.requireNonNull(wire);
                    carry(wire, this, new Event.Received(wire.numberAt(wire.other(this)), message));
                    later(0, () -> deliver(() -> feed(new Event.Written(number)))); // its kernel has room
                }
                case Action.Close(long number) -> {
                    dials.remove(number);
                    Wire wire = open.remove(number);
                    if (wire != null) {
                        carry(wire, this, new Event.Closed(wire.numberAt(wire.other(this)), "closed by the peer"));
                    }
                }
                case Action.Up(long number, SessionTerms _) -> {
                    must(established == null, "a session that comes up was down");
                    established = number;
                    ups++;
                }
                case Action.Down(String _, boolean _) -> {
                    must(established != null, "a session that goes down was up");
                    established = null;
                }
                case Action.Changed(SessionState from, SessionState to, String reason) -> {
                    must(from == state && from != to, "a state changes from what it was");
                    must(!reason.isEmpty(), "a change has its reason");
                    state = to;
                }
            }
        }

        private void check(Event event) {
            must(machine.state() == state, "each change is told");
            must((state == SessionState.ESTABLISHED) == (established != null), "Established is up, and nothing else");
            must(established == null || open.containsKey(established), "the session's connection is there");
            if (state == SessionState.IDLE) {
                must(open.isEmpty() && dials.isEmpty(), "Idle has no connection");
                must(!stopped || machine.nextDeadlineNanos() == Long.MAX_VALUE, "a stopped session waits for nothing");
            }
            must(state != SessionState.ACTIVE || open.isEmpty(), "Active has no connection");
            must(open.size() <= 2 && dials.size() <= 1, "there are no more than two connections and one dial");
            if (event instanceof Event.DeadlineReached) {
                must(machine.nextDeadlineNanos() > now + skewNanos, "a deadline that was reached is over");
            }
            if (!config.passive() && state == SessionState.ACTIVE) {
                must(machine.nextDeadlineNanos() < Long.MAX_VALUE, "Active dials again");
            }
        }
    }

    /// An invariant; where it does not hold, the last of {@code recent} is what broke it.
    private static void must(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError("broken: " + what);
        }
    }
}
