package slash32.bgp.wire;

import java.util.Map;
import slash32.net.Asn;
import slash32.net.Bytes;

/// A capability of an OPEN (RFC 5492).
public sealed interface Capability {
    int CODE_MULTIPROTOCOL = 1;
    int CODE_ROUTE_REFRESH = 2;
    int CODE_ROLE = 9;
    int CODE_GRACEFUL_RESTART = 64;
    int CODE_FOUR_OCTET_AS = 65;
    int CODE_ENHANCED_ROUTE_REFRESH = 70;
    int CODE_LONG_LIVED_GRACEFUL_RESTART = 71;

    /// RFC 4760 §8.
    record Multiprotocol(AddressFamily family) implements Capability {}

    /// RFC 2918 §2.
    record RouteRefresh() implements Capability {}

    /// RFC 6793 §3. The AS of an OPEN is this when it is there.
    record FourOctetAs(Asn asn) implements Capability {}

    /// RFC 4724 §3.
    ///
    /// @param restarted the Restart State bit: the speaker has restarted and waits for End-of-RIB
    /// @param notifications the N bit: a NOTIFICATION but a Hard Reset is a restart too (RFC 8538 §2)
    /// @param restartSeconds 0 to 4095
    /// @param forwarding for each family whether the forwarding state was kept
    record GracefulRestart(
            boolean restarted, boolean notifications, int restartSeconds, Map<AddressFamily, Boolean> forwarding)
            implements Capability {
        public GracefulRestart {
            if (restartSeconds < 0 || restartSeconds > 4095) {
                throw new IllegalArgumentException("the restart time must be 0 to 4095 s, was " + restartSeconds);
            }
            forwarding = Map.copyOf(forwarding);
        }
    }

    /// RFC 7313 §3.1.
    record EnhancedRouteRefresh() implements Capability {}

    /// RFC 9494 §3.
    record LongLivedGracefulRestart(Map<AddressFamily, LongLived> families) implements Capability {
        public LongLivedGracefulRestart {
            families = Map.copyOf(families);
        }
    }

    /// A family of {@link LongLivedGracefulRestart}.
    ///
    /// @param forwarding whether the forwarding state was kept
    /// @param staleSeconds 0 to 16777215
    record LongLived(boolean forwarding, int staleSeconds) {
        public LongLived {
            if (staleSeconds < 0 || staleSeconds > 0xff_ffff) {
                throw new IllegalArgumentException("the stale time must be 0 to 16777215 s, was " + staleSeconds);
            }
        }
    }

    /// What its sender is to us (RFC 9234 §4.1).
    record Role(PeerRole role) implements Capability {}

    /// One that we do not use, as bytes.
    record Unknown(int code, Bytes value) implements Capability {}
}
