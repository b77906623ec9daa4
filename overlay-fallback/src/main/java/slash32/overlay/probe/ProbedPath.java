package slash32.overlay.probe;

import java.util.Comparator;
import slash32.net.Ipv4Address;

/// A way to another node that is watched.
///
/// @param local this node's end: where its VXLAN comes from, or its underlay address
/// @param node the other end, likewise
public record ProbedPath(Kind kind, Ipv4Address local, Ipv4Address node) implements Comparable<ProbedPath> {
    private static final Comparator<ProbedPath> ORDER = Comparator.comparing(ProbedPath::kind)
            .thenComparing(ProbedPath::local)
            .thenComparing(ProbedPath::node);

    /// What goes that way.
    public enum Kind {
        /// Frames of segments, as they are.
        VXLAN("vxlan"),
        /// Packets to another site.
        ENCRYPTED("encrypted");

        private final String label;

        Kind(String label) {
            this.label = label;
        }

        public String label() {
            return label;
        }
    }

    @Override
    public int compareTo(ProbedPath other) {
        return ORDER.compare(this, other);
    }
}
