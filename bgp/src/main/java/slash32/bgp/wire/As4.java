package slash32.bgp.wire;

import java.util.ArrayList;
import java.util.List;

/// Puts the numbers of AS4_PATH back into a path that came through two-octet speakers (RFC 6793).
final class As4 {
    private As4() {}

    /// RFC 6793 §4.2.3: a two-octet path with the four-octet numbers put back, if AS4_PATH is no longer than it.
    static AsPath merge(AsPath path, AsPath four) {
        if (four.length() > path.length()) {
            return path;
        }
        int lead = path.length() - four.length();
        var merged = new ArrayList<AsPath.Segment>();
        for (AsPath.Segment segment : path.segments()) {
            if (lead == 0) {
                break;
            }
            boolean whole = segment.type() != AsPath.SegmentType.SEQUENCE
                    || segment.numbers().size() <= lead;
            merged.add(
                    whole
                            ? segment
                            : new AsPath.Segment(
                                    segment.type(), segment.numbers().subList(0, lead)));
            lead -= segment.type() == AsPath.SegmentType.SEQUENCE
                    ? Math.min(lead, segment.numbers().size())
                    : 1;
        }
        four.segments().forEach(segment -> append(merged, segment));
        return new AsPath(merged);
    }

    private static void append(List<AsPath.Segment> merged, AsPath.Segment segment) {
        AsPath.Segment last = merged.isEmpty() ? null : merged.getLast();
        if (last == null
                || last.type() != AsPath.SegmentType.SEQUENCE
                || segment.type() != AsPath.SegmentType.SEQUENCE
                || last.numbers().size() + segment.numbers().size() > 255) {
            merged.add(segment);
            return;
        }
        var numbers = new ArrayList<>(last.numbers());
        numbers.addAll(segment.numbers());
        merged.set(merged.size() - 1, new AsPath.Segment(AsPath.SegmentType.SEQUENCE, numbers));
    }
}
