package slash32.agent.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Tag;
import slash32.agent.config.ProcessConfig.HelperEvent;
import slash32.bgp.exabgp.ApiVersion;
import slash32.net.Prefix;

/// Reads helper processes.
final class ProcessParser {
    /// A word, or what is in quotes.
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|([^\\s\"']+)");

    private static final Pattern USER = Pattern.compile("[a-z_][a-z0-9_-]{0,31}");

    private static final Scalar<List<String>> COMMAND =
            new Scalar<>(Tag.STR, "a program by its absolute path, and its arguments", ProcessParser::words);
    private static final Scalar<String> USER_NAME = new Scalar<>(Tag.STR, "a user's name", ProcessParser::user);
    private static final Scalar<ApiVersion> API =
            new Scalar<>(Tag.STR, "4.0.1, 5.0.0 or 6.0.0", ProcessParser::version);
    private static final Scalar<HelperEvent> EVENT = new Scalar<>(
            Tag.STR,
            Arrays.stream(HelperEvent.values()).map(ProcessParser::name).collect(Collectors.joining(", ")),
            ProcessParser::event);
    private static final Scalar<Prefix> PREFIX = new Scalar<>(Tag.STR, "a prefix", Prefix::parse);
    private static final Scalar<Long> ROUTES = PolicyParser.number(1, 100_000);

    private final Set<String> names = new HashSet<>();

    /// The process of a section; null if there is something wrong in it.
    @Nullable
    ProcessConfig process(Section section) {
        var name = section.required("name", Scalar.NAME);
        var run = section.required("run", COMMAND);
        var user = section.optional("user", USER_NAME);
        var api = section.optional("api", API, ApiVersion.V4);
        var neighbors = section.list("neighbors", Scalar.ADDRESS, List.of());
        var receive = section.list("receive", EVENT, List.of());
        var allowed = section.list("allowedPrefixes", PREFIX, List.of());
        var max = section.optional("maxRoutes", ROUTES, (long) ProcessConfig.DEFAULT_MAX_ROUTES);
        var ack = section.optional("ack", Scalar.BOOLEAN, true);
        var respawn = section.optional("respawn", Scalar.BOOLEAN, true);
        if (name.value() != null && !names.add(name.get())) {
            section.problem(name, "name", "is the name of an earlier process: " + name.get());
        }
        return section.end()
                ? new ProcessConfig(
                        name.get(),
                        run.get(),
                        user.value(),
                        api.get(),
                        Set.copyOf(neighbors.get()),
                        Set.copyOf(receive.get()),
                        allowed.get(),
                        max.get().intValue(),
                        ack.get(),
                        respawn.get())
                : null;
    }

    private static List<String> words(String text) {
        var words = new ArrayList<String>();
        Matcher matcher = WORD.matcher(text);
        int end = 0;
        while (matcher.find()) {
            if (!text.substring(end, matcher.start()).isBlank() || (end > 0 && matcher.start() == end)) {
                throw new IllegalArgumentException("a quote is not closed, or not apart from the next word");
            }
            end = matcher.end();
            words.add(matcher.group().replaceAll("^[\"']|[\"']$", ""));
        }
        if (words.isEmpty() || end != text.stripTrailing().length()) {
            throw new IllegalArgumentException(words.isEmpty() ? "nothing to run" : "a quote is not closed");
        }
        if (!Path.of(words.getFirst()).isAbsolute()) {
            throw new IllegalArgumentException("not an absolute path: '" + words.getFirst() + "'");
        }
        return List.copyOf(words);
    }

    private static String user(String text) {
        if (!USER.matcher(text).matches()) {
            throw new IllegalArgumentException("not a user's name: '" + text + "'");
        }
        return text;
    }

    private static ApiVersion version(String text) {
        return Arrays.stream(ApiVersion.values())
                .filter(version -> version.toString().equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such version: '" + text + "'"));
    }

    private static String name(HelperEvent event) {
        return event.name().toLowerCase(Locale.ROOT);
    }

    private static HelperEvent event(String text) {
        return Arrays.stream(HelperEvent.values())
                .filter(event -> name(event).equals(text))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no such event: '" + text + "'"));
    }
}
