package slash32.bgp.bfd;

import java.util.function.DoubleSupplier;

/// One session of RFC 5880 §6.8, in the active role.
///
/// Feed it what arrives and, after that, the time; send what {@link #transmit} gives until it gives nothing
/// more, and come back at {@link #nextDeadlineNanos}. What lay in the socket while its owner was held up is fed
/// first, so that our own delay is never taken for the neighbour's.
///
/// Owned by one thread. Times are those of one monotonic clock.
public final class BfdMachine {
    /// RFC 5880 §6.8.3: no faster than this while the session is not Up.
    private static final long SLOW_MICROS = 1_000_000;

    private static final long NEVER = Long.MAX_VALUE;

    private final int discriminator;
    private final DoubleSupplier jitter;
    private BfdTerms terms;
    private BfdState state = BfdState.DOWN;
    private Diagnostic diagnostic = Diagnostic.NONE;

    /// What we say, and what we act on until the neighbour has heard it (RFC 5880 §6.8.3).
    private long desiredMinTxMicros;

    private long requiredMinRxMicros;
    private long activeMinTxMicros;
    private long activeMinRxMicros;

    private BfdState remoteState = BfdState.DOWN;
    private Diagnostic remoteDiagnostic = Diagnostic.NONE;
    private int remoteDiscriminator;
    private long remoteMinRxMicros = 1;
    private long remoteMinTxMicros;
    private int remoteMultiplier;
    private boolean remoteDemand;
    private boolean remoteIndependent;

    private boolean polling;
    private boolean pollAgain;
    private boolean answerPoll;
    private long intervalNanos;
    private long lastSentNanos;
    private long sendAtNanos;
    private long expiresAtNanos = NEVER;
    private long overAtNanos = NEVER;

    /// A session in Down that sends its first packet at once.
    ///
    /// @param discriminator of ours, any but 0, unique among this node's sessions
    /// @param jitter 0 to 1, drawn anew for each packet (RFC 5880 §6.8.7)
    public BfdMachine(int discriminator, BfdTerms terms, DoubleSupplier jitter, long nowNanos) {
        if (discriminator == 0) {
            throw new IllegalArgumentException("a discriminator is not 0");
        }
        this.discriminator = discriminator;
        this.terms = terms;
        this.jitter = jitter;
        desiredMinTxMicros = Math.max(SLOW_MICROS, terms.intervalMicros());
        requiredMinRxMicros = terms.intervalMicros();
        activeMinTxMicros = desiredMinTxMicros;
        activeMinRxMicros = requiredMinRxMicros;
        intervalNanos = wantedIntervalNanos();
        lastSentNanos = nowNanos;
        sendAtNanos = nowNanos;
    }

    /// Takes a well-formed packet of this session's neighbour (RFC 5880 §6.8.6).
    public Transition received(ControlPacket packet, long nowNanos) {
        boolean contentChanges = remoteDiscriminator != packet.myDiscriminator;
        remoteDiscriminator = packet.myDiscriminator;
        remoteState = packet.state;
        remoteDiagnostic = packet.diagnostic;
        remoteDemand = packet.demand;
        remoteIndependent = packet.controlPlaneIndependent;
        remoteMinRxMicros = packet.requiredMinRxMicros;
        remoteMinTxMicros = packet.desiredMinTxMicros;
        remoteMultiplier = packet.multiplier;
        if (packet.isFinal && polling) {
            pollAnswered();
        }
        if (state == BfdState.ADMIN_DOWN) {
            return Transition.NONE;
        }
        BfdState before = state;
        Transition transition = advance(packet.state);
        answerPoll |= packet.poll;
        expiresAtNanos = nowNanos + detectionNanos();
        reschedule(nowNanos, contentChanges || state != before);
        return transition;
    }

