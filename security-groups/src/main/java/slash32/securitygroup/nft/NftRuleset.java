package slash32.securitygroup.nft;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.netlink.message.Request;
import slash32.netlink.netfilter.NftTable;
import slash32.netlink.netfilter.SetElement;
import slash32.netlink.netfilter.TableId;
import slash32.netlink.socket.Errno;
import slash32.netlink.socket.NetlinkSocket;
import slash32.netlink.socket.NetlinkSocket.Refusal;
import slash32.reconcile.Change;
import slash32.reconcile.Failure;
import slash32.reconcile.Table;
import slash32.securitygroup.compile.Fragment;
import slash32.securitygroup.compile.Plane;
import slash32.securitygroup.compile.Subject;

/// The nf_tables tables of a plane as a table of owners and what each has.
///
/// A batch is one transaction. When the kernel refuses it, the owners whose requests it named are left out, or get what
/// is safe instead if they have nothing yet, and the rest is tried again: one bad object does not block the others.
///
/// Where the kernel can (Linux 6.9), the tables have an owner, this socket, and outlive it: nobody else can change or
/// flush them while we run, and a restarted agent adopts them. Elsewhere they can be changed by anybody with the right,
/// which {@link slash32.netlink.netfilter.ForeignChanges} finds out; {@link Backstop} closes meanwhile.
final class NftRuleset implements Table<Subject, Fragment> {
    /// More members than this are loaded by several transactions, so that none holds up others for long.
    private static final int MEMBERS_AT_ONCE = 50_000;

    private static final Errno ERESTART = new Errno(85);
    private static final Subject SKELETON = new Subject.Skeleton();

    private final NetlinkSocket socket;
    private final Plane plane;
    private final Fragment skeleton;
    private final Function<Subject, @Nullable Fragment> safe;
    private final BiFunction<Subject, Fragment, Fragment> unstated;
    private boolean inSync;
    /// Owners that have more than was stated, until {@link #inSync}.
    private final Set<Subject> holding = new HashSet<>();
    private final Map<Subject, Fragment> installed = new HashMap<>();
    private final boolean exclusive;
    /// Null where flows are not marked.
    private final @Nullable FlowMarks marks;

    private boolean adopted;
    /// Whether the kernel had none of our tables when they were read back.
    private boolean absent;
    private boolean renewed;
    /// Tables to be deleted in the transaction that makes them anew.
    private List<TableId> replaced = List.of();
    /// What the tables to be replaced hold and nobody stated yet.
    private Set<Subject.Member> kept = Set.of();
    /// The generation read back, as long as nothing was written since.
    private @Nullable Integer readAt;

    /// @param safe what an owner gets when it has nothing in the kernel and what it should have is refused
    /// @param unstated what of what an owner has in the kernel it keeps until {@link #inSync}, whatever is stated
    /// @param exclusive whether to own the tables; only if {@link Abilities#canOwn}
    /// @param marks null where every packet is judged
    NftRuleset(
            NetlinkSocket socket,
            Plane plane,
            Fragment skeleton,
            Function<Subject, @Nullable Fragment> safe,
            BiFunction<Subject, Fragment, Fragment> unstated,
            boolean exclusive,
            @Nullable FlowMarks marks) {
        this.marks = marks;
        this.plane = plane;
        this.socket = socket;
        this.skeleton = skeleton;
        this.safe = safe;
        this.unstated = unstated;
        this.exclusive = exclusive;
    }

    @Override
    public String name() {
        return plane == Plane.ROUTED ? "nftables" : "nftables_bridge";
    }

    /// True if nobody else can change our tables.
    private boolean exclusive() {
        return exclusive && adopted;
    }

