package slash32.bgp.speaker;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.Nlri;

/// Small numbers for routes of a family that is not plain prefixes: with them such routes live in the same tables,
/// in the place of an address. On thread {@code bgp}.
public final class NlriNumbers {
    private static final int SWEPT_MIN = 1_024;

    private final Map<Nlri, Integer> numbers = new HashMap<>();
    private final List<@Nullable Nlri> routes = new ArrayList<>();
    private final List<Integer> free = new ArrayList<>();
    private final IntPredicate used;
    private int sweepAt = SWEPT_MIN;

    /// An empty table.
    ///
    /// @param used whether a route of this number is held or told
    public NlriNumbers(IntPredicate used) {
        this.used = used;
    }

    /// The number of a route; -1 if it has none.
    public int find(Nlri key) {
        return numbers.getOrDefault(key, -1);
    }

    /// The number of a route, new if it had none.
    public int add(Nlri key) {
        Integer known = numbers.get(key);
        if (known != null) {
            return known;
        }
        int number = free.isEmpty() ? routes.size() : free.removeLast();
        if (number == routes.size()) {
            routes.add(key);
        } else {
            routes.set(number, key);
        }
        numbers.put(key, number);
        return number;
    }

    /// Frees numbers that are no longer used, now and then: it costs the table, which twice as many additions have paid
    /// for. Not while a delta names one.
    public void tidy() {
        if (numbers.size() < sweepAt) {
            return;
        }
        for (int number = 0; number < routes.size(); number++) {
            Nlri key = routes.get(number);
            if (key != null && !used.test(number)) {
                numbers.remove(key);
                routes.set(number, null);
                free.add(number);
            }
        }
        sweepAt = Math.max(SWEPT_MIN, 2 * numbers.size());
    }

    /// The key of this number, which is in use.
    public Nlri route(int number) {
        return Objects.requireNonNull(routes.get(number), "a number in use has its route");
    }
}