    /// The state machine of RFC 5880 §6.8.6.
    private Transition advance(BfdState received) {
        switch (state) {
            case DOWN -> {
                if (received == BfdState.DOWN) {
                    enter(BfdState.INIT, Diagnostic.NONE);
                } else if (received == BfdState.INIT) {
                    enter(BfdState.UP, Diagnostic.NONE);
                    return Transition.UP;
                }
            }
            case INIT -> {
                if (received == BfdState.INIT || received == BfdState.UP) {
                    enter(BfdState.UP, Diagnostic.NONE);
                    return Transition.UP;
                } else if (received == BfdState.ADMIN_DOWN) {
                    enter(BfdState.DOWN, Diagnostic.NEIGHBOR_SIGNALED_DOWN);
                }
            }
            case UP -> {
                if (received == BfdState.DOWN || received == BfdState.ADMIN_DOWN) {
                    enter(BfdState.DOWN, Diagnostic.NEIGHBOR_SIGNALED_DOWN);
                    return received == BfdState.DOWN ? Transition.LOST : Transition.ENDED_BY_NEIGHBOR;
                }
            }
            case ADMIN_DOWN -> {}
        }
        return Transition.NONE;
    }

    /// Nothing was heard for the detection time, if that is so (RFC 5880 §6.8.4).
    public Transition expire(long nowNanos) {
        if (nowNanos < expiresAtNanos) {
            return Transition.NONE;
        }
        expiresAtNanos = NEVER;
        remoteDiscriminator = 0;
        remoteState = BfdState.DOWN;
        remoteMinRxMicros = 1;
        remoteMinTxMicros = 0;
        remoteDemand = false;
        answerPoll = false;
        polling = false;
        pollAgain = false;
        BfdState before = state;
        if (state == BfdState.INIT || state == BfdState.UP) {
            enter(BfdState.DOWN, Diagnostic.DETECTION_TIME_EXPIRED);
        }
        reschedule(nowNanos, state != before);
        return before == BfdState.UP ? Transition.LOST : Transition.NONE;
    }

    /// Asks for other terms from now on; a session that is Up stays so.
    public void configure(BfdTerms newTerms, long nowNanos) {
        terms = newTerms;
        retime();
        reschedule(nowNanos, false);
    }

    /// Ends the session: the neighbour is told for its detection time, so that it does not take us for lost
    /// (RFC 5880 §6.8.16).
    public void stop(long nowNanos) {
        if (state == BfdState.ADMIN_DOWN) {
            return;
        }
        boolean heard = remoteDiscriminator != 0;
        enter(BfdState.ADMIN_DOWN, Diagnostic.ADMINISTRATIVELY_DOWN);
        expiresAtNanos = NEVER;
        answerPoll = false;
        overAtNanos = heard ? nowNanos + terms.multiplier() * wantedIntervalNanos() : nowNanos;
        reschedule(nowNanos, heard);
    }

    /// Stopped, and the neighbour had time to hear of it.
    public boolean isOver(long nowNanos) {
        return overAtNanos <= nowNanos;
    }

    private void enter(BfdState next, Diagnostic why) {
        state = next;
        diagnostic = why;
        retime();
    }

    /// RFC 5880 §6.8.3: what we say changes at once; what could make the neighbour miss packets, or us expect
    /// too many, is done only when it has answered.
    private void retime() {
        long interval = terms.intervalMicros();
        long desired = state == BfdState.UP ? interval : Math.max(SLOW_MICROS, interval);
        if (desired != desiredMinTxMicros || interval != requiredMinRxMicros) {
            desiredMinTxMicros = desired;
            requiredMinRxMicros = interval;
            if (remoteDiscriminator != 0) {
                pollAgain = polling;
                polling = true;
            }
        }
        if (state != BfdState.UP || desired < activeMinTxMicros) {
            activeMinTxMicros = desired;
        }
        if (state != BfdState.UP || interval > activeMinRxMicros) {
            activeMinRxMicros = interval;
        }
    }

    private void pollAnswered() {
        polling = pollAgain; // what changed since it began needs an answer of its own
        pollAgain = false;
        if (!polling) {
            activeMinTxMicros = desiredMinTxMicros;
            activeMinRxMicros = requiredMinRxMicros;
        }
    }

