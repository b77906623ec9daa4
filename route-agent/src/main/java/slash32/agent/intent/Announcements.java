package slash32.agent.intent;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Prefix;

/// What helper processes announce, beside the endpoints' addresses and behind them.
final class Announcements {
    private final Outbox outbox;
    private final Map<Prefix, Announced> all = new HashMap<>();

    private record Announced(String process, PathAttributes attributes) {}

    Announcements(Outbox outbox) {
        this.outbox = outbox;
    }

    int size() {
        return all.size();
    }

    /// Announces a route, unless another process was first.
    ///
    /// @return why it is not announced; null if it is
    @Nullable
    String put(String process, Prefix prefix, PathAttributes attributes) {
        Announced before = all.get(prefix);
        if (before != null && !before.process.equals(process)) {
            return prefix + " is announced by process " + before.process;
        }
        var now = new Announced(process, attributes);
        if (!now.equals(before)) {
            all.put(prefix, now);
            outbox.effect(new Effect.Announce(prefix, attributes));
        }
        return null;
    }

    /// Takes those of {@code prefixes} back that the process announces.
    void retract(String process, Collection<Prefix> prefixes) {
        withdraw(prefixes.stream()
                .filter(prefix -> all.get(prefix) instanceof Announced(String owner, var _) && owner.equals(process))
                .toList());
    }

    /// Takes those of {@code prefixes} back that are announced: an endpoint has them now.
    void yieldTo(Collection<Prefix> prefixes) {
        withdraw(prefixes.stream().filter(all::containsKey).toList());
    }

    private void withdraw(List<Prefix> leaving) {
        if (!leaving.isEmpty()) {
            leaving.forEach(all::remove);
            outbox.effect(new Effect.Withdraw(leaving));
        }
    }
}
