package slash32.bgp.bfd;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// One machine, and a neighbour whose packets the test writes. RFC 5880 §6.8.
class BfdMachineTest {
    private static final long MILLI = 1_000_000L;
    private static final int OWN = 0x11;
    private static final int NEIGHBOR = 0x22;
    private static final BfdTerms TERMS = new BfdTerms(Duration.ofMillis(50), 3);

    private final BfdMachine machine = new BfdMachine(OWN, TERMS, () -> 1, 0);
    private final ControlPacket sent = new ControlPacket();

    /// §6.8.6 and the diagram of §6.2: state, packet, next state, diagnostic, what it means to others.
    static Stream<Arguments> transitions() {
        Diagnostic none = Diagnostic.NONE;
        Diagnostic signaled = Diagnostic.NEIGHBOR_SIGNALED_DOWN;
        BfdState admin = BfdState.ADMIN_DOWN;
        BfdState down = BfdState.DOWN;
        BfdState init = BfdState.INIT;
        BfdState up = BfdState.UP;
        Transition nothing = Transition.NONE;
        return Stream.of(
                Arguments.of(down, admin, down, none, nothing),
                Arguments.of(down, down, init, none, nothing),
                Arguments.of(down, init, up, none, Transition.UP),
                Arguments.of(down, up, down, none, nothing),
                Arguments.of(init, admin, down, signaled, nothing),
                Arguments.of(init, down, init, none, nothing),
                Arguments.of(init, init, up, none, Transition.UP),
                Arguments.of(init, up, up, none, Transition.UP),
                Arguments.of(up, admin, down, signaled, Transition.ENDED_BY_NEIGHBOR),
                Arguments.of(up, down, down, signaled, Transition.LOST),
                Arguments.of(up, init, up, none, nothing),
                Arguments.of(up, up, up, none, nothing),
                Arguments.of(admin, up, admin, Diagnostic.ADMINISTRATIVELY_DOWN, nothing));
    }

    @ParameterizedTest(name = "{0} and {1}: {2}")
    @MethodSource("transitions")
    void aPacketMovesTheSession(BfdState from, BfdState packet, BfdState to, Diagnostic why, Transition meaning) {
        bringTo(from);
        assertThat(receive(packet, 0)).isEqualTo(meaning);
        assertThat(machine.state()).isEqualTo(to);
        assertThat(machine.diagnostic()).isEqualTo(why);
    }

    @Test
    void theFirstPacketsGoSlowlyToAnybody() {
        assertThat(transmit(0))
                .isEqualTo("Down diagnostic=0 multiplier=3 my=00000011 your=00000000 tx=1000000 rx=50000");
        assertThat(machine.nextDeadlineNanos()).isEqualTo(1_000 * MILLI);
        assertThat(machine.transmit(sent, 999 * MILLI)).isFalse();
    }

    @Test
    void aSessionThatComesUpPollsForItsOwnSpeed() {
        bringTo(BfdState.UP);
        assertThat(transmit(0)).isEqualTo("Up P diagnostic=0 multiplier=3 my=00000011 your=00000022 tx=50000 rx=50000");
        assertThat(machine.nextDeadlineNanos()).as("faster is done at once").isEqualTo(50 * MILLI);
        receive(BfdState.UP, 10);
        assertThat(transmit(50)).as("not answered yet").startsWith("Up P");
        receiveFinal(60);
        assertThat(transmit(100)).startsWith("Up diagnostic");
    }

    @Test
    void silenceIsTheNeighborsLoss() {
        bringTo(BfdState.UP);
        receive(BfdState.UP, 1_000);
        assertThat(machine.detectionNanos()).isEqualTo(150 * MILLI);
        assertThat(machine.expire(1_150 * MILLI - 1)).isEqualTo(Transition.NONE);
        assertThat(machine.expire(1_150 * MILLI)).isEqualTo(Transition.LOST);
        assertThat(machine.diagnostic()).isEqualTo(Diagnostic.DETECTION_TIME_EXPIRED);
        assertThat(machine.mayBeRestart()).isTrue();
        assertThat(transmit(1_150))
                .isEqualTo("Down diagnostic=1 multiplier=3 my=00000011 your=00000000 tx=1000000 rx=50000");
    }

    @Test
    void theSlowerOfBothDecides() {
        bringTo(BfdState.UP);
        ControlPacket slow = packet(BfdState.UP);
        slow.desiredMinTxMicros = 300_000;
        slow.requiredMinRxMicros = 400_000;
        slow.multiplier = 5;
        machine.received(slow, 0);
        assertThat(machine.detectionNanos()).isEqualTo(1_500 * MILLI);
        transmit(0);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(400 * MILLI);
    }

    @Test
    void aPollIsAnsweredAtOnce() {
        bringTo(BfdState.UP);
        transmit(0);
        ControlPacket poll = packet(BfdState.UP);
        poll.poll = true;
        machine.received(poll, MILLI);
        assertThat(machine.nextDeadlineNanos()).isLessThanOrEqualTo(MILLI);
        assertThat(transmit(1)).startsWith("Up F");
        assertThat(machine.transmit(sent, MILLI)).as("once").isFalse();
    }