    /// RFC 5880 §6.8.7: a change of content is sent at once; a new interval counts from the last packet.
    private void reschedule(long nowNanos, boolean contentChanged) {
        long wanted = wantedIntervalNanos();
        if (wanted != intervalNanos) {
            intervalNanos = wanted;
            if (sendAtNanos > nowNanos) {
                sendAtNanos = lastSentNanos + jittered(wanted);
            }
        }
        if (contentChanged) {
            sendAtNanos = Math.min(sendAtNanos, nowNanos);
        }
    }

    private long wantedIntervalNanos() {
        return Math.max(activeMinTxMicros, remoteMinRxMicros) * 1_000;
    }

    /// A quarter less at most, and a tenth less at least if the loss of one packet is the loss of the
    /// neighbour.
    private long jittered(long nanos) {
        double longest = terms.multiplier() == 1 ? 0.9 : 1;
        return (long) (nanos * (0.75 + (longest - 0.75) * jitter.getAsDouble()));
    }

    /// Fills {@code out} with a packet that is due.
    ///
    /// @return false if none is
    public boolean transmit(ControlPacket out, long nowNanos) {
        if (answerPoll) {
            answerPoll = false;
            fill(out);
            out.poll = false;
            out.isFinal = true;
            return true;
        }
        if (isSilent() || sendAtNanos > nowNanos) {
            return false;
        }
        fill(out);
        out.poll = polling;
        out.isFinal = false;
        lastSentNanos = nowNanos;
        sendAtNanos = nowNanos + jittered(intervalNanos);
        return true;
    }

    private void fill(ControlPacket out) {
        out.diagnostic = diagnostic;
        out.state = state;
        out.controlPlaneIndependent = false; // we share our fate with the process that speaks BGP
        out.demand = false;
        out.multiplier = terms.multiplier();
        out.myDiscriminator = discriminator;
        out.yourDiscriminator = remoteDiscriminator;
        out.desiredMinTxMicros = desiredMinTxMicros;
        out.requiredMinRxMicros = requiredMinRxMicros;
    }

    /// The neighbour wants no packets: at all, or in demand mode none but polls (RFC 5880 §6.6, §6.8.7).
    private boolean isSilent() {
        boolean demanded = remoteDemand && state == BfdState.UP && remoteState == BfdState.UP;
        return remoteMinRxMicros == 0 || (demanded && !polling);
    }

    /// When to call {@link #expire} and {@link #transmit} next; {@link Long#MAX_VALUE} for never.
    public long nextDeadlineNanos() {
        if (answerPoll) {
            return lastSentNanos;
        }
        long next = Math.min(expiresAtNanos, overAtNanos);
        return isSilent() ? next : Math.min(next, sendAtNanos);
    }

    /// How long the neighbour may be silent: as many packets as it says, as far apart as both agreed (RFC 5880
    /// §6.8.4).
    public long detectionNanos() {
        return remoteMultiplier * Math.max(activeMinRxMicros, remoteMinTxMicros) * 1_000;
    }

    /// The loss may be that of a process that restarts while its node forwards on (RFC 5882 §4.3.2).
    ///
    /// Not if the neighbour's BFD is independent of its control plane and it is that which fell silent. If it
    /// is the neighbour that hears nothing, it may be our process that was held up.
    public boolean mayBeRestart() {
        return !(remoteIndependent && diagnostic == Diagnostic.DETECTION_TIME_EXPIRED);
    }

    public BfdState state() {
        return state;
    }

    public Diagnostic diagnostic() {
        return diagnostic;
    }

    /// What the neighbour last said it was in; Down if it is silent.
    public BfdState remoteState() {
        return remoteState;
    }

    public Diagnostic remoteDiagnostic() {
        return remoteDiagnostic;
    }

    public int discriminator() {
        return discriminator;
    }

    public int remoteDiscriminator() {
        return remoteDiscriminator;
    }

    /// Between our packets, without jitter.
    public long intervalNanos() {
        return intervalNanos;
    }
}
