package slash32.net;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Whole numbers from {@code first} to {@code last}, both of them in it: VNIs or VLANs that somebody may use. Reads
/// {@code 5000-5999}, or {@code 7000} for one alone.
///
/// @param first 0 or more
/// @param last {@code first} or more
public record NumberRange(int first, int last) {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(?:-([0-9]{1,9}))?");

    public NumberRange {
        if (first < 0 || last < first) {
            throw new IllegalArgumentException("a range goes upwards from 0 or more, was " + first + "-" + last);
        }
    }

    /// Reads what {@link #toString} writes.
    ///
    /// @throws IllegalArgumentException if {@code text} is no range
    public static NumberRange parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("not a range such as 5000-5999 or 7000: '" + text + "'");
        }
        int first = Integer.parseInt(matcher.group(1));
        return new NumberRange(first, matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2)));
    }

    /// True if all of {@code other} is in one of {@code ranges}.
    public static boolean covers(List<NumberRange> ranges, NumberRange other) {
        return ranges.stream().anyMatch(range -> range.first <= other.first && other.last <= range.last);
    }

    /// True if {@code number} is in one of {@code ranges}.
    public static boolean contains(List<NumberRange> ranges, int number) {
        return covers(ranges, new NumberRange(number, number));
    }

    @Override
    public String toString() {
        return first == last ? Integer.toString(first) : first + "-" + last;
    }
}