    @Test
    void slowerTermsWaitForTheNeighborAndFasterOnesForItsPackets() {
        bringToQuietUp();
        machine.configure(new BfdTerms(Duration.ofMillis(200), 3), 0);
        assertThat(transmit(50)).startsWith("Up P").endsWith("tx=200000 rx=200000");
        assertThat(machine.nextDeadlineNanos()).as("as before").isEqualTo(100 * MILLI);
        assertThat(machine.detectionNanos())
                .as("expecting less can begin at once")
                .isEqualTo(600 * MILLI);
        receiveFinal(60);
        assertThat(machine.nextDeadlineNanos()).isEqualTo(250 * MILLI);

        machine.configure(new BfdTerms(Duration.ofMillis(50), 3), 260 * MILLI);
        assertThat(machine.detectionNanos()).as("expecting more waits").isEqualTo(600 * MILLI);
        assertThat(transmit(300)).startsWith("Up P").endsWith("tx=50000 rx=50000");
        receiveFinal(310);
        assertThat(machine.detectionNanos()).isEqualTo(150 * MILLI);
    }

    @Test
    void aNeighborInDemandModeHearsOnlyPolls() {
        bringToQuietUp();
        ControlPacket demand = packet(BfdState.UP);
        demand.demand = true;
        machine.received(demand, 0);
        assertThat(machine.transmit(sent, 1_000 * MILLI)).isFalse();
        machine.configure(new BfdTerms(Duration.ofMillis(100), 3), 1_000 * MILLI);
        assertThat(transmit(1_000)).startsWith("Up P");
    }

    @Test
    void aNeighborThatWantsNoPacketsGetsNone() {
        bringToQuietUp();
        ControlPacket deaf = packet(BfdState.UP);
        deaf.requiredMinRxMicros = 0;
        machine.received(deaf, 0);
        assertThat(machine.transmit(sent, 10_000 * MILLI)).isFalse();
        assertThat(machine.nextDeadlineNanos()).isEqualTo(150 * MILLI);
    }

    @Test
    void aStoppedSessionSaysSoForTheDetectionTime() {
        bringToQuietUp();
        machine.stop(0);
        assertThat(transmit(0)).matches("AdminDown (P )?diagnostic=7.*");
        receive(BfdState.DOWN, 10);
        assertThat(transmit(1_000)).matches("AdminDown (P )?diagnostic=7.*");
        assertThat(machine.isOver(2_999 * MILLI)).isFalse();
        assertThat(machine.isOver(3_000 * MILLI)).isTrue();
    }

    @Test
    void nobodyIsToldOfTheEndOfASessionThatNeverWas() {
        machine.stop(5);
        assertThat(machine.isOver(5)).isTrue();
    }

    @Test
    void oneLostPacketIsEnoughOnlyIfPacketsComeWellBeforeTheirTime() {
        var single = new BfdMachine(OWN, new BfdTerms(Duration.ofMillis(50), 1), () -> 1, 0);
        single.transmit(sent, 0);
        assertThat(single.nextDeadlineNanos()).isEqualTo(900 * MILLI);
        var early = new BfdMachine(OWN, TERMS, () -> 0, 0);
        early.transmit(sent, 0);
        assertThat(early.nextDeadlineNanos()).isEqualTo(750 * MILLI);
    }

    @Test
    void onlyAnIndependentNeighborsSilenceMeansThatItForwardsNoMore() {
        bringToQuietUp();
        ControlPacket independent = packet(BfdState.UP);
        independent.controlPlaneIndependent = true;
        machine.received(independent, 0);
        machine.expire(150 * MILLI);
        assertThat(machine.mayBeRestart()).isFalse();
        bringTo(BfdState.UP);
        independent.state = BfdState.DOWN; // it did not hear us: that may be our process
        assertThat(machine.received(independent, 200 * MILLI)).isEqualTo(Transition.LOST);
        assertThat(machine.mayBeRestart()).isTrue();
    }

    private void bringTo(BfdState state) {
        switch (state) {
            case ADMIN_DOWN -> machine.stop(0);
            case DOWN -> {}
            case INIT -> receive(BfdState.DOWN, 0);
            case UP -> receive(BfdState.INIT, 0);
        }
        assertThat(machine.state()).isEqualTo(state);
    }

    private void bringToQuietUp() {
        bringTo(BfdState.UP);
        transmit(0);
        receiveFinal(0);
    }

    private Transition receive(BfdState state, long millis) {
        return machine.received(packet(state), millis * MILLI);
    }

    private void receiveFinal(long millis) {
        ControlPacket packet = packet(BfdState.UP);
        packet.isFinal = true;
        machine.received(packet, millis * MILLI);
    }

    private static ControlPacket packet(BfdState state) {
        var packet = new ControlPacket();
        packet.state = state;
        packet.multiplier = 3;
        packet.myDiscriminator = NEIGHBOR;
        packet.yourDiscriminator = OWN;
        packet.desiredMinTxMicros = 50_000;
        packet.requiredMinRxMicros = 50_000;
        return packet;
    }

    private String transmit(long millis) {
        assertThat(machine.transmit(sent, millis * MILLI)).isTrue();
        return sent.toString();
    }
}
