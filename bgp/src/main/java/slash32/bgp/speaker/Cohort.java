package slash32.bgp.speaker;

import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import slash32.bgp.policy.ExportFilter;
import slash32.bgp.policy.LongLived;
import slash32.bgp.wire.AddressFamily;
import slash32.bgp.wire.PathAttributes;
import slash32.bgp.wire.UpdateEncoder;

/// Peers that are told the same and are equally far: what they need is encoded once. On thread {@code bgp}.
///
/// Prefixes wait, a bit each, and are looked up when they are written: ten changes of one prefix while nobody reads are
/// one message, and memory follows the routes, not the changes. A prefix counts as told if any member may know it.
final class Cohort {
    /// What a turn of the loop looks at, and about what it writes.
    private static final int PREFIXES_AT_ONCE = 16_384;

    private static final int BYTES_AT_ONCE = 256 * 1024;
    private static final int PREFIXES_OF_PATHS_AT_ONCE = 2_048;

    private final Recipient recipient;
    private final ExportFilter filter;
    private final Wording wording;
    private final Paths paths;
    private final List<OutQueue> members = new ArrayList<>();
    private final Map<AddressFamily, AdjRibOut> tables = new TreeMap<>();

    /// Prefixes with the same attributes and from the same peer, in order.
    private record Run(PathAttributes attributes, int source) {
        /// Written out, as {@link AddressFamily#equals} is.
        @Override
        public boolean equals(Object other) {
            return other instanceof Run that && source == that.source && attributes.equals(that.attributes);
        }

        @Override
        public int hashCode() {
            return 31 * attributes.hashCode() + source;
        }
    }

    /// A cohort of nobody that knows nothing.
    Cohort(Recipient recipient, Wording wording, Paths paths) {
        this.recipient = recipient;
        this.wording = wording;
        this.paths = paths;
        filter = recipient.filter();
        recipient.terms().families().forEach(family -> tables.put(family, new AdjRibOut(new BitSet())));
    }

    /// What {@code members} of this cohort were told and wait for, from where they go on by themselves.
    Cohort split(List<OutQueue> leaving, Recipient as) {
        var other = new Cohort(as, wording, paths);
        other.tables.replaceAll((family, fresh) -> {
            AdjRibOut before = tables.get(family);
            return before == null ? fresh : new AdjRibOut(before);
        });
        members.removeAll(leaving);
        other.members.addAll(leaving);
        return other;
    }

    Recipient recipient() {
        return recipient;
    }

    List<OutQueue> members() {
        return members;
    }

    @Nullable
    AdjRibOut table(AddressFamily family) {
        return tables.get(family);
    }

    Iterable<AddressFamily> families() {
        return tables.keySet();
    }

    boolean isWaiting() {
        for (AdjRibOut table : tables.values()) {
            if (table.isWaiting()) {
                return true;
            }
        }
        return false;
    }

    int waiting() {
        return tables.values().stream().mapToInt(AdjRibOut::waiting).sum();
    }

    boolean isAnyReady() {
        for (OutQueue member : members) {
            if (member.isReady()) {
                return true;
            }
        }
        return false;
    }

    /// Those whose connections have more than {@code bytes} waiting.
    List<OutQueue> behind(long bytes) {
        List<OutQueue> behind = List.of();
        for (OutQueue member : members) {
            if (member.isBehind(bytes)) {
                behind = behind.isEmpty() ? new ArrayList<>() : behind;
                behind.add(member);
            }
        }
        return behind;
    }

    /// Writes what the next prefixes that wait need, so that the members know what is offered to them.
    void tellNext(Map<AddressFamily, Offers> offers) {
        for (Map.Entry<AddressFamily, AdjRibOut> each : tables.entrySet()) {
            if (each.getValue().isWaiting()) {
                tell(each.getKey(), each.getValue(), offers.get(each.getKey()));
                return;
            }
        }
    }

    private void tell(AddressFamily family, AdjRibOut table, @Nullable Offers offers) {
        int[] numbers = table.next(takesPaths(family) ? PREFIXES_OF_PATHS_AT_ONCE : PREFIXES_AT_ONCE);
        if (offers == null) {
            return;
        }
        if (takesPaths(family)) {
            tellPaths(family, numbers, table, offers);
            return;
        }
        var announced = new LinkedHashMap<Run, Numbers>();
        var withdrawn = new Numbers();
        sort(family, numbers, table, offers, announced, withdrawn);
        var burst = new Burst(ByteBufAllocator.DEFAULT, 8 * numbers.length + 512);
        try {
            var encoder = new UpdateEncoder(recipient.terms(), burst::add);
            announced.forEach((run, some) -> {
                if (burst.bytes() < BYTES_AT_ONCE) {
                    announce(family, run, some, table, offers, encoder, burst, withdrawn);
                } else {
                    some.forEach(table::touch);
                }
            });
            withdraw(family, withdrawn, table, offers, encoder, burst);
            burst.writeTo(members);
        } finally {
            burst.release();
        }
    }