    @Override
    public Map<Subject, Fragment> owned() throws IOException {
        ReadBack.Result found = ReadBack.of(socket, plane, skeleton);
        installed.clear();
        installed.putAll(found.fragments());
        readAt = found.generation();
        boolean differs = !skeleton.equals(found.fragments().get(SKELETON));
        boolean replace = !found.tables().isEmpty() && (found.strange() || differs);
        replaced = replace ? found.tables().stream().map(NftTable::id).toList() : List.of();
        kept = replace ? found.members() : Set.of();
        var owned = new HashMap<>(found.fragments());
        found.members().forEach(member -> owned.put(member, Fragment.EMPTY));
        absent = found.tables().isEmpty();
        boolean marked = marks == null || marks.read(found.marks());
        if (replace || !marked || (exclusive && !adopted)) {
            owned.remove(SKELETON); // so that it is put, and with it what makes or adopts the tables
        }
        return owned;
    }

    @Override
    public List<Failure<Subject>> apply(List<Change<Subject, Fragment>> batch) throws IOException {
        var structure = new ArrayList<Change<Subject, Fragment>>();
        var members = new ArrayList<Change<Subject, Fragment>>();
        batch.forEach(change -> (change.key() instanceof Subject.Member ? members : structure).add(change));
        if (!replaced.isEmpty()) {
            keepTheUnstated(batch, structure, members);
        }
        structure.sort(Comparator.comparingInt(NftRuleset::rank));
        var failures = new LinkedHashMap<Subject, String>();
        int first = Math.min(members.size(), MEMBERS_AT_ONCE);
        structure.addAll(members.subList(0, first));
        attempt(structure, new HashSet<>(), failures);
        for (int from = first; from < members.size(); from += MEMBERS_AT_ONCE) {
            int to = Math.min(members.size(), from + MEMBERS_AT_ONCE);
            attempt(members.subList(from, to), new HashSet<>(), failures);
        }
        return failures.entrySet().stream()
                .map(failure -> new Failure<>(failure.getKey(), failure.getValue()))
                .toList();
    }

    /// What is in tables that will be replaced, and is not in the batch because it is right or not stated yet, is put
    /// again.
    private void keepTheUnstated(
            List<Change<Subject, Fragment>> batch,
            List<Change<Subject, Fragment>> structure,
            List<Change<Subject, Fragment>> members) {
        var stated = new HashSet<Subject>();
        batch.forEach(change -> stated.add(change.key()));
        installed.forEach((subject, fragment) -> {
            if (!stated.contains(subject) && !subject.equals(SKELETON)) {
                structure.add(new Change.Put<>(subject, fragment, null));
            }
        });
        kept.forEach(member -> {
            if (!stated.contains(member)) {
                members.add(new Change.Put<>(member, Fragment.EMPTY, null));
            }
        });
        kept = Set.of();
        installed.clear();
    }

    private static int rank(Change<Subject, Fragment> change) {
        return change instanceof Change.Put
                ? change.key().rank()
                : Integer.MAX_VALUE - change.key().rank();
    }

    /// Brings {@code changes} in force in one transaction, or else as many of them as the kernel takes.
    ///
    /// @param unsafe owners that get {@link #safe} instead of what they should have
    private void attempt(List<Change<Subject, Fragment>> changes, Set<Subject> unsafe, Map<Subject, String> failures)
            throws IOException {
        var open = new ArrayList<>(changes);
        while (!open.isEmpty()) {
            Transaction transaction = plan(open, unsafe);
            if (transaction.isEmpty()) {
                settle(open, unsafe);
                return;
            }
            Integer generation = exclusive() ? null : readAt;
            List<Request> requests = transaction.requests(generation, flags());
            List<Refusal> refusals = socket.transact(requests, requests.size() - 2);
            if (refusals.isEmpty()) {
                settle(open, unsafe);
                return;
            }
            if (marks != null) {
                marks.forget();
            }
            Map<Subject, Refusal> culprits = culprits(transaction, refusals);
            if (culprits.isEmpty() && open.size() > 1) {
                List<Change<Subject, Fragment>> half = open.subList(0, open.size() / 2);
                attempt(half, unsafe, failures);
                attempt(open.subList(half.size(), open.size()), unsafe, failures);
                return;
            }
            Refusal whole = refusals.getFirst();
            open.removeIf(change -> {
                Refusal refusal = culprits.isEmpty() ? whole : culprits.get(change.key());
                return refusal != null && refused(change, refusal, unsafe, failures);
            });
        }
    }

