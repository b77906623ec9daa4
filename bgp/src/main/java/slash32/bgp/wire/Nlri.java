package slash32.bgp.wire;

import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.net.Bytes;
import slash32.net.Prefix;

/// What a route is to (RFC 4271 §3.1), in every family that we know, and as bytes in others.
public sealed interface Nlri {
    /// The path identifier (RFC 7911 §3); 0 in a session without them.
    int pathId();

    /// Unicast and multicast (RFC 4760 §5).
    record Plain(int pathId, Prefix prefix) implements Nlri {}

    /// Labelled unicast (RFC 8277 §2).
    ///
    /// @param labels stack entries of three octets, the outermost first: the label in the upper 20 bits, bottom
    /// of stack in the lowest
    record Labeled(int pathId, List<Integer> labels, Prefix prefix) implements Nlri {
        /// What stands for the labels in a withdrawal (RFC 8277 §2.4).
        public static final int WITHDRAWN = 0x80_0000;

        public Labeled {
            labels = List.copyOf(labels);
        }
    }

    /// VPN-IPv4 and VPN-IPv6 (RFC 4364 §4.3.4, RFC 4659 §2).
    ///
    /// @param labels as in {@link Labeled}
    record Vpn(int pathId, List<Integer> labels, RouteDistinguisher distinguisher, Prefix prefix) implements Nlri {
        public Vpn {
            labels = List.copyOf(labels);
        }
    }

    /// Which route targets its sender wants (RFC 4684 §4).
    ///
    /// @param bits 0 for all, else 32 to 96: how many of the origin AS and the target count
    /// @param originAs 0 in the membership for all
    /// @param target an extended community, clear past {@code bits}
    record Membership(int pathId, int bits, long originAs, ExtendedCommunity target) implements Nlri {}

    /// A flow specification (RFC 8955 §4, RFC 8956 §3).
    ///
    /// @param ipv6 whose forms its prefixes have
    /// @param distinguisher of a VPN's (RFC 8955 §8); else null
    /// @param components by ascending type
    record FlowSpec(
            int pathId, boolean ipv6, @Nullable RouteDistinguisher distinguisher, List<FlowComponent> components)
            implements Nlri {
        public FlowSpec {
            components = List.copyOf(components);
        }
    }

    /// A route of EVPN (RFC 7432 §7, RFC 9136 §3).
    record Evpn(int pathId, EvpnRoute route) implements Nlri {}

    /// All NLRI of an attribute whose family we don't know, path identifiers and all.
    record Opaque(Bytes octets) implements Nlri {
        @Override
        public int pathId() {
            return 0;
        }
    }
}
