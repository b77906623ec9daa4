package slash32.reconcile;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// A table in memory with faults that can't be had from a kernel on demand.
final class FakeTable implements Table<String, Integer> {
    final Map<String, Integer> kernel = new HashMap<>();
    final Set<String> refused = new HashSet<>();
    final List<String> log = new ArrayList<>();
    int breakAtCall = -1;
    private int calls;

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public Map<String, Integer> owned() throws IOException {
        breakIfDue();
        return new HashMap<>(kernel);
    }

    @Override
    public List<Failure<String>> apply(List<Change<String, Integer>> batch) throws IOException {
        var failures = new ArrayList<Failure<String>>();
        for (var change : batch) {
            breakIfDue();
            if (refused.contains(change.key())) {
                failures.add(new Failure<>(change.key(), "refused " + change.key()));
                continue;
            }
            switch (change) {
                case Change.Put(var key, var value, var _) -> {
                    kernel.put(key, value);
                    log.add("put " + key + "=" + value);
                }
                case Change.Remove(var key, var _) -> {
                    kernel.remove(key);
                    log.add("remove " + key);
                }
            }
        }
        return failures;
    }

    private void breakIfDue() throws IOException {
        if (calls++ == breakAtCall) {
            throw new IOException("broken at call " + breakAtCall);
        }
    }
}
