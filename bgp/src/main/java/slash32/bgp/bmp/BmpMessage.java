package slash32.bgp.bmp;

import java.nio.charset.StandardCharsets;
import java.util.List;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// A BMP message (RFC 7854 §4).
public sealed interface BmpMessage {
    int ROUTE_MONITORING = 0;
    int STATISTICS_REPORT = 1;
    int PEER_DOWN = 2;
    int PEER_UP = 3;
    int INITIATION = 4;
    int TERMINATION = 5;
    int ROUTE_MIRRORING = 6;

    /// A piece of information, of a type that depends on the message.
    record Tlv(int type, Bytes value) {
        /// Of an Initiation (RFC 7854 §4.4).
        public static final int SYSTEM_DESCRIPTION = 1;
        public static final int SYSTEM_NAME = 2;
        /// Of a Loc-RIB's Peer Up (RFC 9069 §5.2.1).
        public static final int TABLE_NAME = 3;
        /// Of a Termination (RFC 7854 §4.5).
        public static final int REASON = 1;

        public static Tlv text(int type, String text) {
            return new Tlv(type, Bytes.copyOf(text.getBytes(StandardCharsets.UTF_8)));
        }
    }

    /// Routes of a RIB, as a BGP UPDATE with its header (RFC 7854 §4.6).
    record RouteMonitoring(PeerHeader peer, Bytes update) implements BmpMessage {}

    /// RFC 7854 §4.8.
    record StatisticsReport(PeerHeader peer, List<Statistic> statistics) implements BmpMessage {
        public StatisticsReport {
            statistics = List.copyOf(statistics);
        }
    }

    /// RFC 7854 §4.9.
    ///
    /// @param reason {@link #LOCAL_NOTIFICATION} and so on
    /// @param content the NOTIFICATION, an FSM event of two octets, TLVs, or nothing, as the reason has it
    record PeerDown(PeerHeader peer, int reason, Bytes content) implements BmpMessage {
        public static final int LOCAL_NOTIFICATION = 1;
        public static final int LOCAL_SILENT = 2;
        public static final int REMOTE_NOTIFICATION = 3;
        public static final int REMOTE_SILENT = 4;
        /// Of the Loc-RIB (RFC 9069 §5.3).
        public static final int LOCAL_SYSTEM_CLOSED = 6;
    }

    /// RFC 7854 §4.10.
    ///
    /// @param local our address of the session; 0.0.0.0 for the Loc-RIB
    /// @param sentOpen the OPEN with its header
    record PeerUp(
            PeerHeader peer,
            IpAddress local,
            int localPort,
            int peerPort,
            Bytes sentOpen,
            Bytes receivedOpen,
            List<Tlv> information)
            implements BmpMessage {
        public PeerUp {
            information = List.copyOf(information);
        }
    }

    /// RFC 7854 §4.3.
    record Initiation(List<Tlv> information) implements BmpMessage {
        public Initiation {
            information = List.copyOf(information);
        }
    }

    /// RFC 7854 §4.5.
    record Termination(List<Tlv> information) implements BmpMessage {
        /// Of {@link Tlv#REASON}: by an operator; it may come again.
        public static final int CLOSED = 0;

        public Termination {
            information = List.copyOf(information);
        }
    }

    /// Messages as they came (RFC 7854 §4.7).
    record RouteMirroring(PeerHeader peer, List<Tlv> information) implements BmpMessage {
        public RouteMirroring {
            information = List.copyOf(information);
        }
    }

    /// Of a type that we don't know: to be ignored (RFC 7854 §4.1).
    record Unknown(int type, Bytes body) implements BmpMessage {}
}
