package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.AddressFamily;
import slash32.net.TableSize;

/// Has the peers told what is offered: those that are told the same walk in one {@link Cohort}. On thread {@code bgp}.
///
/// A peer whose connection takes less than the others' leaves its cohort and goes on alone, from the prefixes that
/// waited then; one that comes up joins a cohort that is on its way through the whole table, and is told afterwards
/// what that had passed. Cohorts for which nothing waits are one again.
final class UpdateGroups {
    /// What a number has in a place to go on from; the family is above.
    private static final int NUMBER_BITS = 26;

    /// What {@link #tellAgain} goes on from is less.
    static final int TOLD_MAX = 1 << 30;

    private final Map<AddressFamily, Offers> offers = new HashMap<>();
    private final List<Cohort> cohorts = new ArrayList<>();
    private final Map<OutQueue, Cohort> cohortOf = new HashMap<>();
    private final Consumer<Runnable> later;
    private final Predicate<AddressFamily> complete;
    private final Wording wording;
    private final Paths paths;
    private final long behindBytes;
    private boolean scheduled;

    /// Groups of nobody.
    ///
    /// @param later runs something in a later turn of the loop
    /// @param complete whether there is all to tell of a family that there is at the start
    /// @param behindBytes what may wait for one connection while others take more: octets that it shares with them
    UpdateGroups(
            Consumer<Runnable> later,
            Predicate<AddressFamily> complete,
            Wording wording,
            Paths paths,
            long behindBytes) {
        this.later = later;
        this.complete = complete;
        this.wording = wording;
        this.paths = paths;
        this.behindBytes = behindBytes;
    }

    /// What there is to tell of {@code family}.
    Offers offers(AddressFamily family) {
        return offers.computeIfAbsent(
                family,
                _ -> new Offers(
                        family,
                        number -> isAnyConcernedBy(family, number),
                        (number, before, now) -> moved(family, number, before, now)));
    }

    private boolean isAnyConcernedBy(AddressFamily family, int number) {
        for (Cohort cohort : cohorts) {
            AdjRibOut table = cohort.table(family);
            if (table != null && table.isConcernedBy(number)) {
                return true;
            }
        }
        return false;
    }

    private void moved(AddressFamily family, int number, int before, int now) {
        for (Cohort cohort : cohorts) {
            AdjRibOut table = cohort.table(family);
            if (table != null) {
                table.moved(number, before, now);
            }
        }
    }

    /// A session is Established: its peer is told everything, beginning in a later turn, so that those that come up
    /// together walk together.
    void join(OutQueue peer, Recipient recipient) {
        Cohort walking = onItsWay(recipient);
        Cohort cohort = walking == null ? fresh(recipient) : walking;
        if (walking != null) {
            for (AddressFamily family : walking.families()) {
                AdjRibOut table = walking.table(family);
                BitSet passed = table == null
                        ? new BitSet()
                        : table.passed(offers(family).all());
                if (!passed.isEmpty()) {
                    peer.owes(family, passed);
                }
            }
        }
        cohort.members().add(peer);
        cohortOf.put(peer, cohort);
        drainLater();
    }

    /// A cohort of such recipients that has most of the table before it.
    private @Nullable Cohort onItsWay(Recipient recipient) {
        for (Cohort cohort : cohorts) {
            if (cohort.isWaiting() && cohort.recipient().equals(recipient)) {
                int all = 0;
                for (AddressFamily family : cohort.families()) {
                    all += offers(family).size();
                }
                if (2L * cohort.waiting() > all) {
                    return cohort;
                }
            }
        }
        return null;
    }

    private Cohort fresh(Recipient recipient) {
        var cohort = new Cohort(recipient, wording, paths);
        for (AddressFamily family : cohort.families()) {
            touch(cohort, family, offers(family).all());
        }
        cohorts.add(cohort);
        return cohort;
    }

    private static void touch(Cohort cohort, AddressFamily family, BitSet numbers) {
        AdjRibOut table = cohort.table(family);
        if (table != null) {
            table.touch(numbers);
        }
    }

    /// The session has ended.
    void leave(OutQueue peer) {
        Cohort cohort = cohortOf.remove(peer);
        if (cohort != null) {
            cohort.members().remove(peer);
            if (cohort.members().isEmpty()) {
                cohorts.remove(cohort);
            }
        }
        peer.end();
    }

    /// What is offered of these prefixes may have changed.
    void touch(AddressFamily family, BitSet numbers) {
        for (Cohort cohort : cohorts) {
            touch(cohort, family, numbers);
        }
        drain();
    }

    /// Paths of these prefixes may have changed, and of {@code best} what is offered besides.
    void touch(AddressFamily family, Numbers any, Numbers best) {
        for (Cohort cohort : cohorts) {
            AdjRibOut table = cohort.table(family);
            if (table != null) {
                (cohort.takesPaths(family) ? any : best).forEach(table::touch);
            }
        }
        drain();
    }

    /// All that is offered is looked at again, for a peer that is another recipient now.
    void refilter(OutQueue peer, Recipient recipient) {
        Cohort alone = alone(peer, recipient);
        for (AddressFamily family : alone.families()) {
            touch(alone, family, offers(family).all());
            AdjRibOut table = alone.table(family);
            if (table != null) {
                table.touchTold();
            }
        }
        drain();
    }

    /// The peer wants routes of other targets: what it gains and loses is told, and nothing else (RFC 4684 §6).
    void retarget(OutQueue peer, WantedTargets wanted) {
        Cohort before = cohortOf.get(peer);
        if (before == null) {
            return;
        }
        WantedTargets wantedBefore = before.recipient().wanted();
        Cohort alone = alone(peer, before.recipient().wanting(wanted));
        for (AddressFamily family : alone.families()) {
            touch(
                    alone,
                    family,
                    offers(family).unlike(wantedBefore == null ? WantedTargets.NONE : wantedBefore, wanted));
        }
        drain();
    }

