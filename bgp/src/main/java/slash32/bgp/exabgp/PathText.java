package slash32.bgp.exabgp;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// AS_PATH and AS4_PATH as ExaBGP prints them: before 5.0.0 all numbers of a segment type in one list, since then
/// each segment by itself.
final class PathText {
    private static final int SET = 1;
    private static final int SEQUENCE = 2;
    private static final int CONFED_SEQUENCE = 3;
    private static final int CONFED_SET = 4;
    private static final String[] ELEMENTS = {"", "as-set", "as-sequence", "as-confed-sequence", "as-confed-set"};

    private record Segment(int type, List<Long> numbers) {}

    private final List<Segment> segments = new ArrayList<>();

    private PathText() {}

    static PathText decode(Octets in, boolean fourOctets) {
        var path = new PathText();
        while (in.hasMore()) {
            int type = in.u8();
            int count = in.u8();
            if (type < SET || type > CONFED_SET) {
                in.fail(3, 11);
            }
            var numbers = new ArrayList<Long>();
            for (int i = 0; i < count && in.refusal() == null; i++) {
                if (in.remaining() < (fourOctets ? 4 : 2)) {
                    in.fail(3, 11);
                }
                numbers.add(fourOctets ? in.u32() : in.u16());
            }
            if (in.refusal() == null) {
                path.segments.add(new Segment(type, numbers));
            }
        }
        return path;
    }

    private List<Long> all(int type) {
        return segments.stream()
                .filter(segment -> segment.type() == type)
                .flatMap(segment -> segment.numbers().stream())
                .toList();
    }

    /// This path with the numbers of {@code four} in their places, as ExaBGP puts them there: sequences and sets
    /// apart, confederations left out.
    PathText merged(PathText four) {
        var merged = new PathText();
        for (int type : new int[] {SEQUENCE, SET}) {
            List<Long> two = all(type);
            List<Long> other = four.all(type);
            List<Long> numbers;
            if (two.size() < other.size()) {
                numbers = type == SEQUENCE ? two : other;
            } else {
                numbers = new ArrayList<>(other.isEmpty() ? List.of() : two.subList(0, two.size() - other.size()));
                numbers.addAll(other);
            }
            if (!numbers.isEmpty()) {
                merged.segments.add(new Segment(type, numbers));
            }
        }
        return merged;
    }

    /// "as-path" and what goes with it.
    String json(ApiVersion api) {
        if (api.isAtLeast(ApiVersion.V5)) {
            var text = new ArrayList<String>();
            for (int i = 0; i < segments.size(); i++) {
                Segment segment = segments.get(i);
                text.add("\"" + i + "\": { \"element\": \"" + ELEMENTS[segment.type()] + "\", \"value\": "
                        + list(segment.numbers()) + " }");
            }
            return "\"as-path\": { " + String.join(", ", text) + " }";
        }
        var text = new StringBuilder("\"as-path\": ").append(list(all(SEQUENCE)));
        if (!all(SET).isEmpty()) {
            text.append(", \"as-set\": ").append(list(all(SET)));
        }
        text.append(", \"confederation-path\": ").append(list(all(CONFED_SEQUENCE)));
        if (!all(CONFED_SET).isEmpty()) {
            text.append(", \"confederation-set\": ").append(list(all(CONFED_SET)));
        }
        return text.toString();
    }

    private static String list(List<Long> numbers) {
        return numbers.isEmpty()
                ? "[]"
                : numbers.stream().map(String::valueOf).collect(Collectors.joining(", ", "[ ", " ]"));
    }

    /// As a configuration has it: "[ 1 2 ( 3 4 ) ]".
    @Override
    public String toString() {
        String text = string(all(SEQUENCE), all(SET));
        boolean confederation =
                !all(CONFED_SEQUENCE).isEmpty() || !all(CONFED_SET).isEmpty();
        return confederation ? text + string(all(CONFED_SEQUENCE), all(CONFED_SET)) : text;
    }

    private static String string(List<Long> sequence, List<Long> set) {
        String head = sequence.stream().map(number -> number + " ").collect(Collectors.joining());
        String tail = set.stream().map(String::valueOf).collect(Collectors.joining(" "));
        return set.isEmpty() ? "[ " + head + "]" : "[ " + head + "( " + tail + " )" + (sequence.isEmpty() ? "]" : " ]");
    }
}
