package slash32.overlay.esp.offload;

/// Makes one packet of those of a flow that come one after the other, for a TUN with offloads.
///
/// In place: {@link #landing} says where the next packet is to be written so that its payload follows that of the ones
/// before, whose last octets its headers cover for a moment. Owned by one thread.
public final class Coalescer {
    private static final int PACKET = VnetHeader.BYTES;
    private static final int MOST_PACKET = 65_535;
    private static final int MOST_UDP = 64;

    private final boolean udp;
    private final PacketSink sink;
    private final byte[] covered = new byte[Headers.MOST_BYTES];
    private final Headers headers = new Headers();
    private final Headers next = new Headers();
    private byte[] octets = new byte[PACKET + 2 * MOST_PACKET];
    private byte[] spare = new byte[PACKET + 2 * MOST_PACKET];
    private int end = PACKET;
    private int landed;
    private int count;
    private int segmentBytes;
    private int nextSequence;

    /// @param udp whether the device takes UDP that way too
    /// @param sink gets virtio_net_hdr and packet
    public Coalescer(boolean udp, PacketSink sink) {
        this.udp = udp;
        this.sink = sink;
    }

    /// Where the next packet is to be written, in {@link #octets}.
    public int landing() {
        if (count == 0) {
            landed = PACKET;
        } else {
            landed = end - headers.length;
            System.arraycopy(octets, landed, covered, 0, headers.length);
        }
        return landed;
    }

    /// Asked anew for each packet.
    public byte[] octets() {
        return octets;
    }

    /// What was written to {@link #landing} is none.
    public void abandon() {
        if (count > 0) {
            System.arraycopy(covered, 0, octets, landed, headers.length);
        }
    }

    /// The packet at {@link #landing} is whole, of {@code length} octets.
    public void take(int length) {
        if (count == 0) {
            begin(length);
        } else if (belongs(length)) {
            append(length);
        } else {
            System.arraycopy(octets, landed, spare, PACKET, length);
            abandon();
            flush();
            byte[] empty = octets;
            octets = spare;
            spare = empty;
            begin(length);
        }
    }

    /// Gives what there is.
    public void flush() {
        if (count == 0) {
            return;
        }
        if (count == 1) {
            VnetHeader.clear(octets, 0);
        } else {
            int length = end - PACKET;
            headers.putLength(octets, PACKET, length);
            int checksum = PACKET + headers.transport + headers.checksumOffset();
            long pseudo = headers.pseudoSum(octets, PACKET, length - headers.transport);
            Octets.putNativeShort(octets, checksum, Octets.fold(pseudo));
            int gso = !headers.tcp ? VnetHeader.GSO_UDP : headers.ipv4 ? VnetHeader.GSO_TCPV4 : VnetHeader.GSO_TCPV6;
            VnetHeader.put(octets, 0, gso, headers.length, segmentBytes, headers.transport, headers.checksumOffset());
        }
        sink.packet(octets, 0, end);
        count = 0;
        end = PACKET;
    }

    private void begin(int length) {
        end = PACKET + length;
        count = 1;
        boolean more = headers.read(octets, PACKET, length)
                && (headers.tcp || udp)
                && !closes(headers, PACKET)
                && headers.isIntact(octets, PACKET, length);
        if (more) {
            segmentBytes = length - headers.length;
            nextSequence = headers.tcp ? headers.sequence(octets, PACKET) + segmentBytes : 0;
        } else {
            flush();
        }
    }

    private boolean belongs(int length) {
        if (!next.read(octets, landed, length)
                || next.ipv4 != headers.ipv4
                || next.tcp != headers.tcp
                || next.length != headers.length) {
            return false;
        }
        int payload = length - next.length;
        return payload <= segmentBytes
                && end - PACKET + payload <= MOST_PACKET
                && (headers.tcp ? next.sequence(octets, landed) == nextSequence : count < MOST_UDP)
                && sameFlow(length);
    }

    /// The first headers are looked at where they are, the covered octets are not among them: a packet is longer
    /// than its headers, but it may be shorter than twice that.
    private boolean sameFlow(int length) {
        return landed >= PACKET + headers.length
                && headers.isSameFlow(octets, PACKET, landed)
                && next.isIntact(octets, landed, length);
    }

    private void append(int length) {
        int payload = length - next.length;
        boolean closing = payload < segmentBytes || closes(next, landed);
        if (headers.tcp) {
            headers.putFlags(octets, PACKET, headers.flags(octets, PACKET) | next.flags(octets, landed));
        }
        abandon(); // the headers, so that the payload before them is whole again
        end = landed + length;
        nextSequence += payload;
        count++;
        if (closing) {
            flush();
        }
    }

    private boolean closes(Headers of, int at) {
        return of.tcp && (of.flags(octets, at) & (Headers.FIN | Headers.PSH)) != 0;
    }
}
