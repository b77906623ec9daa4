package slash32.bgp.session;

import static org.assertj.core.api.Assertions.assertThat;
import static slash32.bgp.session.SessionMachineTest.open;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.Capability;
import slash32.bgp.wire.Capability.LongLived;
import slash32.bgp.wire.Terms;
import slash32.net.Asn;

/// A peer of two families that restarts, comes back or does not: RFC 4724, RFC 8538, RFC 9494.
class RestartMachineTest {
    private static final long SECOND = 1_000_000_000L;
    private static final AddressFamily V4 = AddressFamily.IPV4_UNICAST;
    private static final AddressFamily V6 = AddressFamily.IPV6_UNICAST;
    private static final Set<AddressFamily> BOTH = Set.of(V4, V6);
    private static final int RESTART_SECONDS = 60;
    private static final int OURS_SECONDS = 600;

    private final RestartMachine machine = new RestartMachine(BOTH);
    private final Set<AddressFamily> held = new HashSet<>(BOTH);
    private long now = 5 * SECOND;

    @Test
    void withoutGracefulRestartNothingStays() {
        assertThat(down(terms(null, Map.of()))).isEqualTo("drop v4, drop v6");
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aSessionThatEndsForGoodLeavesNothing() {
        assertThat(down(null)).isEqualTo("drop v4, drop v6");
    }

    @Test
    void onlyFamiliesOfTheCapabilityStay() {
        assertThat(down(terms(Map.of(V6, true), Map.of()))).isEqualTo("drop v4, stale v6, for 60");
    }

    @Test
    void nothingHeldIsNotWaitedFor() {
        held.clear();
        assertThat(down(restarting())).isEqualTo("stale v4, stale v6");
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aPeerThatIsNotBackLosesItsRoutes() {
        down(restarting());
        assertThat(after(RESTART_SECONDS - 1)).isEmpty();
        assertThat(after(1)).isEqualTo("lost v4, lost v6");
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aPeerThatIsBackHasTimeToTellEverything() {
        down(restarting());
        assertThat(after(RESTART_SECONDS - 1)).isEmpty();
        assertThat(up(restarting())).isEmpty();
        machine.swept(V4);
        assertThat(after(419)).isEmpty();
        assertThat(after(1)).isEqualTo("incomplete [v6], sweep v6");
    }

    @Test
    void aPeerThatHasToldEverythingIsNotSpokenOf() {
        down(restarting());
        up(restarting());
        machine.swept(V4);
        machine.swept(V6);
        assertThat(after(420)).isEmpty();
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aFamilyWhoseForwardingWasNotKeptGoesAtOnce() {
        down(restarting());
        assertThat(up(terms(Map.of(V4, true, V6, false), Map.of()))).isEqualTo("sweep v6");
        assertThat(after(420)).isEqualTo("incomplete [v4], sweep v4");
    }

    @Test
    void restartsInARowHaveTwiceTheTimeOfOne() {
        down(restarting());
        after(50);
        up(restarting());
        after(20);
        assertThat(down(restarting())).isEqualTo("stale v4, stale v6, for 50");
        after(40);
        up(restarting());
        assertThat(down(restarting())).isEqualTo("stale v4, stale v6, for 10");
        up(restarting());
        machine.restartOver();
        assertThat(down(restarting())).isEqualTo("stale v4, stale v6, for 60");
    }

    @Test
    void longLivedRoutesStayForTheSmallerTime() {
        down(terms(Map.of(V4, true, V6, true), Map.of(V4, new LongLived(true, 900), V6, new LongLived(true, 300))));
        assertThat(after(RESTART_SECONDS)).isEqualTo("long v4 600, long v6 300");
        assertThat(after(300)).isEqualTo("lost v6");
        assertThat(after(299)).isEmpty();
        assertThat(after(1)).isEqualTo("lost v4");
    }

    @Test
    void longLivedAloneSkipsTheRestartTime() {
        down(terms(Map.of(V4, true), Map.of(V6, new LongLived(true, 300))));
        assertThat(after(RESTART_SECONDS)).isEqualTo("lost v4, long v6 300");
    }

    @Test
    void aPeerThatIsBackLateMustHaveKeptForwardingByTheLongLivedCapability() {
        Capability.LongLived kept = new LongLived(true, 900);
        Capability.LongLived lost = new LongLived(false, 900);
        down(terms(Map.of(V4, true, V6, true), Map.of(V4, kept, V6, kept)));
        after(RESTART_SECONDS);
        assertThat(up(terms(Map.of(V4, true, V6, true), Map.of(V4, kept, V6, lost))))
                .isEqualTo("sweep v6");
        assertThat(after(OURS_SECONDS)).isEqualTo("incomplete [v4], sweep v4");
    }

    @Test
    void whatWasDroppedHasNoDeadline() {
        down(restarting());
        machine.dropped();
        assertThat(machine.nextDeadlineNanos()).isEqualTo(Long.MAX_VALUE);
    }

    private String up(SessionTerms terms) {
        return text(machine.sessionUp(terms, held::contains, now));
    }

    private String down(@Nullable SessionTerms terms) {
        return text(machine.sessionDown(terms, held::contains, now));
    }

    /// Lets time pass, as a timer would.
    private String after(int seconds) {
        now += seconds * SECOND;
        return now < machine.nextDeadlineNanos() ? "" : text(machine.deadlineReached(OURS_SECONDS, now));
    }

    private static SessionTerms restarting() {
        return terms(Map.of(V4, true, V6, true), Map.of());
    }

    private static SessionTerms terms(
            @Nullable Map<AddressFamily, Boolean> forwarding, Map<AddressFamily, LongLived> lasting) {
        return new SessionTerms(
                new Terms(true, true, BOTH),
                90,
                open(new Asn(65000), "10.0.0.3", 90, BOTH),
                true,
                true,
                forwarding == null ? null : new Capability.GracefulRestart(true, true, RESTART_SECONDS, forwarding),
                lasting.isEmpty() ? null : new Capability.LongLivedGracefulRestart(new HashMap<>(lasting)));
    }

    private static String text(List<RestartAction> actions) {
        return String.join(", ", actions.stream().map(RestartMachineTest::text).toList());
    }

    private static String text(RestartAction action) {
        return switch (action) {
            case RestartAction.MarkStale(AddressFamily family) -> "stale " + text(family);
            case RestartAction.Sweep(AddressFamily family) -> "sweep " + text(family);
            case RestartAction.Relabel(AddressFamily family, int seconds) -> "long " + text(family) + " " + seconds;
            case RestartAction.Drop(AddressFamily family) -> "drop " + text(family);
            case RestartAction.NeverBack(AddressFamily family) -> "lost " + text(family);
            case RestartAction.Keeps(long seconds) -> "for " + seconds;
            case RestartAction.NeverComplete(List<AddressFamily> families) ->
                "incomplete " + families.stream().map(RestartMachineTest::text).toList();
        };
    }

    private static String text(AddressFamily family) {
        return family.equals(V4) ? "v4" : "v6";
    }
}
