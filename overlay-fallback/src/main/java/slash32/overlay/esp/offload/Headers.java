package slash32.overlay.esp.offload;

import java.util.Arrays;

/// Where the headers of a packet of IPv4 or IPv6 with TCP or UDP are, and what is in them. Filled anew for each packet.
final class Headers {
    static final int TCP = 6;
    static final int UDP = 17;
    static final int IPV4_HEADER = 20;
    static final int IPV6_HEADER = 40;
    static final int UDP_HEADER = 8;

    /// Of both headers together, at most.
    static final int MOST_BYTES = 60 + 60;

    static final int TCP_CHECKSUM = 16;
    static final int UDP_CHECKSUM = 6;
    static final int FIN = 0x01;
    static final int PSH = 0x08;
    static final int CWR = 0x80;

    private static final int SYN_RST_URG = 0x02 | 0x04 | 0x20;
    static final int TCP_HEADER = 20;
    private static final int TCP_FLAGS = 13;

    boolean ipv4;
    boolean tcp;
    /// From the packet's begin.
    int transport;

    int length;

    /// Reads a packet that may be one of several of a flow: whole, no options of IP, some payload, and of TCP
    /// nothing but data.
    ///
    /// @return false if it is something else
    boolean read(byte[] octets, int at, int packetLength) {
        int version = (octets[at] >>> 4) & 0xf;
        int protocol;
        if (version == 4 && packetLength >= IPV4_HEADER) {
            ipv4 = true;
            transport = IPV4_HEADER;
            protocol = octets[at + 9];
            boolean whole = (Octets.shortAt(octets, at + 6) & 0x3fff) == 0;
            boolean intact = Octets.fold(Octets.sum(octets, at, IPV4_HEADER)) == 0xffff;
            if ((octets[at] & 0xf) != 5 || !whole || !intact || Octets.shortAt(octets, at + 2) != packetLength) {
                return false;
            }
        } else if (version == 6 && packetLength >= IPV6_HEADER) {
            ipv4 = false;
            transport = IPV6_HEADER;
            protocol = octets[at + 6];
            if (Octets.shortAt(octets, at + 4) != packetLength - IPV6_HEADER) {
                return false;
            }
        } else {
            return false;
        }
        tcp = protocol == TCP;
        if (tcp) {
            if (packetLength < transport + TCP_HEADER) {
                return false;
            }
            length = transport + tcpHeader(octets, at + transport);
            return length >= transport + TCP_HEADER
                    && length < packetLength
                    && (flags(octets, at) & (SYN_RST_URG | CWR)) == 0;
        }
        length = transport + UDP_HEADER;
        return protocol == UDP
                && length < packetLength
                && Octets.shortAt(octets, at + transport + 4) == packetLength - transport
                && Octets.shortAt(octets, at + transport + UDP_CHECKSUM) != 0;
    }

    static int tcpHeader(byte[] octets, int at) {
        return (octets[at + 12] >>> 2) & 0x3c;
    }

    int flags(byte[] octets, int at) {
        return octets[at + transport + TCP_FLAGS] & 0xff;
    }

    void putFlags(byte[] octets, int at, int flags) {
        octets[at + transport + TCP_FLAGS] = (byte) flags;
    }

    int sequence(byte[] octets, int at) {
        return Octets.intAt(octets, at + transport + 4);
    }

    int checksumOffset() {
        return tcp ? TCP_CHECKSUM : UDP_CHECKSUM;
    }

    /// The sum of the pseudo-header with this length of what is above IP (RFC 9293 §3.1, RFC 8200 §8.1).
    long pseudoSum(byte[] octets, int at, int above) {
        long addresses = ipv4 ? Octets.sum(octets, at + 12, 8) : Octets.sum(octets, at + 8, 32);
        return addresses + Octets.word(tcp ? TCP : UDP) + Octets.word(above);
    }

    /// Whether the checksum of TCP or UDP is right.
    boolean isIntact(byte[] octets, int at, int packetLength) {
        int above = packetLength - transport;
        return Octets.fold(pseudoSum(octets, at, above) + Octets.sum(octets, at + transport, above)) == 0xffff;
    }

    /// Whether a packet at {@code other}, with headers like these, is of the same flow as one at {@code at} and
    /// differs in nothing that would be lost: all but lengths, checksums, identification, sequence number, FIN and
    /// PSH.
    boolean isSameFlow(byte[] octets, int at, int other) {
        boolean ip = ipv4
                ? same(octets, at, other, 0, 2)
                        && same(octets, at, other, 6, 10)
                        && same(octets, at, other, 12, IPV4_HEADER)
                : same(octets, at, other, 0, 4) && same(octets, at, other, 6, IPV6_HEADER);
        if (!ip || !same(octets, at, other, transport, transport + 4)) {
            return false;
        }
        return !tcp
                || (same(octets, at, other, transport + 8, transport + TCP_FLAGS)
                        && ((flags(octets, at) ^ flags(octets, other)) & ~(FIN | PSH)) == 0
                        && same(octets, at, other, transport + 14, transport + TCP_CHECKSUM)
                        && same(octets, at, other, transport + 18, length));
    }

    private static boolean same(byte[] octets, int at, int other, int from, int to) {
        return Arrays.equals(octets, at + from, at + to, octets, other + from, other + to);
    }

    /// States the packet's length in its IP header, and in that of UDP.
    void putLength(byte[] octets, int at, int packetLength) {
        if (ipv4) {
            Octets.putShort(octets, at + 2, packetLength);
            sumIpv4(octets, at, transport);
        } else {
            Octets.putShort(octets, at + 4, packetLength - IPV6_HEADER);
        }
        if (!tcp) {
            Octets.putShort(octets, at + transport + 4, packetLength - transport);
        }
    }

    static void sumIpv4(byte[] octets, int at, int headerLength) {
        Octets.putNativeShort(octets, at + 10, 0);
        Octets.putNativeShort(octets, at + 10, ~Octets.fold(Octets.sum(octets, at, headerLength)));
    }
}
