package slash32.overlay.esp;

/// What a selector looks at in an IP packet, IPv4 or IPv6 (RFC 4301 §4.4.1.1). Filled anew for each packet, so that
/// none costs garbage; owned by one thread.
public final class InnerPacket {
    private static final int IPV4 = 4;
    private static final int IPV6 = 6;
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int SCTP = 132;

    /// Before an IPv4 address, so that both families are of 128 bits (RFC 4291 §2.5.5.2).
    static final long MAPPED = 0xffff_0000_0000L;

    long sourceHigh;
    long sourceLow;
    long destinationHigh;
    long destinationLow;
    int protocol;
    /// -1 if they can't be seen.
    int sourcePort;

    int destinationPort;
    private int length;

    /// Takes the packet in {@code length} octets; there may be more behind it (RFC 4303 §2.7).
    ///
    /// @return false if it is none
    public boolean read(byte[] octets, int at, int length) {
        if (length < IPV4_HEADER) {
            return false;
        }
        int version = (octets[at] >>> 4) & 0xf;
        if (version == IPV4) {
            return readIpv4(octets, at, length);
        }
        return version == IPV6 && length >= IPV6_HEADER && readIpv6(octets, at, length);
    }

    private boolean readIpv4(byte[] octets, int at, int octetsThere) {
        int header = 4 * (octets[at] & 0xf);
        length = shortAt(octets, at + 2);
        if (header < IPV4_HEADER || length < header || length > octetsThere) {
            return false;
        }
        sourceHigh = 0;
        sourceLow = MAPPED | (EspCipher.intAt(octets, at + 12) & 0xffff_ffffL);
        destinationHigh = 0;
        destinationLow = MAPPED | (EspCipher.intAt(octets, at + 16) & 0xffff_ffffL);
        protocol = octets[at + 9] & 0xff;
        boolean first = (shortAt(octets, at + 6) & 0x1fff) == 0;
        readPorts(octets, at + header, first ? length - header : 0);
        return true;
    }

    /// Extension headers are not looked behind: the ports of such a packet can't be seen.
    private boolean readIpv6(byte[] octets, int at, int octetsThere) {
        length = IPV6_HEADER + shortAt(octets, at + 4);
        if (length > octetsThere) {
            return false;
        }
        sourceHigh = EspCipher.longAt(octets, at + 8);
        sourceLow = EspCipher.longAt(octets, at + 16);
        destinationHigh = EspCipher.longAt(octets, at + 24);
        destinationLow = EspCipher.longAt(octets, at + 32);
        protocol = octets[at + 6] & 0xff;
        readPorts(octets, at + IPV6_HEADER, length - IPV6_HEADER);
        return true;
    }

    private void readPorts(byte[] octets, int at, int octetsThere) {
        boolean seen = octetsThere >= 4 && (protocol == TCP || protocol == UDP || protocol == SCTP);
        sourcePort = seen ? shortAt(octets, at) : -1;
        destinationPort = seen ? shortAt(octets, at + 2) : -1;
    }

    /// Of the packet without what stands behind it.
    public int length() {
        return length;
    }

    private static int shortAt(byte[] octets, int at) {
        return ((octets[at] & 0xff) << 8) | (octets[at + 1] & 0xff);
    }
}
