package slash32.bgp.bmp;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import slash32.bgp.bmp.BmpMessage.PeerDown;
import slash32.bgp.bmp.BmpMessage.Tlv;
import slash32.bgp.wire.Framer;
import slash32.bgp.wire.Message;
import slash32.bgp.wire.Reader;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Finds and decodes BMP messages in a stream. A router's faults are values: nothing it sends is an exception.
///
/// There is no way to go on behind a malformed message (RFC 7854 §3.2: BMP has no error messages; the station closes).
public final class BmpDecoder {
    /// No message is as long: a BGP message has 65535 octets at most, a Peer Up two of them.
    private static final int BYTES_MAX = 1 << 20;

    private static final int ADDRESS_BYTES = 16;

    private BmpDecoder() {}

    /// What the first octets of a stream are.
    public sealed interface Decoded {
        /// A message, and how many octets it took.
        record Accepted(BmpMessage message, int length) implements Decoded {}

        /// Not a whole message yet.
        record Incomplete() implements Decoded {}

        /// No message, or one that contradicts itself; says why.
        record Malformed(String reason) implements Decoded {}
    }

    /// Looks at {@code bytes} between {@code from} and {@code to}.
    public static Decoded decode(byte[] bytes, int from, int to) {
        var in = new Reader(bytes, from, to);
        if (in.remaining() < BmpEncoder.HEADER_BYTES) {
            boolean other = in.remaining() > 0 && bytes[from] != BmpEncoder.VERSION;
            return other ? malformed("version " + (bytes[from] & 0xff)) : new Decoded.Incomplete();
        }
        int version = in.u8();
        long length = in.u32();
        if (version != BmpEncoder.VERSION) {
            return malformed("version " + version);
        }
        if (length < BmpEncoder.HEADER_BYTES || length > BYTES_MAX) {
            return malformed("a message of " + length + " octets");
        }
        if (length > to - from) {
            return new Decoded.Incomplete();
        }
        int type = in.u8();
        BmpMessage message = body(type, in.slice((int) length - BmpEncoder.HEADER_BYTES));
        return message == null
                ? malformed("a message of type " + type + " whose lengths don't fit")
                : new Decoded.Accepted(message, (int) length);
    }

    private static Decoded malformed(String reason) {
        return new Decoded.Malformed(reason);
    }

    private static @Nullable BmpMessage body(int type, Reader in) {
        return switch (type) {
            case BmpMessage.INITIATION -> information(tlvs(in), BmpMessage.Initiation::new);
            case BmpMessage.TERMINATION -> information(tlvs(in), BmpMessage.Termination::new);
            case BmpMessage.ROUTE_MONITORING,
                    BmpMessage.STATISTICS_REPORT,
                    BmpMessage.PEER_DOWN,
                    BmpMessage.PEER_UP,
                    BmpMessage.ROUTE_MIRRORING -> ofPeer(type, in);
            default -> new BmpMessage.Unknown(type, in.rest());
        };
    }

    private interface Informed {
        BmpMessage with(List<Tlv> information);
    }

    private static @Nullable BmpMessage information(@Nullable List<Tlv> tlvs, Informed message) {
        return tlvs == null ? null : message.with(tlvs);
    }

    private static PeerHeader header(Reader in) {
        int type = in.u8();
        int flags = in.u8();
        long distinguisher = in.i64();
        IpAddress address =
                PeerHeader.address(type, flags, in.slice(ADDRESS_BYTES).rest());
        int kept = address.isIpv4() ? flags : flags & ~PeerHeader.IPV6;
        return new PeerHeader(type, kept, distinguisher, address, in.u32(), in.i32(), in.u32(), in.u32());
    }

    private static @Nullable BmpMessage ofPeer(int type, Reader in) {
        if (in.remaining() < PeerHeader.BYTES) {
            return null;
        }
        PeerHeader peer = header(in);
        return switch (type) {
            case BmpMessage.ROUTE_MONITORING -> routes(peer, in);
            case BmpMessage.STATISTICS_REPORT -> statistics(peer, in);
            case BmpMessage.PEER_DOWN -> down(peer, in);
            case BmpMessage.PEER_UP -> up(peer, in);
            default -> information(tlvs(in), tlvs -> new BmpMessage.RouteMirroring(peer, tlvs));
        };
    }

    private static @Nullable BmpMessage routes(PeerHeader peer, Reader in) {
        Bytes update = message(in, Message.UPDATE);
        return update == null || in.remaining() > 0 ? null : new BmpMessage.RouteMonitoring(peer, update);
    }

    private static @Nullable BmpMessage statistics(PeerHeader peer, Reader in) {
        if (in.remaining() < 4) {
            return null;
        }
        long count = in.u32();
        List<Tlv> tlvs = tlvs(in);
        if (tlvs == null || tlvs.size() != count) {
            return null;
        }
        return new BmpMessage.StatisticsReport(
                peer,
                tlvs.stream().map(tlv -> new Statistic(tlv.type(), tlv.value())).toList());
    }

    private static @Nullable BmpMessage down(PeerHeader peer, Reader in) {
        if (in.remaining() < 1) {
            return null;
        }
        int reason = in.u8();
        Bytes content = in.slice(in.remaining()).rest();
        var inside = new Reader(content.toArray(), 0, content.length());
        boolean fits = content.length() == 0 // some routers leave it out
                || switch (reason) {
                    case PeerDown.LOCAL_NOTIFICATION, PeerDown.REMOTE_NOTIFICATION ->
                        message(inside, Message.NOTIFICATION) != null && inside.remaining() == 0;
                    case PeerDown.LOCAL_SILENT -> content.length() == 2;
                    case PeerDown.LOCAL_SYSTEM_CLOSED -> tlvs(inside) != null;
                    default -> true;
                };
        return fits ? new PeerDown(peer, reason, content) : null;
    }

    private static @Nullable BmpMessage up(PeerHeader peer, Reader in) {
        if (in.remaining() < ADDRESS_BYTES + 4) {
            return null;
        }
        Bytes field = in.slice(ADDRESS_BYTES).rest();
        int flags = peer.address().isIpv4() ? 0 : PeerHeader.IPV6;
        IpAddress local = PeerHeader.address(peer.type(), flags, field);
        int localPort = in.u16();
        int peerPort = in.u16();
        Bytes sent = message(in, Message.OPEN);
        Bytes received = sent == null ? null : message(in, Message.OPEN);
        List<Tlv> information = received == null ? null : tlvs(in);
        return sent == null || received == null || information == null
                ? null
                : new BmpMessage.PeerUp(peer, local, localPort, peerPort, sent, received, information);
    }

    /// The next octets as a BGP message of {@code wanted} type; null if they are none.
    private static @Nullable Bytes message(Reader in, int wanted) {
        return Framer.at(in, Framer.MAX_EXTENDED_BYTES) instanceof Framer.Frame.Whole(int type, int length)
                        && type == wanted
                ? in.slice(length).rest()
                : null;
    }

    /// All that remains as TLVs; null if it is none.
    private static @Nullable List<Tlv> tlvs(Reader in) {
        var tlvs = new ArrayList<Tlv>();
        while (in.remaining() > 0) {
            if (in.remaining() < 4) {
                return null;
            }
            int type = in.u16();
            int length = in.u16();
            if (length > in.remaining()) {
                return null;
            }
            tlvs.add(new Tlv(type, in.slice(length).rest()));
        }
        return tlvs;
    }
}
