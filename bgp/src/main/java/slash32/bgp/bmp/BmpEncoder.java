package slash32.bgp.bmp;

import java.io.ByteArrayOutputStream;
import java.util.List;
import slash32.bgp.bmp.BmpMessage.Tlv;
import slash32.net.Bytes;
import slash32.net.IpAddress;

/// Encodes BMP messages. Each result is a whole message with its common header (RFC 7854 §4.1), a fresh array.
public final class BmpEncoder {
    static final int VERSION = 3;
    static final int HEADER_BYTES = 6;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream(256);

    private BmpEncoder() {}

    public static byte[] encode(BmpMessage message) {
        var encoder = new BmpEncoder();
        encoder.number(5, 0); // version and length, known at the end
        encoder.body(message);
        byte[] bytes = encoder.out.toByteArray();
        bytes[0] = VERSION;
        for (int i = 0; i < 4; i++) {
            bytes[1 + i] = (byte) (bytes.length >>> (24 - 8 * i));
        }
        return bytes;
    }

    private void body(BmpMessage message) {
        switch (message) {
            case BmpMessage.RouteMonitoring(PeerHeader peer, Bytes update) -> {
                of(BmpMessage.ROUTE_MONITORING, peer);
                octets(update);
            }
            case BmpMessage.StatisticsReport(PeerHeader peer, List<Statistic> statistics) -> {
                of(BmpMessage.STATISTICS_REPORT, peer);
                number(4, statistics.size());
                statistics.forEach(statistic -> tlv(statistic.type(), statistic.value()));
            }
            case BmpMessage.PeerDown(PeerHeader peer, int reason, Bytes content) -> {
                of(BmpMessage.PEER_DOWN, peer);
                number(1, reason);
                octets(content);
            }
            case BmpMessage.PeerUp up -> {
                of(BmpMessage.PEER_UP, up.peer());
                address(up.local());
                number(2, up.localPort());
                number(2, up.peerPort());
                octets(up.sentOpen());
                octets(up.receivedOpen());
                tlvs(up.information());
            }
            case BmpMessage.Initiation(List<Tlv> information) -> {
                number(1, BmpMessage.INITIATION);
                tlvs(information);
            }
            case BmpMessage.Termination(List<Tlv> information) -> {
                number(1, BmpMessage.TERMINATION);
                tlvs(information);
            }
            case BmpMessage.RouteMirroring(PeerHeader peer, List<Tlv> information) -> {
                of(BmpMessage.ROUTE_MIRRORING, peer);
                tlvs(information);
            }
            case BmpMessage.Unknown(int type, Bytes body) -> {
                number(1, type);
                octets(body);
            }
        }
    }

    private void of(int type, PeerHeader peer) {
        number(1, type);
        number(1, peer.type());
        number(1, peer.flags() | (peer.address().isIpv4() ? 0 : PeerHeader.IPV6));
        number(8, peer.distinguisher());
        octets(peer.addressField());
        number(4, peer.asn());
        number(4, peer.identifier());
        number(4, peer.seconds());
        number(4, peer.micros());
    }

    private void address(IpAddress address) {
        byte[] field = new byte[16];
        byte[] octets = address.toArray();
        System.arraycopy(octets, 0, field, 16 - octets.length, octets.length);
        octets(Bytes.copyOf(field));
    }

    private void tlvs(List<Tlv> tlvs) {
        tlvs.forEach(tlv -> tlv(tlv.type(), tlv.value()));
    }

    private void tlv(int type, Bytes value) {
        number(2, type);
        number(2, value.length());
        octets(value);
    }

    private void number(int octets, long value) {
        for (int shift = 8 * octets - 8; shift >= 0; shift -= 8) {
            out.write((int) (value >>> shift));
        }
    }

    private void octets(Bytes bytes) {
        out.writeBytes(bytes.toArray());
    }
}
