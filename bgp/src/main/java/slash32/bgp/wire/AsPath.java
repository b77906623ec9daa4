package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import slash32.net.Asn;

/// The AS_PATH attribute (RFC 4271 §5.1.2), in four-octet numbers.
public record AsPath(List<Segment> segments) {
    public static final AsPath EMPTY = new AsPath(List.of());

    /// Segment types (RFC 4271 §4.3, RFC 5065 §3).
    public enum SegmentType {
        SET(1),
        SEQUENCE(2),
        CONFED_SEQUENCE(3),
        CONFED_SET(4);

        private final int code;

        SegmentType(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        boolean isConfederation() {
            return code > 2;
        }

        static @Nullable SegmentType of(int code) {
            return switch (code) {
                case 1 -> SET;
                case 2 -> SEQUENCE;
                case 3 -> CONFED_SEQUENCE;
                case 4 -> CONFED_SET;
                default -> null;
            };
        }
    }

    /// One segment.
    ///
    /// @param numbers 1 to 255 of them; an AS number of 0 is possible, since a peer can send it
    public record Segment(SegmentType type, List<Long> numbers) {
        public Segment {
            numbers = List.copyOf(numbers);
        }

        @Override
        public String toString() {
            String text = numbers.stream().map(String::valueOf).collect(Collectors.joining(" "));
            return switch (type) {
                case SEQUENCE -> text;
                case SET -> "{" + text + "}";
                case CONFED_SEQUENCE -> "(" + text + ")";
                case CONFED_SET -> "[" + text + "]";
            };
        }
    }

    public AsPath {
        segments = List.copyOf(segments);
    }

    /// Its length as the decision process counts it: a set is one (RFC 4271 §9.1.2.2 a), confederations are none
    /// (RFC 5065 §5.3).
    public int length() {
        int length = 0;
        for (Segment segment : segments) {
            length += switch (segment.type()) {
                case SEQUENCE -> segment.numbers().size();
                case SET -> 1;
                case CONFED_SEQUENCE, CONFED_SET -> 0;
            };
        }
        return length;
    }

    public boolean contains(Asn asn) {
        return segments.stream().anyMatch(segment -> segment.numbers().contains(asn.value()));
    }

    /// The AS that the route was received from; 0 for a path that starts with a set or is empty.
    public long neighborAs() {
        return !segments.isEmpty() && segments.getFirst().type() == SegmentType.SEQUENCE
                ? segments.getFirst().numbers().getFirst()
                : 0;
    }

    /// The path with {@code asn} before it (RFC 4271 §5.1.2 b).
    public AsPath prepend(Asn asn) {
        var longer = new ArrayList<>(segments);
        Segment first = segments.isEmpty() ? null : segments.getFirst();
        if (first != null
                && first.type() == SegmentType.SEQUENCE
                && first.numbers().size() < 255) {
            var numbers = new ArrayList<Long>(first.numbers().size() + 1);
            numbers.add(asn.value());
            numbers.addAll(first.numbers());
            longer.set(0, new Segment(SegmentType.SEQUENCE, numbers));
        } else {
            longer.addFirst(new Segment(SegmentType.SEQUENCE, List.of(asn.value())));
        }
        return new AsPath(longer);
    }

    @Override
    public String toString() {
        return segments.stream().map(Segment::toString).collect(Collectors.joining(" "));
    }
}