    private void sort(
            AddressFamily family,
            int[] numbers,
            AdjRibOut table,
            Offers offers,
            Map<Run, Numbers> announced,
            Numbers withdrawn) {
        PathAttributes lastOffered = null;
        int lastSource = 0;
        Numbers lastRun = null;
        boolean alike = !recipient.looksAtPrefixes();
        for (int number : numbers) {
            PathAttributes offered = offers.attributes(number);
            int source = offers.source(number);
            if (!alike || lastRun == null || !Objects.equals(offered, lastOffered) || source != lastSource) {
                PathAttributes told =
                        offered == null ? null : told(family, offered, offers.origin(number), number, offers);
                lastRun =
                        told == null ? withdrawn : announced.computeIfAbsent(new Run(told, source), _ -> new Numbers());
                lastOffered = offered;
                lastSource = source;
            }
            if (lastRun != withdrawn || table.knows(number)) {
                lastRun.add(number);
            }
        }
    }

    /// The route as the members are to know it; null if they are not (RFC 4456 §6, RFC 9494 §4.3, RFC 4684 §6).
    private @Nullable PathAttributes told(
            AddressFamily family, PathAttributes offered, Offers.Origin origin, int number, Offers offers) {
        boolean reflected = origin == Offers.Origin.NON_CLIENT && recipient.kind() == Offers.Origin.NON_CLIENT;
        boolean stale = !recipient.takesStale() && offered.communities().contains(LongLived.STALE);
        WantedTargets wanted = recipient.wanted();
        if (reflected || stale || (wanted != null && !wanted.matches(offered))) {
            return null;
        }
        int length = family.isPrefixes() ? offers.length(number) : -1;
        return filter.apply(family.afi() == 1, offers.high(number), offers.low(number), length, offered);
    }

    private void announce(
            AddressFamily family,
            Run run,
            Numbers some,
            AdjRibOut table,
            Offers offers,
            UpdateEncoder encoder,
            Burst burst,
            Numbers withdrawn) {
        if (!encoder.tryAnnouncing(family, run.attributes())) {
            some.forEach(number -> {
                if (table.knows(number)) {
                    withdrawn.add(number); // RFC 8654 §4: what fits no message is not announced
                }
            });
            return;
        }
        var moved = new Numbers();
        some.forEach(number -> {
            wording.add(family, number, 0, offers, run.attributes(), encoder);
            if (run.source() >= 0 && offers.hasMoved(number) && table.knows(number)) {
                moved.add(number);
            }
            table.told(number, true, run.source());
        });
        encoder.end();
        burst.from(run.source());
        if (!moved.isEmpty()) {
            takeBack(family, moved, run.source(), offers);
        }
    }

    private void withdraw(
            AddressFamily family,
            Numbers withdrawn,
            AdjRibOut table,
            Offers offers,
            UpdateEncoder encoder,
            Burst burst) {
        encoder.beginWithdrawing(family);
        withdrawn.forEach(number -> {
            wording.add(family, number, 0, offers, null, encoder);
            table.told(number, false, offers.source(number));
        });
        encoder.end();
        burst.from(Offers.OWN);
    }

    /// True if the members take more than one path of a prefix of {@code family}.
    boolean takesPaths(AddressFamily family) {
        return recipient.terms().addPathSent().contains(family);
    }

    private record PathOf(int number, int id) {}

    /// False if no message has room for the path's attributes.
    private boolean add(PathOf path, Run run, AddressFamily family, Map<Run, List<PathOf>> announced) {
        List<PathOf> some = announced.get(run);
        if (some == null) {
            if (!new UpdateEncoder(recipient.terms(), _ -> {}).tryAnnouncing(family, run.attributes())) {
                return false;
            }
            some = new ArrayList<>();
            announced.put(run, some);
        }
        return some.add(path);
    }

