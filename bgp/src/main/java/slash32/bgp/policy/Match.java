package slash32.bgp.policy;

import java.util.List;
import java.util.Set;
import slash32.bgp.wire.ExtendedCommunity;
import slash32.bgp.wire.LargeCommunity;
import slash32.bgp.wire.PathAttributes;
import slash32.net.Asn;
import slash32.net.IpAddress;
import slash32.net.Prefix;

/// What a rule asks of a route.
public sealed interface Match {
    /// In the place of a length: the route is of a family without prefixes, and none matches.
    int NO_PREFIX = -1;

    /// The prefix is in one of these ranges.
    record PrefixIn(List<PrefixRange> ranges) implements Match {
        public PrefixIn {
            ranges = List.copyOf(ranges);
        }
    }

    /// One of these RFC 1997 communities is there.
    record HasCommunity(Set<Integer> anyOf) implements Match {
        public HasCommunity {
            anyOf = Set.copyOf(anyOf);
        }
    }

    /// One of these extended communities is there.
    record HasExtendedCommunity(Set<ExtendedCommunity> anyOf) implements Match {
        public HasExtendedCommunity {
            anyOf = Set.copyOf(anyOf);
        }
    }

    /// One of these large communities is there.
    record HasLargeCommunity(Set<LargeCommunity> anyOf) implements Match {
        public HasLargeCommunity {
            anyOf = Set.copyOf(anyOf);
        }
    }

    /// The AS_PATH has this number anywhere.
    record AsPathHas(Asn asn) implements Match {}

    /// The AS_PATH begins with this number: the neighbour's.
    record AsPathFrom(Asn asn) implements Match {}

    /// The AS_PATH is at most so long, as the decision process counts (RFC 4271 §9.1.2.2 a).
    record AsPathAtMost(int length) implements Match {}

    /// The next hop is in one of these prefixes.
    record NextHopIn(List<Prefix> prefixes) implements Match {
        public NextHopIn {
            prefixes = List.copyOf(prefixes);
        }
    }

    /// True if a route has it; a prefix in the form of {@link slash32.bgp.wire.NlriSlice.Visitor}.
    default boolean holds(boolean ipv4, long high, long low, int length, PathAttributes path) {
        return switch (this) {
            case PrefixIn(var ranges) -> {
                for (PrefixRange range : ranges) {
                    if (range.covers(ipv4, high, low, length)) {
                        yield true;
                    }
                }
                yield false;
            }
            case HasCommunity(var anyOf) -> path.communities().stream().anyMatch(anyOf::contains);
            case HasExtendedCommunity(var anyOf) ->
                path.extendedCommunities().stream().anyMatch(anyOf::contains);
            case HasLargeCommunity(var anyOf) ->
                path.largeCommunities().stream().anyMatch(anyOf::contains);
            case AsPathHas(Asn asn) -> path.asPath().contains(asn);
            case AsPathFrom(Asn asn) -> path.asPath().neighborAs() == asn.value();
            case AsPathAtMost(int most) -> path.asPath().length() <= most;
            case NextHopIn(var prefixes) -> {
                IpAddress nextHop = path.nextHop();
                yield nextHop != null && prefixes.stream().anyMatch(prefix -> prefix.covers(nextHop.hostPrefix()));
            }
        };
    }
}
