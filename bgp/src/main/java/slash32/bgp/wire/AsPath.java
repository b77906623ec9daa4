package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import slash32.net.Asn;

/// An AS_PATH (RFC 4271 §5.1.2), with four-octet numbers whatever the session's width.
public record AsPath(List<Segment> segments) {
    public static final AsPath EMPTY = new AsPath(List.of());

    /// How a segment's numbers are to be read; the constants are in the order of their wire values, 1 to 4.
    public enum Kind {
        SET,
        SEQUENCE,
        /// RFC 5065 §3.
        CONFED_SEQUENCE,
        CONFED_SET;

        boolean isConfederation() {
            return this == CONFED_SEQUENCE || this == CONFED_SET;
        }
    }

    /// A run of numbers to be read in one way.
    ///
    /// @param asns at least one; more than 255 are split when encoded
    public record Segment(Kind kind, List<Asn> asns) {
        public Segment {
            if (asns.isEmpty()) {
                throw new IllegalArgumentException("an AS_PATH segment has at least one AS number (RFC 7606 §7.2)");
            }
            asns = List.copyOf(asns);
        }
    }

    public AsPath {
        segments = List.copyOf(segments);
    }

    /// One AS_SEQUENCE, or the empty path for none.
    public static AsPath sequence(Asn... asns) {
        return asns.length == 0 ? EMPTY : new AsPath(List.of(new Segment(Kind.SEQUENCE, List.of(asns))));
    }

    /// The length that routes are compared by: a set counts one (RFC 4271 §9.1.2.2), confederation segments none
    /// (RFC 5065 §5.3).
    public int length() {
        int length = 0;
        for (Segment segment : segments) {
            length += switch (segment.kind) {
                case SEQUENCE -> segment.asns.size();
                case SET -> 1;
                case CONFED_SEQUENCE, CONFED_SET -> 0;
            };
        }
        return length;
    }

    /// True if {@code asn} is anywhere in the path (RFC 4271 §9.1.2: such a route is a loop to that AS).
    public boolean contains(Asn asn) {
        return segments.stream().anyMatch(segment -> segment.asns.contains(asn));
    }

    /// The AS that the route was learned from: the first number of a leading AS_SEQUENCE.
    public Optional<Asn> neighbor() {
        for (Segment segment : segments) {
            if (segment.kind == Kind.SEQUENCE) {
                return Optional.of(segment.asns.getFirst());
            }
            if (!segment.kind.isConfederation()) {
                return Optional.empty();
            }
        }
        return Optional.empty();
    }

    /// This path with {@code asn} in front, as toward an external peer (RFC 4271 §5.1.2 b).
    public AsPath prepend(Asn asn) {
        var longer = new ArrayList<>(segments);
        if (!longer.isEmpty() && longer.getFirst().kind == Kind.SEQUENCE) {
            var asns = new ArrayList<Asn>();
            asns.add(asn);
            asns.addAll(longer.getFirst().asns);
            longer.set(0, new Segment(Kind.SEQUENCE, asns));
        } else {
            longer.addFirst(new Segment(Kind.SEQUENCE, List.of(asn)));
        }
        return new AsPath(longer);
    }

    /// "65001 65002 {65003,65004} (65010)": sets in braces, confederation sequences in parentheses.
    @Override
    public String toString() {
        return segments.stream().map(AsPath::text).collect(Collectors.joining(" "));
    }

    private static String text(Segment segment) {
        String separator = segment.kind == Kind.SET || segment.kind == Kind.CONFED_SET ? "," : " ";
        String asns = segment.asns.stream().map(Asn::toString).collect(Collectors.joining(separator));
        return switch (segment.kind) {
            case SEQUENCE -> asns;
            case SET -> "{" + asns + "}";
            case CONFED_SEQUENCE -> "(" + asns + ")";
            case CONFED_SET -> "[" + asns + "]";
        };
    }
}
