package slash32.lab.scenario;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import slash32.lab.yaml.Findings;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.YamlFile;
import slash32.lab.yaml.YamlMapping;

/// Reads a step's file. What is wrong is noted, all of it at once.
final class StepReader {
    private static final List<String> VERBS = List.of("run", "signal", "start", "pause");

    private final Set<String> nodes;
    private final Findings findings;

    /// @param nodes that the topology has
    StepReader(Set<String> nodes, Findings findings) {
        this.nodes = nodes;
        this.findings = findings;
    }

    /// The step in {@code file}; null if there is none.
    @Nullable
    Step read(Path file) throws IOException {
        YamlMapping root = YamlFile.parse(Files.readString(file), findings);
        if (root == null) {
            return null;
        }
        String title = required(root, "title");
        String proves = required(root, "proves");
        var meanwhile = new ArrayList<Action.Run>();
        for (YamlMapping mapping : root.mappings("meanwhile")) {
            if (action(mapping) instanceof Action.Run run) {
                meanwhile.add(run);
            } else {
                mapping.error(mapping.place(), "run", "only commands can go on meanwhile");
            }
        }
        var actions = new ArrayList<Action>();
        for (YamlMapping mapping : root.mappings("actions")) {
            Action action = action(mapping);
            if (action != null) {
                actions.add(action);
            }
        }
        if (actions.isEmpty()) {
            root.error(root.place(), "actions", "a step without an action shows nothing");
        }
        root.end();
        return new Step(String.valueOf(file.getFileName()), title, proves, meanwhile, actions);
    }

    private static String required(YamlMapping mapping, String key) {
        Located<String> text = mapping.text(key);
        if (text == null || text.value().isBlank()) {
            mapping.error(mapping.place(), key, "is missing");
            return "";
        }
        return text.value().strip();
    }

    private @Nullable Action action(YamlMapping mapping) {
        List<String> verbs = VERBS.stream().filter(mapping.keys()::contains).toList();
        if (verbs.size() != 1) {
            mapping.error(mapping.place(), "", "needs one of " + String.join(", ", VERBS));
            return null;
        }
        Action action = switch (verbs.getFirst()) {
            case "run" -> run(mapping);
            case "signal" -> new Action.Signal(node(mapping), required(mapping, "signal"));
            case "start" -> start(mapping);
            default -> new Action.Pause(duration(mapping, "pause"));
        };
        mapping.end();
        return action;
    }

    private Action run(YamlMapping mapping) {
        var expectation = new Expectation(
                mapping.integer("exit", 0, 255, 0),
                pattern(mapping, "expect"),
                pattern(mapping, "refuse"),
                pattern(mapping, "figure"),
                duration(mapping, "within"));
        return new Action.Run(node(mapping), required(mapping, "run"), expectation, mapping.flag("show", false));
    }

    private Action start(YamlMapping mapping) {
        if (!mapping.flag("start", true)) {
            mapping.error(mapping.place(), "start", "must be true");
        }
        return new Action.Start(node(mapping));
    }

    private String node(YamlMapping mapping) {
        String node = required(mapping, "node");
        if (!node.isEmpty() && !nodes.contains(node)) {
            mapping.error(mapping.place(), "node", "the topology has no node " + node);
        }
        return node;
    }

    private static @Nullable Pattern pattern(YamlMapping mapping, String key) {
        Located<Pattern> pattern = mapping.value(key, text -> {
            try {
                return Pattern.compile(text, Pattern.MULTILINE | Pattern.DOTALL);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException("must be a regular expression: " + e.getDescription(), e);
            }
        });
        return pattern == null ? null : pattern.value();
    }

    /// Zero if absent.
    private static Duration duration(YamlMapping mapping, String key) {
        Located<Duration> duration = mapping.value(key, text -> {
            if (!text.matches("\\d{1,6}(ms|s)")) {
                throw new IllegalArgumentException("must be such as 500ms or 10s, was '" + text + "'");
            }
            long number = Long.parseLong(text.replaceAll("\\D", ""));
            return text.endsWith("ms") ? Duration.ofMillis(number) : Duration.ofSeconds(number);
        });
        return duration == null ? Duration.ZERO : duration.value();
    }
}
