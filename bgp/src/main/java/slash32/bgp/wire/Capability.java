package slash32.bgp.wire;

import java.util.List;
import java.util.Map;
import slash32.net.Asn;
import slash32.net.Bytes;

/// A capability of an OPEN (RFC 5492).
public sealed interface Capability {
    int CODE_MULTIPROTOCOL = 1;
    int CODE_ROUTE_REFRESH = 2;
    int CODE_EXTENDED_NEXT_HOP = 5;
    int CODE_EXTENDED_MESSAGE = 6;
    int CODE_ROLE = 9;
    int CODE_GRACEFUL_RESTART = 64;
    int CODE_FOUR_OCTET_AS = 65;
    int CODE_ADD_PATH = 69;
    int CODE_ENHANCED_ROUTE_REFRESH = 70;
    int CODE_LONG_LIVED_GRACEFUL_RESTART = 71;
    int CODE_FQDN = 73;
    int CODE_SOFTWARE_VERSION = 75;

    /// RFC 4760 §8.
    record Multiprotocol(AddressFamily family) implements Capability {}

    /// RFC 2918 §2.
    record RouteRefresh() implements Capability {}

    /// RFC 8950 §4: families whose next hop may be an address of another kind.
    record ExtendedNextHop(List<Encoding> encodings) implements Capability {
        /// One family and what its next hop may be besides.
        ///
        /// @param nextHopAfi 2 for IPv6
        public record Encoding(AddressFamily family, int nextHopAfi) {}

        public ExtendedNextHop {
            encodings = List.copyOf(encodings);
        }
    }

    /// RFC 8654 §3: the sender takes messages of up to 65535 octets.
    record ExtendedMessage() implements Capability {}

    /// What its sender is to us (RFC 9234 §4.1).
    record Role(PeerRole role) implements Capability {}

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

    /// RFC 9494 §3.1.
    record LongLivedGracefulRestart(Map<AddressFamily, LongLived> families) implements Capability {
        public LongLivedGracefulRestart {
            families = Map.copyOf(families);
        }
    }

    /// What one family promises (RFC 9494 §3.1).
    ///
    /// @param forwarding the forwarding state was kept
    /// @param staleSeconds 0 to 16777215: how long its routes may be used after the restart time
    record LongLived(boolean forwarding, int staleSeconds) {
        public LongLived {
            if (staleSeconds < 0 || staleSeconds > 0xff_ffff) {
                throw new IllegalArgumentException("the stale time must be 0 to 16777215 s, was " + staleSeconds);
            }
        }
    }

    /// RFC 7911 §4: the families of which the sender can take or give more than one path of a prefix.
    record AddPath(Map<AddressFamily, AddPathMode> families) implements Capability {
        public AddPath {
            families = Map.copyOf(families);
        }
    }

    /// The Send/Receive field (RFC 7911 §4), as the sender of the OPEN sees it.
    enum AddPathMode {
        RECEIVE(1),
        SEND(2),
        BOTH(3);

        private final int code;

        AddPathMode(int code) {
            this.code = code;
        }

        int code() {
            return code;
        }

        public boolean receives() {
            return this != SEND;
        }

        public boolean sends() {
            return this != RECEIVE;
        }
    }

    /// RFC 7313 §3.1.
    record EnhancedRouteRefresh() implements Capability {}

    /// The sender's names, for people (draft-walton-bgp-hostname-capability).
    ///
    /// @param host at most 255 octets of UTF-8
    /// @param domain at most 255 octets of UTF-8, empty if there is none
    record Fqdn(String host, String domain) implements Capability {}

    /// What the sender runs, for people (draft-abraitis-bgp-version-capability).
    ///
    /// @param text at most 255 octets of UTF-8
    record SoftwareVersion(String text) implements Capability {}

    /// One that we do not use, or whose value is not what its document says, as bytes.
    record Unknown(int code, Bytes value) implements Capability {}
}
