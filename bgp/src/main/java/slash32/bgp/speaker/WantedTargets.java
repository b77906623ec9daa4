package slash32.bgp.speaker;

import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.Nlri;
import slash32.bgp.wire.PathAttributes;

/// The route targets that a peer wants (RFC 4684 §4): single ones, and all that have their first bits in common.
record WantedTargets(Set<ExtendedCommunity> targets, Set<Range> ranges) {
    static final WantedTargets NONE = new WantedTargets(Set.of(), Set.of());

    private static final int ORIGIN_BITS = 32;
    private static final int TARGET_BITS = 64;

    WantedTargets {
        targets = Set.copyOf(targets);
        ranges = Set.copyOf(ranges);
    }

    /// Targets whose first {@code bits} are those of {@code value}; with none, also routes without a target.
    record Range(int bits, long value) implements Comparable<Range> {
        boolean covers(ExtendedCommunity target) {
            return bits == 0 || (target.value() ^ value) >>> (TARGET_BITS - bits) == 0;
        }

        @Override
        public int compareTo(Range other) {
            return bits != other.bits ? Integer.compare(bits, other.bits) : Long.compareUnsigned(value, other.value);
        }
    }

    static WantedTargets of(Collection<Nlri.Membership> memberships) {
        var targets = new HashSet<ExtendedCommunity>();
        var ranges = new TreeSet<Range>();
        for (Nlri.Membership membership : memberships) {
            int bits = Math.max(0, membership.bits() - ORIGIN_BITS);
            if (bits == TARGET_BITS) {
                targets.add(membership.target());
            } else {
                ranges.add(new Range(bits, membership.target().value()));
            }
        }
        return new WantedTargets(targets, ranges);
    }

    /// True if the peer is to know a route with these attributes (RFC 4684 §6).
    boolean matches(PathAttributes attributes) {
        for (Range range : ranges) {
            if (range.bits() == 0) {
                return true;
            }
        }
        for (ExtendedCommunity community : attributes.extendedCommunities()) {
            if (community.isImportTarget() && matches(community)) {
                return true;
            }
        }
        return false;
    }

    private boolean matches(ExtendedCommunity target) {
        if (targets.contains(target)) {
            return true;
        }
        for (Range range : ranges) {
            if (range.covers(target)) {
                return true;
            }
        }
        return false;
    }

    /// The targets that are in one of the two and not in the other.
    Set<ExtendedCommunity> unlike(WantedTargets other) {
        var unlike = new HashSet<ExtendedCommunity>();
        targets.stream().filter(target -> !other.targets.contains(target)).forEach(unlike::add);
        other.targets.stream().filter(target -> !targets.contains(target)).forEach(unlike::add);
        return unlike;
    }
}
