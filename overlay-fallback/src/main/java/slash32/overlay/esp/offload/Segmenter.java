package slash32.overlay.esp.offload;

/// Cuts what a TUN with offloads gives into the packets that are to go, and completes their checksums.
///
/// In place: the headers of each packet are written before its payload, over what has been taken. Owned by one thread.
public final class Segmenter {
    private final byte[] template = new byte[Headers.MOST_BYTES];
    private final Headers headers = new Headers();

    /// Gives {@code sink} the packets behind the virtio_net_hdr at {@code at}. The sink leaves what is behind a
    /// packet as it was.
    ///
    /// @param length of header and packet
    /// @return false if it makes no sense, when none is given
    public boolean segment(byte[] octets, int at, int length, PacketSink sink) {
        int packet = at + VnetHeader.BYTES;
        int packetLength = length - VnetHeader.BYTES;
        if (packetLength < Headers.IPV4_HEADER) {
            return false;
        }
        int gso = VnetHeader.gso(octets, at);
        int start = VnetHeader.checksumStart(octets, at);
        if (gso == VnetHeader.GSO_NONE) {
            if (VnetHeader.needsChecksum(octets, at)
                    && !complete(octets, packet, packetLength, start, VnetHeader.checksumOffset(octets, at))) {
                return false;
            }
            sink.packet(octets, packet, packetLength);
            return true;
        }
        int segmentBytes = VnetHeader.segmentBytes(octets, at);
        return segmentBytes > 0
                && describe(octets, packet, packetLength, gso, start)
                && cut(octets, packet, packetLength, segmentBytes, sink);
    }

    /// The kernel has left the sum of the pseudo-header where the checksum belongs.
    private static boolean complete(byte[] octets, int packet, int length, int start, int offset) {
        if (start + offset + 2 > length) {
            return false;
        }
        int sum = Octets.fold(Octets.sum(octets, packet + start, length - start));
        putChecksum(octets, packet + start + offset, sum, offset == Headers.UDP_CHECKSUM);
        return true;
    }

    /// A checksum of zero would be none for UDP (RFC 768).
    private static void putChecksum(byte[] octets, int at, int sum, boolean udp) {
        int checksum = ~sum & 0xffff;
        Octets.putNativeShort(octets, at, udp && checksum == 0 ? 0xffff : checksum);
    }

    private boolean describe(byte[] octets, int packet, int packetLength, int gso, int start) {
        headers.tcp = gso != VnetHeader.GSO_UDP;
        headers.ipv4 = ((octets[packet] >>> 4) & 0xf) == 4;
        headers.transport = start;
        int least = headers.ipv4 ? Headers.IPV4_HEADER : Headers.IPV6_HEADER;
        if (start < least
                || start + Headers.TCP_HEADER > packetLength
                || (gso == VnetHeader.GSO_TCPV4) != (headers.ipv4 && headers.tcp)) {
            return false;
        }
        int above = headers.tcp ? Headers.tcpHeader(octets, packet + start) : Headers.UDP_HEADER;
        headers.length = start + above;
        return above >= (headers.tcp ? Headers.TCP_HEADER : Headers.UDP_HEADER)
                && headers.length < packetLength
                && headers.length <= Headers.MOST_BYTES;
    }

    private boolean cut(byte[] octets, int packet, int packetLength, int segmentBytes, PacketSink sink) {
        int headerBytes = headers.length;
        int sequence = headers.sequence(octets, packet);
        int flags = headers.flags(octets, packet);
        int identification = Octets.shortAt(octets, packet + 4);
        System.arraycopy(octets, packet, template, 0, headerBytes);
        int end = packet + packetLength;
        int number = 0;
        for (int payload = packet + headerBytes; payload < end; payload += segmentBytes, number++) {
            int at = payload - headerBytes;
            int length = headerBytes + Math.min(segmentBytes, end - payload);
            System.arraycopy(template, 0, octets, at, headerBytes);
            if (headers.ipv4) {
                Octets.putShort(octets, at + 4, identification + number);
            }
            headers.putLength(octets, at, length);
            if (headers.tcp) {
                boolean last = payload + segmentBytes >= end;
                int kept = (last ? flags : flags & ~(Headers.FIN | Headers.PSH)) & (number == 0 ? 0xff : ~Headers.CWR);
                Octets.putInt(octets, at + headers.transport + 4, sequence + number * segmentBytes);
                headers.putFlags(octets, at, kept);
            }
            sumAbove(octets, at, length);
            sink.packet(octets, at, length);
        }
        return true;
    }

    private void sumAbove(byte[] octets, int at, int length) {
        int above = at + headers.transport;
        int aboveLength = length - headers.transport;
        Octets.putNativeShort(octets, above + headers.checksumOffset(), 0);
        long sum = headers.pseudoSum(octets, at, aboveLength) + Octets.sum(octets, above, aboveLength);
        putChecksum(octets, above + headers.checksumOffset(), Octets.fold(sum), !headers.tcp);
    }
}