    /// The peer asked to be told everything of {@code family} again (RFC 2918 §4).
    ///
    /// @param marked it wants to know where that begins and ends (RFC 7313 §4)
    void refresh(OutQueue peer, AddressFamily family, boolean marked) {
        Cohort before = cohortOf.get(peer);
        if (before == null) {
            return;
        }
        Cohort alone = alone(peer, before.recipient());
        if (marked) {
            peer.beginRefresh(family);
        }
        touch(alone, family, offers(family).all());
        drain();
    }

    private Cohort alone(OutQueue peer, Recipient recipient) {
        Cohort before = cohortOf.get(peer);
        if (before == null) {
            throw new IllegalStateException("peer " + peer.number() + " is in no cohort");
        }
        return leaving(before, List.of(peer), recipient);
    }

    private Cohort leaving(Cohort before, List<OutQueue> peers, Recipient recipient) {
        Cohort other = before.split(peers, recipient);
        peers.forEach(peer -> cohortOf.put(peer, other));
        cohorts.add(other);
        if (before.members().isEmpty()) {
            cohorts.remove(before);
        }
        return other;
    }

    /// Runs {@code waiter} once the peer has been told everything, or its session has ended.
    void whenWritten(OutQueue peer, Runnable waiter) {
        peer.whenWritten(waiter);
        Cohort cohort = cohortOf.get(peer);
        if (cohort != null && !cohort.isWaiting()) {
            settle(cohort);
        }
    }

    /// Words some of the routes that the peer was told once more, for somebody else.
    ///
    /// @param from where to go on; 0 to begin
    /// @return where to go on, less than {@link #TOLD_MAX}; -1 at the end
    int tellAgain(OutQueue peer, int from, Consumer<byte[]> elsewhere) {
        Cohort cohort = cohortOf.get(peer);
        int place = from >>> NUMBER_BITS;
        List<AddressFamily> families = cohort == null
                ? List.of()
                : cohort.recipient().terms().families().stream()
                        .sorted()
                        .limit(TOLD_MAX >>> NUMBER_BITS)
                        .toList();
        if (cohort == null || place >= families.size()) {
            return -1;
        }
        AddressFamily family = families.get(place);
        int next = cohort.tellAgain(peer, family, from & ((1 << NUMBER_BITS) - 1), offers(family), elsewhere);
        if (next >= 0) {
            return place << NUMBER_BITS | next;
        }
        return place + 1 < families.size() ? (place + 1) << NUMBER_BITS : -1;
    }

    /// How many prefixes of {@code family} the peer knows.
    int advertised(OutQueue peer, AddressFamily family) {
        Cohort cohort = cohortOf.get(peer);
        AdjRibOut table = cohort == null ? null : cohort.table(family);
        return table == null ? 0 : table.known(peer.number());
    }

    /// What there is to tell, and who knows what of it, of each family.
    List<TableSize> sizes() {
        var sizes = new ArrayList<TableSize>();
        new TreeMap<>(offers).forEach((family, table) -> {
            long octets = table.octets();
            for (Cohort cohort : cohorts) {
                AdjRibOut told = cohort.table(family);
                octets += told == null ? 0 : told.octets();
            }
            sizes.add(new TableSize("adj-rib-out " + family, table.size(), octets));
        });
        return sizes;
    }

    /// How many walks there are.
    int cohorts() {
        return cohorts.size();
    }

    private void drainLater() {
        if (!scheduled) {
            scheduled = true;
            later.accept(() -> {
                scheduled = false;
                drain();
            });
        }
    }

    /// Writes what may be written in this turn.
    void drain() {
        boolean more = false;
        for (Cohort cohort : List.copyOf(cohorts)) {
            if (cohort.isWaiting() && cohort.isAnyReady()) {
                List<OutQueue> behind = cohort.behind(behindBytes);
                if (!behind.isEmpty()) {
                    leaving(cohort, behind, cohort.recipient());
                }
                cohort.tellNext(offers);
            }
            if (!cohort.isWaiting()) {
                settle(cohort);
            } else {
                more |= cohort.isAnyReady();
            }
        }
        if (more) {
            drainLater();
        }
    }

    /// A cohort for which nothing waits: those that joined on its way go on, the others are where all are.
    private void settle(Cohort cohort) {
        boolean anyOwed = false;
        boolean anyExpects = false;
        for (OutQueue peer : cohort.members()) {
            anyOwed |= peer.isOwed();
            anyExpects |= peer.expectsMore();
        }
        if (anyOwed) {
            List<OutQueue> owed =
                    cohort.members().stream().filter(OutQueue::isOwed).toList();
            Cohort rest = leaving(cohort, owed, cohort.recipient());
            owed.forEach(peer -> peer.takeOwed().forEach((family, numbers) -> touch(rest, family, numbers)));
            drainLater();
        }
        if (cohort.members().isEmpty()) {
            return;
        }
        if (anyExpects) {
            List.copyOf(cohort.members()).forEach(peer -> peer.settled(complete));
        }
        for (Cohort other : cohorts) {
            if (other != cohort && !other.isWaiting() && other.recipient().equals(cohort.recipient())) {
                other.members().addAll(cohort.members());
                cohort.members().forEach(peer -> cohortOf.put(peer, other));
                cohort.members().clear();
                cohorts.remove(cohort);
                return;
            }
        }
    }
}
