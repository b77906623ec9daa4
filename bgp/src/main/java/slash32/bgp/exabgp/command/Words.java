package slash32.bgp.exabgp.command;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import slash32.net.IpAddress;
import slash32.net.Ipv4Address;

/// A cursor over the words of a line whose first fault sticks: after it there are no more words, so that a parser need
/// ask only once.
final class Words {
    private record Word(String text, int column) {}

    private static final String ALONE = "[](),;{}";
    private static final long U32_MAX = 0xffff_ffffL;

    private final List<Word> words = new ArrayList<>();
    private final int end;
    private int at;
    private @Nullable Invalid fault;

    Words(String line) {
        end = line.length() + 1;
        int i = 0;
        while (i < line.length()) {
            char c = line.charAt(i);
            int from = i++;
            if (Character.isWhitespace(c)) {
                continue;
            }
            if (c == '"' || c == '\'') {
                int close = line.indexOf(c, i);
                if (close < 0) {
                    words.add(new Word(line.substring(from), from + 1));
                    at = words.size();
                    fail("the quote is not closed");
                    return;
                }
                words.add(new Word(line.substring(i, close), from + 1));
                i = close + 1;
            } else if (ALONE.indexOf(c) >= 0) {
                words.add(new Word(String.valueOf(c), from + 1));
            } else {
                while (i < line.length()
                        && !Character.isWhitespace(line.charAt(i))
                        && ALONE.indexOf(line.charAt(i)) < 0) {
                    i++;
                }
                words.add(new Word(line.substring(from, i), from + 1));
            }
        }
    }

    @Nullable
    Invalid fault() {
        return fault;
    }

    boolean hasMore() {
        return fault == null && at < words.size();
    }

    /// The next word, "" at the end.
    String peek() {
        return hasMore() ? words.get(at).text : "";
    }

    /// The next word, which is then behind us; "" at the end.
    String next() {
        String word = peek();
        if (hasMore()) {
            at++;
        } else if (fault == null) {
            at = words.size() + 1;
        }
        return word;
    }

    /// Goes past the next word if it is this one.
    boolean take(String word) {
        boolean taken = hasMore() && peek().equals(word);
        if (taken) {
            at++;
        }
        return taken;
    }

    /// The next word must be this one.
    void expect(String word) {
        if (!next().equals(word)) {
            fail("'" + word + "' is wanted here");
        }
    }

    /// True if {@code word} is still to come.
    boolean has(String word) {
        return words.subList(Math.min(at, words.size()), words.size()).stream()
                .anyMatch(each -> each.text.equals(word));
    }

    /// The last word of the line, "" if there is none.
    String last() {
        return words.isEmpty() ? "" : words.getLast().text;
    }

    /// The word gone past last is wrong. Only the first fault counts.
    void fail(String reason) {
        if (fault == null) {
            boolean past = at == 0 || at > words.size();
            Word word = past ? new Word("", end) : words.get(at - 1);
            fault = new Invalid(word.column, word.text, reason);
        }
    }

    /// A decimal number; 0 if there is none.
    long number(long max, String what) {
        String word = next();
        long number = decimal(word, max);
        if (number < 0) {
            fail(what + " is a number of 0 to " + max);
        }
        return Math.max(0, number);
    }

    long u32(String what) {
        return number(U32_MAX, what);
    }

    int u16(String what) {
        return (int) number(0xffff, what);
    }

    /// -1 if {@code text} is no decimal number from 0 to {@code max}.
    static long decimal(String text, long max) {
        if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        long number = Long.parseLong(text);
        return number <= max ? number : -1;
    }

    Ipv4Address ipv4(String what) {
        Ipv4Address address = parsed(Ipv4Address::parse, what + " is an IPv4 address");
        return address == null ? new Ipv4Address(0) : address;
    }

    IpAddress address(String what) {
        IpAddress address = parsed(IpAddress::parse, what + " is an address");
        return address == null ? new Ipv4Address(0) : address;
    }

    /// The next word as {@code parser} understands it; null and a fault if it throws IllegalArgumentException.
    <T> @Nullable T parsed(Function<String, T> parser, String wanted) {
        String word = next();
        T value = null;
        try {
            value = word.isEmpty() ? null : parser.apply(word);
        } catch (IllegalArgumentException _) {
            // said below
        }
        if (value == null) {
            fail(wanted);
        }
        return value;
    }

    /// One value, or some between brackets.
    <T> List<T> listOf(Function<Words, T> one) {
        var list = new ArrayList<T>();
        if (!take("[")) {
            list.add(one.apply(this));
            return list;
        }
        while (hasMore() && !take("]")) {
            list.add(one.apply(this));
        }
        if (!closed()) {
            next();
            fail("']' is wanted here");
        }
        return list;
    }

    private boolean closed() {
        return fault != null
                || (at > 0 && at <= words.size() && words.get(at - 1).text.equals("]"));
    }
}