    /// All paths of the prefixes, each with its identifier, and those back that are no more (RFC 7911 §5).
    private void tellPaths(AddressFamily family, int[] numbers, AdjRibOut table, Offers offers) {
        var burst = new Burst(ByteBufAllocator.DEFAULT, 16 * numbers.length + 512);
        try {
            var encoder = new UpdateEncoder(recipient.terms(), burst::add);
            var announced = new LinkedHashMap<Run, List<PathOf>>();
            encoder.beginWithdrawing(family);
            for (int number : numbers) {
                var now = new LinkedHashMap<Integer, Integer>();
                paths.forEach(family, offers, number, (id, attributes, source, origin) -> {
                    PathAttributes told = told(family, attributes, origin, number, offers);
                    if (told != null && add(new PathOf(number, id), new Run(told, source), family, announced)) {
                        now.put(id, source);
                    }
                });
                for (int id : table.paths(number)) {
                    if (!now.containsKey(id)) {
                        wording.add(family, number, id, offers, null, encoder);
                    }
                }
                int[] ids = now.keySet().stream().mapToInt(Integer::intValue).toArray();
                table.paths(
                        number,
                        ids,
                        Set.copyOf(now.values()).size() == 1 ? now.firstEntry().getValue() : Offers.OWN);
            }
            encoder.end();
            burst.from(Offers.OWN);
            wordPaths(family, announced, offers, encoder, burst::from);
            burst.writeTo(members);
        } finally {
            burst.release();
        }
    }

    /// Words some of what {@code member} was told once more, for somebody else.
    ///
    /// @param from the first number to look at
    /// @return the next one; -1 at the end
    int tellAgain(OutQueue member, AddressFamily family, int from, Offers offers, Consumer<byte[]> elsewhere) {
        AdjRibOut table = tables.get(family);
        if (table == null) {
            return -1;
        }
        int[] some = new int[PREFIXES_AT_ONCE];
        int taken = 0;
        int next = table.nextTold(from);
        for (; next >= 0 && taken < some.length; next = table.nextTold(next + 1)) {
            if (takesPaths(family) || offers.source(next) != member.number()) {
                some[taken++] = next;
            }
        }
        if (takesPaths(family)) {
            tellPathsAgain(member, family, Arrays.copyOf(some, taken), offers, elsewhere);
            return next;
        }
        var announced = new LinkedHashMap<Run, Numbers>();
        sort(family, Arrays.copyOf(some, taken), table, offers, announced, new Numbers());
        var encoder = new UpdateEncoder(recipient.terms(), elsewhere);
        announced.forEach((run, numbers) -> {
            if (encoder.tryAnnouncing(family, run.attributes())) {
                numbers.forEach(number -> wording.add(family, number, 0, offers, run.attributes(), encoder));
                encoder.end();
            }
        });
        return next;
    }

    private void tellPathsAgain(
            OutQueue member, AddressFamily family, int[] numbers, Offers offers, Consumer<byte[]> elsewhere) {
        var announced = new LinkedHashMap<Run, List<PathOf>>();
        for (int number : numbers) {
            paths.forEach(family, offers, number, (id, attributes, source, origin) -> {
                PathAttributes told = told(family, attributes, origin, number, offers);
                if (told != null && source != member.number()) {
                    add(new PathOf(number, id), new Run(told, source), family, announced);
                }
            });
        }
        wordPaths(family, announced, offers, new UpdateEncoder(recipient.terms(), elsewhere), _ -> {});
    }

    private void wordPaths(
            AddressFamily family,
            Map<Run, List<PathOf>> announced,
            Offers offers,
            UpdateEncoder encoder,
            IntConsumer ofSource) {
        announced.forEach((run, some) -> {
            encoder.beginAnnouncing(family, run.attributes());
            some.forEach(path -> wording.add(family, path.number(), path.id(), offers, run.attributes(), encoder));
            encoder.end();
            ofSource.accept(run.source());
        });
    }

    /// A member whose own the routes are now may know them from another.
    private void takeBack(AddressFamily family, Numbers moved, int source, Offers offers) {
        for (OutQueue member : members) {
            if (member.number() == source) {
                var burst = new Burst(ByteBufAllocator.DEFAULT, 512);
                try {
                    var encoder = new UpdateEncoder(recipient.terms(), burst::add);
                    encoder.beginWithdrawing(family);
                    moved.forEach(number -> wording.add(family, number, 0, offers, null, encoder));
                    encoder.end();
                    burst.from(Offers.OWN);
                    burst.writeTo(List.of(member));
                } finally {
                    burst.release();
                }
            }
        }
    }
}
