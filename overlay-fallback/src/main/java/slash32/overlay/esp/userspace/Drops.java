package slash32.overlay.esp.userspace;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import slash32.overlay.esp.path.Drop;

/// Counts of {@link Drop}. Any thread.
final class Drops {
    private final Map<Drop, LongAdder> counts = new EnumMap<>(Drop.class);

    Drops() {
        Arrays.stream(Drop.values()).forEach(why -> counts.put(why, new LongAdder()));
    }

    void count(Drop why) {
        count(why, 1);
    }

    void count(Drop why, long packets) {
        Objects.requireNonNull(counts.get(why)).add(packets);
    }

    Map<Drop, Long> all() {
        var all = new EnumMap<Drop, Long>(Drop.class);
        counts.forEach((why, count) -> all.put(why, count.sum()));
        return all;
    }
}
