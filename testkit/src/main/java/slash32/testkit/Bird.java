package slash32.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/// A BIRD beside a test, and its control socket.
public final class Bird {
    private final Process process;
    private final Path config;
    private final Path control;

    private Bird(Process process, Path config, Path control) {
        this.process = process;
        this.config = config;
        this.control = control;
    }

    /// Starts one in the test's network namespace.
    ///
    /// @param name of its files in {@code folder}
    public static Bird start(Programs programs, Path folder, String name, String config) throws IOException {
        return start(programs, List.of(), folder, name, config);
    }

    /// Starts one in another namespace.
    public static Bird startIn(String namespace, Programs programs, Path folder, String config) throws IOException {
        return start(programs, List.of("ip", "netns", "exec", namespace), folder, "bird", config);
    }

    private static Bird start(Programs programs, List<String> prefix, Path folder, String name, String config)
            throws IOException {
        Requirement.program("bird", "bird2");
        Path file = Files.writeString(folder.resolve(name + ".conf"), config);
        Path control = folder.resolve(name + ".ctl");
        List<String> words = Stream.concat(
                        prefix.stream(), Stream.of("bird", "-f", "-c", file.toString(), "-s", control.toString()))
                .toList();
        return new Bird(programs.start(words), file, control);
    }

    /// What it answers to a command of birdc, which may also be that it is not there yet.
    public String ask(String... words) {
        var command = new ArrayList<>(List.of("birdc", "-s", control.toString()));
        command.addAll(List.of(words));
        return Command.tryRun(command.toArray(String[]::new)).output();
    }

    /// Has it go on with another configuration.
    public void configure(String text) throws IOException {
        Files.writeString(config, text);
        ask("configure");
    }

    /// Sends it a signal, "-STOP" for example.
    public void signal(String signal) {
        Command.run("kill", signal, String.valueOf(process.pid()));
    }

    /// Ends it as a crash would.
    public void kill() {
        process.destroyForcibly().onExit().join();
    }
}
