package slash32.agent.config;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Guesses what a misspelled word was meant to be.
public final class Spelling {
    private static final int MOST_EDITS = 2;

    private Spelling() {}

    /// The known word with the fewest edits from {@code word}, letters' case aside; null if none is near.
    public static @Nullable String nearest(String word, List<String> known) {
        return known.stream()
                .filter(candidate -> edits(word, candidate) <= Math.min(MOST_EDITS, candidate.length() / 2))
                .min(Comparator.comparingInt(candidate -> edits(word, candidate)))
                .orElse(null);
    }

    /// The Levenshtein distance, letters' case aside.
    static int edits(String left, String right) {
        int[] row = new int[right.length() + 1];
        for (int j = 0; j <= right.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= left.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.length(); j++) {
                int replaced = diagonal + (same(left.charAt(i - 1), right.charAt(j - 1)) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[right.length()];
    }

    private static boolean same(char a, char b) {
        return Character.toLowerCase(a) == Character.toLowerCase(b);
    }
}
