package slash32.overlay.esp.offload;

import java.util.Arrays;

/// The fields of a virtio_net_hdr of ten octets (linux/virtio_net.h), in the machine's byte order.
final class VnetHeader {
    static final int BYTES = 10;
    static final int NEEDS_CHECKSUM = 1;
    static final int GSO_NONE = 0;
    static final int GSO_TCPV4 = 1;
    static final int GSO_TCPV6 = 4;
    static final int GSO_UDP = 5;

    private static final int GSO_ECN = 0x80;

    private VnetHeader() {}

    static boolean needsChecksum(byte[] octets, int at) {
        return (octets[at] & NEEDS_CHECKSUM) != 0;
    }

    static int gso(byte[] octets, int at) {
        return octets[at + 1] & 0xff & ~GSO_ECN;
    }

    static int segmentBytes(byte[] octets, int at) {
        return Octets.nativeShortAt(octets, at + 4);
    }

    static int headerBytes(byte[] octets, int at) {
        return Octets.nativeShortAt(octets, at + 2);
    }

    static void putHeaderBytes(byte[] octets, int at, int headerBytes) {
        Octets.putNativeShort(octets, at + 2, headerBytes);
    }

    static void putChecksumStart(byte[] octets, int at, int checksumStart) {
        Octets.putNativeShort(octets, at + 6, checksumStart);
    }

    static int checksumStart(byte[] octets, int at) {
        return Octets.nativeShortAt(octets, at + 6);
    }

    static int checksumOffset(byte[] octets, int at) {
        return Octets.nativeShortAt(octets, at + 8);
    }

    static void clear(byte[] octets, int at) {
        Arrays.fill(octets, at, at + BYTES, (byte) 0);
    }

    static void put(byte[] octets, int at, int gso, int headerBytes, int segmentBytes, int checksumStart, int offset) {
        octets[at] = NEEDS_CHECKSUM;
        octets[at + 1] = (byte) gso;
        Octets.putNativeShort(octets, at + 2, headerBytes);
        Octets.putNativeShort(octets, at + 4, segmentBytes);
        Octets.putNativeShort(octets, at + 6, checksumStart);
        Octets.putNativeShort(octets, at + 8, offset);
    }
}
