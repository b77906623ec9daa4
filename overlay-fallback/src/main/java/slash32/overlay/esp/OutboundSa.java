package slash32.overlay.esp;

import slash32.net.IpAddress;
import slash32.overlay.ike.exchange.ChildSa;

/// The direction of a Child SA that we send on. Sequence numbers are the initialization vectors too, so that none comes
/// twice under a key (RFC 4106 §3.1).
///
/// Owned by one thread, but for {@link #traffic}.
public final class OutboundSa {
    /// SPI, sequence number and initialization vector.
    static final int HEADER_BYTES = 8 + EspCipher.IV_BYTES;

    /// Padding length and next header.
    static final int TRAILER_BYTES = 2;

    /// How many octets behind a packet {@link #seal} uses, and restores.
    public static final int SLACK_BYTES = 8;

    private static final long LAST_SHORT = 0xffff_ffffL;

    private final ChildSa child;
    private final EspCipher cipher;
    private final Traffic traffic = new Traffic();
    private long sequence;
    private boolean worn;

    public OutboundSa(ChildSa child) {
        this(child, 0);
    }

    /// @param sequence the last that was sent
    OutboundSa(ChildSa child, long sequence) {
        this.child = child;
        this.sequence = sequence;
        cipher = new EspCipher(child.outboundSpi(), child.outboundKey(), child.esn());
    }

    public ChildSa child() {
        return child;
    }

    public IpAddress peerAddress() {
        return child.path().remote();
    }

    public int peerPort() {
        return child.path().remotePort();
    }

    public Traffic traffic() {
        return traffic;
    }

    /// True once, when so much has been sent.
    public boolean wearsOut(long packets, long octets) {
        boolean now = !worn && (traffic.packets() >= packets || traffic.octets() >= octets);
        worn |= now;
        return now;
    }

    /// The length of the ESP packet of {@code length} octets (RFC 4303 §2.4: aligned to four).
    public static int sealedBytes(int length) {
        return HEADER_BYTES + ((length + TRAILER_BYTES + 3) & ~3) + EspCipher.TAG_BYTES;
    }

    /// Writes the ESP packet of what stands in {@code plain} to {@code out}.
    ///
    /// @param plain has {@link #SLACK_BYTES} more
    /// @return its length; -1 if the sequence numbers are used up: nothing may be sent then (RFC 4303 §3.3.3)
    public int seal(byte[] plain, int at, int length, int nextHeader, byte[] out, int outAt) {
        if (!child.esn() && sequence == LAST_SHORT) {
            return -1;
        }
        sequence++;
        int end = at + length;
        long behind = EspCipher.longAt(plain, end);
        int padding = -(length + TRAILER_BYTES) & 3;
        for (int i = 1; i <= padding; i++) {
            plain[end + i - 1] = (byte) i;
        }
        plain[end + padding] = (byte) padding;
        plain[end + padding + 1] = (byte) nextHeader;
        EspCipher.putInt(out, outAt, child.outboundSpi());
        EspCipher.putInt(out, outAt + 4, (int) sequence);
        EspCipher.putLong(out, outAt + 8, sequence);
        int sealed = length + padding + TRAILER_BYTES;
        cipher.seal(sequence, sequence, plain, at, sealed, out, outAt + HEADER_BYTES);
        EspCipher.putLong(plain, end, behind);
        traffic.add(length);
        return HEADER_BYTES + sealed + EspCipher.TAG_BYTES;
    }
}
