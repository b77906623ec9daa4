package slash32.lab.topology;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.lab.yaml.YamlMapping;

/// How a node shows that it works.
///
/// @param command exit code 0 is healthy
/// @param startPeriodSeconds in which a failure doesn't count
/// @param intervalSeconds between two tries
/// @param timeoutSeconds after which a try has failed
/// @param retries failures in a row that make the node unhealthy
public record Healthcheck(
        List<String> command, int startPeriodSeconds, int intervalSeconds, int timeoutSeconds, int retries) {
    private static final int SECONDS_MAX = 86_400;

    public Healthcheck {
        command = List.copyOf(command);
    }

    /// Null, and noted, if {@code test} is no command; null without a note for `NONE`.
    static @Nullable Healthcheck read(YamlMapping mapping) {
        Place place = mapping.place();
        List<String> test = mapping.texts("test").stream().map(Located::value).toList();
        int startPeriod = mapping.integer("start-period", 0, SECONDS_MAX, 0);
        int interval = mapping.integer("interval", 1, SECONDS_MAX, 30);
        int timeout = mapping.integer("timeout", 1, SECONDS_MAX, 30);
        int retries = mapping.integer("retries", 1, 1000, 3);
        mapping.end();
        List<String> command = command(test);
        if (command.isEmpty() && !test.equals(List.of("NONE"))) {
            mapping.error(place, "test", "must be [CMD, word, ...] or [CMD-SHELL, text]");
        }
        return command.isEmpty() ? null : new Healthcheck(command, startPeriod, interval, timeout, retries);
    }

    private static List<String> command(List<String> test) {
        if (test.size() >= 2 && test.getFirst().equals("CMD")) {
            return test.subList(1, test.size());
        }
        return test.size() == 2 && test.getFirst().equals("CMD-SHELL")
                ? List.of("sh", "-c", test.getLast())
                : List.of();
    }
}
