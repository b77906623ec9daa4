package slash32.agent.config;

/// One thing that is wrong with a configuration file.
///
/// @param line from 1
/// @param column from 1
/// @param key where it is, such as {@code peers[1].holdTime}; empty for the whole file
/// @param reason what is wrong, and what is allowed
public record ConfigProblem(int line, int column, String key, String reason) implements Comparable<ConfigProblem> {

    /// One line for people: {@code agent.yaml:4:13: peers[1].holdTime: reason}.
    public String text(String file) {
        return file + ":" + line + ":" + column + ": " + (key.isEmpty() ? "" : key + ": ") + reason;
    }

    /// In the order of the file.
    @Override
    public int compareTo(ConfigProblem other) {
        return line != other.line ? Integer.compare(line, other.line) : Integer.compare(column, other.column);
    }
}
