package slash32.bgp.policy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import slash32.bgp.wire.PathAttributes;

/// An ordered list of rules. The first rule that a route meets and that accepts or rejects decides; one that only
/// continues leaves its changes behind.
///
/// @param otherwise whether a route that no rule decides is accepted
public record Policy(List<Rule> rules, boolean otherwise) {
    public static final Policy ACCEPT_ALL = new Policy(List.of(), true);

    /// What becomes of a route that meets a rule.
    public enum Then {
        ACCEPT,
        REJECT,
        CONTINUE
    }

    /// One rule.
    ///
    /// @param matches all must hold; none holds for every route
    /// @param changes made in this order, unless the route is rejected
    public record Rule(List<Match> matches, List<Change> changes, Then then) {
        public Rule {
            matches = List.copyOf(matches);
            changes = List.copyOf(changes);
        }
    }

    public Policy {
        rules = List.copyOf(rules);
    }

    /// False if all prefixes with the same attributes have the same fate.
    public boolean looksAtPrefixes() {
        return rules.stream()
                .anyMatch(rule -> rule.matches().stream().anyMatch(match -> match instanceof Match.PrefixIn));
    }

    /// This policy with a memory for what it made of attributes, so that routes share what is equal. Owned by one
    /// thread.
    public Run run() {
        return new Run();
    }

    /// See {@link #run}.
    public final class Run {
        private static final int REMEMBERED_MAX = 16_384;

        private final Map<Case, PathAttributes> made = new HashMap<>();

        private record Case(PathAttributes before, List<Change> changes) {}

        private Run() {}

        public Policy policy() {
            return Policy.this;
        }

        /// The route as the policy wants it; null if it rejects it. A prefix in the form of
        /// {@link slash32.bgp.wire.NlriSlice.Visitor}.
        public @Nullable PathAttributes apply(boolean ipv4, long high, long low, int length, PathAttributes path) {
            List<Change> changes = List.of();
            PathAttributes now = path;
            for (Rule rule : rules) {
                if (!meets(rule, ipv4, high, low, length, now)) {
                    continue;
                }
                if (rule.then() == Then.REJECT) {
                    return null;
                }
                if (!rule.changes().isEmpty()) {
                    changes = new ArrayList<>(changes);
                    changes.addAll(rule.changes());
                    now = changed(path, changes);
                }
                if (rule.then() == Then.ACCEPT) {
                    return now;
                }
            }
            return otherwise ? now : null;
        }

        private PathAttributes changed(PathAttributes before, List<Change> changes) {
            if (made.size() >= REMEMBERED_MAX) {
                made.clear();
            }
            return made.computeIfAbsent(new Case(before, changes), key -> {
                PathAttributes now = key.before();
                for (Change change : key.changes()) {
                    now = change.in(now);
                }
                return now;
            });
        }

        private static boolean meets(Rule rule, boolean ipv4, long high, long low, int length, PathAttributes path) {
            for (Match match : rule.matches()) {
                if (!match.holds(ipv4, high, low, length, path)) {
                    return false;
                }
            }
            return true;
        }
    }
}