    /// Takes note of a refusal.
    ///
    /// @return true if there is nothing more to try
    private boolean refused(
            Change<Subject, Fragment> change, Refusal refusal, Set<Subject> unsafe, Map<Subject, String> failures) {
        Subject subject = change.key();
        failures.putIfAbsent(subject, String.valueOf(refusal.reason().getMessage()));
        boolean hasSafe =
                change instanceof Change.Put && !installed.containsKey(subject) && safe.apply(subject) != null;
        return !hasSafe || !unsafe.add(subject);
    }

    /// The owners of the refused requests that don't depend on others of them.
    ///
    /// @throws IOException if the refusal shows that the kernel does not hold what we think: it must be read back
    private Map<Subject, Refusal> culprits(Transaction transaction, List<Refusal> refusals) throws IOException {
        var culprits = new HashMap<Subject, Refusal>();
        int rank = Integer.MAX_VALUE;
        for (Refusal refusal : refusals) {
            for (Subject owner : transaction.owners(refusal.index())) {
                if (owner.rank() < rank) {
                    culprits.clear();
                    rank = owner.rank();
                }
                if (owner.rank() == rank) {
                    culprits.putIfAbsent(owner, refusal);
                }
            }
        }
        boolean justRead = readAt != null;
        for (Refusal refusal : culprits.isEmpty() ? refusals : culprits.values()) {
            boolean surprising =
                    refusal.reason().is(Errno.ENOENT) || refusal.reason().is(Errno.EEXIST);
            if ((surprising && !justRead) || refusal.reason().is(ERESTART)) {
                throw refusal.reason();
            }
        }
        return culprits;
    }

    private Transaction plan(List<Change<Subject, Fragment>> changes, Set<Subject> unsafe) {
        var transaction = new Transaction(plane);
        var added = new HashMap<String, Map<SetElement, Subject>>();
        var deleted = new HashMap<String, Map<SetElement, Subject>>();
        for (Change<Subject, Fragment> change : changes) {
            Subject subject = change.key();
            if (subject instanceof Subject.Member member) {
                (change instanceof Change.Put ? added : deleted)
                        .computeIfAbsent(member.set(), _ -> new LinkedHashMap<>())
                        .put(member.element(), member);
                continue;
            }
            Fragment wanted = wanted(change, unsafe);
            if (subject.equals(SKELETON) && change instanceof Change.Put) {
                replaced.forEach(table -> transaction.deleteTable(table, subject));
                plane.tables().forEach(table -> transaction.addTable(table, flags(), subject));
            }
            transaction.change(subject, installed.getOrDefault(subject, Fragment.EMPTY), wanted);
            if (wanted.equals(Fragment.EMPTY)) {
                // with a set its elements go
                installed.getOrDefault(subject, Fragment.EMPTY).sets().forEach(set -> deleted.remove(set.name()));
            }
        }
        added.forEach(transaction::addMembers);
        deleted.forEach(transaction::deleteMembers);
        if (marks != null) {
            renew(marks, transaction, changes, unsafe);
        }
        return transaction;
    }

    private void renew(
            FlowMarks known, Transaction transaction, List<Change<Subject, Fragment>> changes, Set<Subject> unsafe) {
        Set<Subject> cause = changes.stream()
                .filter(change -> !known.known() || restricts(change, unsafe))
                .map(Change::key)
                .collect(Collectors.toSet());
        if (!transaction.isEmpty() && !cause.isEmpty()) {
            known.renew(transaction, absent || !replaced.isEmpty(), cause);
        }
    }

    /// True if a flow that passes may not pass any more once {@code change} is in force.
    private boolean restricts(Change<Subject, Fragment> change, Set<Subject> unsafe) {
        boolean removes = change instanceof Change.Remove;
        return switch (change.key()) {
            case Subject.Skeleton _ -> !skeleton.equals(installed.get(SKELETON));
            case Subject.Endpoint _ -> true;
            case Subject.Member _ -> removes;
            case Subject.MemberSets _, Subject.Lookups _ -> false; // nobody names what goes before or after
            case Subject.Host _, Subject.Limits _, Subject.Zone _, Subject.Gateway _ ->
                false; // what they say of a flow they said when it began
            case Subject.Group _ -> !removes && lacks(wanted(change, unsafe), installed.get(change.key()));
        };
    }

