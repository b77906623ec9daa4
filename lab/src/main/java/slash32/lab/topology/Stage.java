package slash32.lab.topology;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import slash32.lab.yaml.Located;
import slash32.lab.yaml.Place;
import slash32.lab.yaml.YamlMapping;

/// What a node does in one stage beside the stage's own work.
///
/// @param waitFor stages of other nodes that must have finished before this one starts
/// @param onEnter run before the stage's own work
/// @param onExit run after it
public record Stage(List<WaitFor> waitFor, List<StageCommand> onEnter, List<StageCommand> onExit) {
    static final Stage EMPTY = new Stage(List.of(), List.of(), List.of());

    public Stage {
        waitFor = List.copyOf(waitFor);
        onEnter = List.copyOf(onEnter);
        onExit = List.copyOf(onExit);
    }

    /// Wait until {@code stage} of {@code node} has finished.
    public record WaitFor(String node, StageName stage, Place place) {}

    /// A command of a stage.
    ///
    /// @param onHost runs outside of the node
    public record StageCommand(CommandLine command, boolean onHost) {}

    Stage and(Stage more) {
        return new Stage(
                Stream.concat(waitFor.stream(), more.waitFor.stream())
                        .distinct()
                        .toList(),
                Stream.concat(onEnter.stream(), more.onEnter.stream()).toList(),
                Stream.concat(onExit.stream(), more.onExit.stream()).toList());
    }

    /// Reads a stage's value.
    static Stage read(YamlMapping mapping) {
        var waitFor = new ArrayList<WaitFor>();
        for (YamlMapping item : mapping.mappings("wait-for")) {
            Located<String> node = item.text("node");
            Located<StageName> stage = item.value("stage", StageName::parse);
            item.end();
            if (node != null && stage != null) {
                waitFor.add(new WaitFor(node.value(), stage.value(), node.place()));
            }
        }
        var onEnter = new ArrayList<StageCommand>();
        var onExit = new ArrayList<StageCommand>();
        for (YamlMapping item : mapping.mappings("exec")) {
            Located<CommandLine> command = item.value("command", CommandLine::parse);
            boolean onHost = onHost(item);
            boolean exits = exits(item);
            item.end();
            if (command != null) {
                (exits ? onExit : onEnter).add(new StageCommand(command.value().at(command.place()), onHost));
            }
        }
        mapping.end();
        return new Stage(waitFor, onEnter, onExit);
    }

    private static boolean onHost(YamlMapping item) {
        Located<Boolean> target = item.value("target", text -> switch (text) {
            case "container" -> false;
            case "host" -> true;
            default -> throw new IllegalArgumentException("must be container or host, was '" + text + "'");
        });
        return target != null && target.value();
    }

    private static boolean exits(YamlMapping item) {
        if (!item.has("phase")) {
            item.error(item.place(), "phase", "is missing: upstream's schema wants on-enter or on-exit");
        }
        Located<Boolean> phase = item.value("phase", text -> switch (text) {
            case "on-enter" -> false;
            case "on-exit" -> true;
            default -> throw new IllegalArgumentException("must be on-enter or on-exit, was '" + text + "'");
        });
        return phase != null && phase.value();
    }
}
