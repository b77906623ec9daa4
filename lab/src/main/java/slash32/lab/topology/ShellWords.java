package slash32.lab.topology;

import java.util.ArrayList;
import java.util.List;

/// Splits a command line into words without a shell, as upstream does: quotes and backslashes, and `#` at the start
/// of a word begins a comment. Nothing is expanded.
public final class ShellWords {
    private final String text;
    private int next;

    private ShellWords(String text) {
        this.text = text;
    }

    /// Splits one line.
    ///
    /// @throws IllegalArgumentException if a quote isn't closed or a backslash is the last character
    public static List<String> split(String text) {
        return new ShellWords(text).words();
    }

    /// Quotes {@code word} for a POSIX shell, unless it needs none.
    public static String quote(String word) {
        return word.matches("[A-Za-z0-9_./:=@%+,-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }

    private List<String> words() {
        var words = new ArrayList<String>();
        while (skipBlanks()) {
            words.add(word());
        }
        return words;
    }

    /// Moves to the next word's start; false if there is none.
    private boolean skipBlanks() {
        while (next < text.length()) {
            char c = text.charAt(next);
            if (c == '#') {
                int newline = text.indexOf('\n', next);
                next = newline < 0 ? text.length() : newline;
            } else if (Character.isWhitespace(c)) {
                next++;
            } else {
                return true;
            }
        }
        return false;
    }

    private String word() {
        var word = new StringBuilder();
        while (next < text.length() && !Character.isWhitespace(text.charAt(next))) {
            char c = text.charAt(next++);
            switch (c) {
                case '\'' -> single(word);
                case '"' -> doubled(word);
                case '\\' -> word.append(escaped());
                default -> word.append(c);
            }
        }
        return word.toString();
    }

    private void single(StringBuilder word) {
        int end = text.indexOf('\'', next);
        if (end < 0) {
            throw unclosed('\'');
        }
        word.append(text, next, end);
        next = end + 1;
    }

    private void doubled(StringBuilder word) {
        while (next < text.length()) {
            char c = text.charAt(next++);
            if (c == '"') {
                return;
            }
            word.append(c == '\\' ? escaped() : c);
        }
        throw unclosed('"');
    }

    private char escaped() {
        if (next == text.length()) {
            throw new IllegalArgumentException("ends with a backslash: " + text);
        }
        return text.charAt(next++);
    }

    private IllegalArgumentException unclosed(char quote) {
        return new IllegalArgumentException("a " + quote + " is not closed: " + text);
    }
}