    /// True if {@code before} has a rule or element that {@code now} has not.
    private static boolean lacks(Fragment now, @Nullable Fragment before) {
        return before != null
                && (!now.elements().containsAll(before.elements())
                        || before.chains().entrySet().stream().anyMatch(chain -> {
                            var rules = new HashSet<>(chain.getValue());
                            now.chains().getOrDefault(chain.getKey(), List.of()).forEach(rules::remove);
                            return !rules.isEmpty();
                        }));
    }

    /// True, once, if what passed before is judged anew since the last time.
    boolean takeRenewed() {
        boolean taken = renewed;
        renewed = false;
        return taken;
    }

    /// True while packets of flows that pass are judged one by one, until {@link #stamp}.
    boolean lags() {
        return marks != null && marks.lags();
    }

    /// Flows that pass from now on carry the fresh mark.
    void stamp() throws IOException {
        FlowMarks lagging = Objects.requireNonNull(marks);
        var transaction = new Transaction(plane);
        lagging.follow(transaction);
        List<Request> requests = transaction.requests(null, flags());
        List<Refusal> refusals = socket.transact(requests, requests.size() - 2);
        if (!refusals.isEmpty()) {
            lagging.forget();
            throw refusals.getFirst().reason();
        }
        lagging.settle();
        readAt = null;
    }

    private Fragment wanted(Change<Subject, Fragment> change, Set<Subject> unsafe) {
        return switch (change) {
            case Change.Remove<Subject, Fragment> _ -> Fragment.EMPTY;
            case Change.Put<Subject, Fragment> put -> {
                Fragment instead = unsafe.contains(put.key()) ? safe.apply(put.key()) : null;
                yield instead == null ? withUnstated(put) : instead;
            }
        };
    }

    private Fragment withUnstated(Change.Put<Subject, Fragment> put) {
        Fragment present = installed.getOrDefault(put.key(), put.replaced());
        Fragment kept = inSync || present == null ? Fragment.EMPTY : unstated.apply(put.key(), present);
        return put.value().elements().containsAll(kept.elements())
                ? put.value()
                : new Fragment.Builder().addAll(put.value()).addAll(kept).build();
    }

    /// From now on nobody keeps what was not stated.
    ///
    /// @return what those have that do
    Map<Subject, Fragment> inSync() {
        inSync = true;
        var more = new HashMap<Subject, Fragment>();
        holding.forEach(subject -> more.put(subject, installed.getOrDefault(subject, Fragment.EMPTY)));
        holding.clear();
        return more;
    }

    /// We changed another table: the generation that was read back is no longer the ruleset's.
    void generationPassed() {
        readAt = null;
    }

    private int flags() {
        return exclusive ? NftTable.OWNER | NftTable.PERSIST : 0;
    }

    private void settle(List<Change<Subject, Fragment>> applied, Set<Subject> unsafe) {
        for (Change<Subject, Fragment> change : applied) {
            Subject subject = change.key();
            if (subject.equals(SKELETON)) {
                adopted = true;
                replaced = List.of();
            }
            if (subject instanceof Subject.Member) {
                continue;
            }
            Fragment wanted = wanted(change, unsafe);
            if (wanted.equals(Fragment.EMPTY)) {
                installed.remove(subject);
            } else {
                installed.put(subject, wanted);
                if (change instanceof Change.Put<Subject, Fragment>(var _, Fragment stated, var _)
                        && !inSync
                        && !unsafe.contains(subject)
                        && !wanted.equals(stated)) {
                    holding.add(subject);
                }
            }
        }
        absent = false;
        if (marks != null && marks.settle()) {
            renewed = true;
        }
        readAt = null;
    }
}
