package slash32.bgp.exabgp.command;

/// Why a line is no command.
///
/// @param column of {@code word} in the line, from 1
/// @param word empty at the end of the line
public record Invalid(int column, String word, String reason) {
    /// "column 12: 'nexthop': no such word".
    @Override
    public String toString() {
        return "column " + column + ": " + (word.isEmpty() ? "end of line" : "'" + word + "'") + ": " + reason;
    }
}
