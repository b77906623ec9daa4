package slash32.lab.topology;

import java.util.List;
import slash32.lab.yaml.Place;

/// A command as written, and its words.
///
/// @param words at least one
public record CommandLine(String text, List<String> words, Place place) {
    private static final Place NOWHERE = new Place("", 1, 1);

    public CommandLine {
        words = List.copyOf(words);
    }

    /// Splits without a shell.
    ///
    /// @throws IllegalArgumentException if there is nothing, or a quote isn't closed
    static CommandLine parse(String text) {
        List<String> words = ShellWords.split(text);
        if (words.isEmpty()) {
            throw new IllegalArgumentException("is an empty command");
        }
        return new CommandLine(text, words, NOWHERE);
    }

    CommandLine at(Place where) {
        return new CommandLine(text, words, where);
    }
}
